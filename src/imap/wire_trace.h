// SPDX-License-Identifier: Apache-2.0
// The protocol as lines for a person: credentials masked, literals left out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/imap/account.h"

namespace mboxferry::imap {

/// Turns the bytes of one direction into trace lines. Does nothing without a sink.
class WireTrace {
 public:
  using Sink = std::function<void(std::string_view line)>;
  using Secrets = std::vector<Secret>;

  /// `prefix` is "S: " or "C: ".
  WireTrace(std::string_view prefix, Sink sink) : prefix_(prefix), sink_(std::move(sink)) {}

  /// Text that is never shown: the password and what it looks like on the wire.
  void hide(const std::string& secret);
  void feed(std::string_view bytes);
  /// One line as it is.
  void line(std::string_view text);

 private:
  void end_line();

  std::string prefix_;
  Sink sink_;
  Secrets secrets_;
  std::string line_;
  std::uint64_t literal_left_ = 0;
};

/// `text` with every secret replaced.
std::string without_secrets(std::string text, const WireTrace::Secrets& secrets);

}  // namespace mboxferry::imap
