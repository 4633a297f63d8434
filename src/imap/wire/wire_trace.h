// SPDX-License-Identifier: Apache-2.0
// The protocol as lines for a person: credentials masked, literals left out.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "mboxferry/base/secret_mask.h"

namespace mboxferry::imap {

/// Turns the bytes of one direction into trace lines. Does nothing without a sink.
class WireTrace {
 public:
  using Sink = std::function<void(std::string_view line)>;

  /// `prefix` is "S: " or "C: ".
  WireTrace(std::string_view prefix, Sink sink) : prefix_(prefix), sink_(std::move(sink)) {}

  /// What is never shown: the password, and what it looks like on the wire.
  void hide(const Secret& secret);
  /// While true, nothing of what follows a "+" is shown.
  void hide_challenges(bool hidden) { challenges_hidden_ = hidden; }
  void feed(std::string_view bytes);
  /// One line as it is.
  void line(std::string_view text);

 private:
  void end_line();

  std::string prefix_;
  Sink sink_;
  SecretMask secrets_;
  std::string line_;   // its beginning, as much as is shown, and a secret that begins there
  std::string tail_;   // its last bytes, which may announce a literal
  std::string first_;  // the beginning of the reply's first line, when this one follows a literal
  std::uint64_t literal_left_ = 0;
  bool challenges_hidden_ = false;
};

/// A line of a server with the text of quoted strings left out that are the content of messages, as
/// in `BODY[TEXT] "short"`.
std::string without_bodies(std::string line);

}  // namespace mboxferry::imap
