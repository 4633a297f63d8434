// SPDX-License-Identifier: Apache-2.0
// Bounds how slowly a server may speak.
#include "imap/wire/read_pace.h"

namespace mboxferry::imap {

std::optional<std::string_view> ReadPace::waited(std::chrono::steady_clock::duration time) {
  since_answer_ += time;
  if (since_answer_ > kMostTimeouts * timeout_) return "it talks on and does not answer";
  // Silence before a line is bounded by the stream.
  if (bytes_ == 0) return std::nullopt;
  in_line_ += time;
  if (in_line_ <= timeout_) return std::nullopt;
  if (bytes_ < kLeastBytes) return "it sends only a few bytes at a time";
  in_line_ = {};
  bytes_ = 0;
  return std::nullopt;
}

void ReadPace::received(std::string_view bytes) {
  const std::size_t end = bytes.rfind('\n');
  if (end == std::string_view::npos) {
    bytes_ += bytes.size();
    return;
  }
  bytes_ = bytes.size() - end - 1;
  in_line_ = {};
}

}  // namespace mboxferry::imap
