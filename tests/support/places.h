// SPDX-License-Identifier: Apache-2.0
// Where the files are that tests read. Only places.cc is compiled with paths of this checkout, so
// that another checkout finds all other objects in the compiler's cache.
#pragma once

#include <string>

namespace mboxferry::test {

/// The folder of the shared corpora: MBOXFERRY_CORPORA, or the one beside the checkout. It may be
/// absent.
std::string corpora();

/// The checkout itself.
std::string checkout();

}  // namespace mboxferry::test
