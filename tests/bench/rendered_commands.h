// SPDX-License-Identifier: Apache-2.0
// The APPEND commands of an archive, ready to be sent.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::bench {

/// Which literals wait for the server: none (`LITERAL+`), those longer than 4,096 bytes
/// (`LITERAL-`), all. RFC 7888.
enum class Literals { plus, minus, synchronizing };

/// One command: bytes [begin, end) of the text.
struct Command {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::size_t messages = 0;
  /// Positions before which the sender waits for `+`, ascending.
  std::vector<std::size_t> stops;
};

/// The commands that fill one mailbox, one behind the other, tagged `A0`, `A1` and so on. The
/// connections that share it each take the next one; the rest of it does not change.
class MailboxCommands {
 public:
  /// Renders `archive` with the wire form, flags and dates that mboxferry sends by default, which
  /// is the whole mbox in memory. `per_command`: messages of a MULTIAPPEND, 1 for plain APPENDs.
  static Result<MailboxCommands> render(const std::string& archive, const std::string& mailbox,
                                        std::size_t per_command, Literals literals);

  MailboxCommands(MailboxCommands&& other) noexcept
      : mailbox_(std::move(other.mailbox_)),
        text_(std::move(other.text_)),
        commands_(std::move(other.commands_)) {}

  [[nodiscard]] const std::string& mailbox() const { return mailbox_; }
  [[nodiscard]] std::string_view text() const { return text_; }
  [[nodiscard]] std::uint64_t messages() const;
  /// The next command that nobody has taken. Any thread.
  const Command* take() {
    const std::size_t index = next_.fetch_add(1, std::memory_order_relaxed);
    return index < commands_.size() ? &commands_[index] : nullptr;
  }

 private:
  friend class Renderer;

  MailboxCommands() = default;

  std::string mailbox_;
  std::string text_;
  std::vector<Command> commands_;
  std::atomic<std::size_t> next_{0};
};

}  // namespace mboxferry::bench
