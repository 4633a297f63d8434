// SPDX-License-Identifier: Apache-2.0
// What a reader sees of a message in a list: the part of it that servers hardly ever alter.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace mboxferry::message {

/// Reads From, To, Subject and Date from a message's bytes, given in pieces of any size. Line ends
/// may be LF or CRLF. Memory is bounded: of a header longer than 64 KiB the beginning counts. One
/// thread at a time.
class EnvelopeScanner {
 public:
  void feed(std::string_view bytes);
  /// A hash of the four fields with encoded words decoded, and without white space, quotation
  /// marks, case and the spelling of the date. The scanner starts anew.
  std::int64_t finish();

 private:
  std::string header_;
  bool done_ = false;
};

}  // namespace mboxferry::message
