// SPDX-License-Identifier: Apache-2.0
// Sizes as people read them.
#pragma once

#include <cstdint>
#include <string>

namespace mboxferry {

/// "12.3 MB"; powers of 1000.
std::string human_bytes(std::uint64_t bytes);

}  // namespace mboxferry
