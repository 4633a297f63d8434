// SPDX-License-Identifier: Apache-2.0
// Fuzz target: names survive the way to the wire and back, in both directions.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/mailbox_name.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mboxferry;
  const std::string_view name(reinterpret_cast<const char*>(data), size);
  if (const auto wire = imap::encode_mailbox_name(name)) {
    if (!std::all_of(wire->begin(), wire->end(), [](char c) { return c >= 0x20 && c < 0x7f; })) {
      std::abort();
    }
    const auto back = imap::decode_mailbox_name(*wire);
    if (!back || *back != name) std::abort();
  }
  if (const auto decoded = imap::decode_mailbox_name(name)) {
    const auto wire = imap::encode_mailbox_name(*decoded);
    if (!wire || *wire != name) std::abort();
  }
  return 0;
}
