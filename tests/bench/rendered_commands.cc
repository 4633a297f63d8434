// SPDX-License-Identifier: Apache-2.0
// Renders with mboxferry's own modules, so that both send the same bytes.
#include "bench/rendered_commands.h"

#include <chrono>
#include <memory>
#include <numeric>

#include "imap/append/append_head.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/transfer/folder_index.h"
#include "transfer/source/literals.h"

namespace mboxferry::bench {
namespace {

constexpr std::uint64_t kLiteralMinusLimit = 4096;

std::int64_t seconds_since_1970() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::seconds>(now).count();
}

imap::AppendMessage to_append(const transfer::IndexedMessage& message) {
  imap::AppendMessage append{message.wire_size, message.flags, {}, message.date.time};
  for (const std::string& keyword : message.keywords) {
    if (auto valid = message::as_imap_keyword(keyword)) append.keywords.push_back(*valid);
  }
  return append;
}

}  // namespace

/// Appends each message of the index pass to the commands.
class Renderer final : public transfer::IndexSink {
 public:
  Renderer(MailboxCommands& commands, transfer::MessageReader& reader, std::size_t per_command,
           Literals literals)
      : commands_(commands), reader_(reader), per_command_(per_command), literals_(literals) {}

  Result<void> message(const transfer::IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting&) override {
    if (message.pseudo || message.expunged || message.wire_size == 0) return ok();
    std::string& text = commands_.text_;
    if (open_ == 0) {
      commands_.commands_.push_back({text.size(), 0, 0, {}});
      text += "A" + std::to_string(commands_.commands_.size() - 1) + " APPEND \"" +
              commands_.mailbox_ + "\"";
    }
    const bool waits = literals_ == Literals::synchronizing ||
                       (literals_ == Literals::minus && message.wire_size > kLiteralMinusLimit);
    MBOXFERRY_ASSIGN(const std::string arguments, imap::append_arguments(to_append(message)));
    text += arguments;
    text +=
        imap::literal_announcement(message.wire_size, waits ? imap::LiteralKind::synchronizing
                                                            : imap::LiteralKind::non_synchronizing);
    if (waits) commands_.commands_.back().stops.push_back(text.size());
    MBOXFERRY_TRY(reader_.wire_form(message.offset, message.length, [&](std::string_view piece) {
      text += piece;
      return ok();
    }));
    ++commands_.commands_.back().messages;
    if (++open_ == per_command_) end_command();
    return ok();
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

  void end_command() {
    if (open_ == 0) return;
    commands_.text_ += "\r\n";
    commands_.commands_.back().end = commands_.text_.size();
    open_ = 0;
  }

 private:
  MailboxCommands& commands_;
  transfer::MessageReader& reader_;
  std::size_t per_command_;
  Literals literals_;
  std::size_t open_ = 0;  ///< messages of the command that has not ended
};

Result<MailboxCommands> MailboxCommands::render(const std::string& archive,
                                                const std::string& mailbox, std::size_t per_command,
                                                Literals literals) {
  MBOXFERRY_ASSIGN(const auto opened, archive::Archive::open(archive));
  if (opened.folders().size() != 1)
    return Error{ErrorCode::usage, archive + " is not a single mbox", ""};
  const archive::Folder& folder = opened.folders().front();
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(folder));
  MBOXFERRY_ASSIGN(const auto second_reader, archive::open_folder(folder));
  transfer::IndexOptions options;
  options.now = seconds_since_1970();
  MBOXFERRY_ASSIGN(const auto survey, transfer::survey_place(folder, *bytes, options));

  MailboxCommands commands;
  commands.mailbox_ = mailbox;
  commands.text_.reserve(folder.bytes_on_disk + folder.bytes_on_disk / 16);
  transfer::MessageReader reader(*second_reader, transfer::wire_options(survey, options));
  Renderer renderer(commands, reader, per_command, literals);
  const Cancellation never;
  MBOXFERRY_TRY(transfer::index_place(folder, *bytes, survey, options, renderer, never));
  renderer.end_command();
  return commands;
}

std::uint64_t MailboxCommands::messages() const {
  return std::accumulate(
      commands_.begin(), commands_.end(), std::uint64_t{0},
      [](std::uint64_t sum, const Command& command) { return sum + command.messages; });
}

}  // namespace mboxferry::bench
