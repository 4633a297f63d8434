// SPDX-License-Identifier: Apache-2.0
// How much memory databases may take.
#pragma once

#include <cstddef>

namespace mboxferry::journal {

/// Bounds what SQLite takes in this process, for `jobs` that run at once: a forged journal with a
/// key of a gigabyte, which SQLite reads before it knows how long it may be, is damaged instead.
/// Caches of our own databases stay far below. Before the first database is opened, or to allow
/// more later.
void limit_memory(std::size_t jobs);

}  // namespace mboxferry::journal
