// SPDX-License-Identifier: Apache-2.0
// Reading files of messages, and the letters in their names.
#include "transfer/index/message_files.h"

#include <algorithm>
#include <span>
#include <utility>

namespace mboxferry::transfer {
namespace {

// Most messages are smaller; a survey reads little more than a header.
constexpr std::size_t kPiece = std::size_t{64} << 10;

// https://cr.yp.to/proto/maildir.html, "What can I put in info?".
std::uint8_t flag_of(char letter) {
  switch (letter) {
    case 'S':
      return message::kSeen;
    case 'R':
      return message::kAnswered;
    case 'F':
      return message::kFlagged;
    case 'D':
      return message::kDraft;
    case 'T':
      return message::kDeleted;
    default:
      return 0;
  }
}

}  // namespace

FileReader::FileReader(ByteSource& source)
    : source_(source), buffer_(std::make_unique_for_overwrite<char[]>(kPiece)) {}

Result<void> FileReader::read(std::uint64_t offset, std::uint64_t length,
                              const Cancellation& cancel,
                              const std::function<Result<bool>(std::string_view)>& take) {
  while (length > 0) {
    if (cancel.requested())
      return Error{ErrorCode::interrupted, "stopped while reading the archive", ""};
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(length, kPiece));
    MBOXFERRY_ASSIGN(const std::size_t got,
                     source_.read_at(offset, std::span(buffer_.get(), wanted)));
    if (got == 0)
      return Error{ErrorCode::archive_changed,
                   source_.name() + ": a message became shorter while it was read",
                   "run again when no other program writes to it",
                   ErrorScope::job,
                   {Retry::When::now, {}}};
    MBOXFERRY_ASSIGN(const bool more, take({buffer_.get(), got}));
    if (!more) return ok();
    offset += got;
    length -= got;
  }
  return ok();
}

MessageStart start_of(archive::MessageFile file) {
  MessageStart start;
  start.file = std::move(file.name);
  start.envelope.date = file.date;
  start.envelope.exporter_form = !file.date_is_exact;
  start.labels = std::move(file.labels);
  if (!file.has_flags) return start;
  std::uint8_t flags = 0;
  for (const char letter : file.flags) flags |= flag_of(letter);
  start.flags = flags;
  start.keywords = std::move(file.keywords);
  // "Passed": resent, forwarded or bounced.
  if (file.flags.find('P') != std::string::npos) start.keywords.emplace_back("$Forwarded");
  return start;
}

}  // namespace mboxferry::transfer
