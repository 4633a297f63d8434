// SPDX-License-Identifier: Apache-2.0
// Fuzz target: what is read as a profile is written and read again as the same.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/profile_text.h"

using namespace mboxferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto profile =
      auth::profile_from_text(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!profile) return 0;
  const Secret text = auth::profile_text(*profile);
  const auto again = auth::profile_from_text(text.reveal());
  if (!again || auth::profile_text(*again).reveal() != text.reveal()) std::abort();
  return 0;
}
