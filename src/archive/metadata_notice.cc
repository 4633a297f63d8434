// SPDX-License-Identifier: Apache-2.0
// Counts the files that say what is not in the messages.
#include "archive/metadata_notice.h"

#include "archive/file_rules.h"
#include "archive/side_files.h"

namespace mboxferry::archive {

Result<std::string> metadata_notice(const NotReadList& not_read, const UnreadNotes& counted) {
  std::uint64_t files = 0;
  std::string first;
  MBOXFERRY_TRY(not_read.each(NotReadKind::not_mail, [&](const NotRead& entry) -> Result<void> {
    const std::string_view name = base_name(entry.name);
    if (entry.reason != metadata_reason(name) && entry.reason != index_file_with_marks(name) &&
        entry.reason != kUnreadLabelNames) {
      return ok();
    }
    if (files++ == 0) first = entry.place + ": " + entry.reason;
    return ok();
  }));
  if (files == 0) return std::string();
  std::string messages = "messages arrive";
  if (counted.files == files)
    messages = std::to_string(counted.messages) +
               (counted.messages == 1 ? " message arrives" : " messages arrive");
  return std::to_string(files) + (files == 1 ? " file holds" : " files hold") +
         " read marks or labels that are not read: " + messages + " without them (" + first + ")";
}

std::vector<std::string> note_trouble_lines(const NoteTroubles& troubles) {
  std::vector<std::string> lines;
  const auto line = [&](std::uint64_t count, const std::string& one, const std::string& more) {
    if (count > 0) lines.push_back(std::to_string(count) + " " + (count == 1 ? one : more));
  };
  line(troubles.unmatched,
       "entry of Got Your Back's database names no message of the archive: its labels are not used",
       "entries of Got Your Back's database name no message of the archive: their labels are not "
       "used");
  line(troubles.repeated,
       "message has more than one entry in Got Your Back's database: the labels of the last one "
       "are used",
       "messages have more than one entry in Got Your Back's database: the labels of the last ones "
       "are used");
  line(troubles.cut,
       "message has more than 200 labels in a file beside the mail, or one over 1 KiB: not all are "
       "used",
       "messages have more than 200 labels in a file beside the mail, or one over 1 KiB: not all "
       "are used");
  return lines;
}

std::string lost_keywords(std::uint64_t messages) {
  return std::to_string(messages) + (messages == 1 ? " message has" : " messages have") +
         " keyword letters that no file \"dovecot-keywords\" explains: these keywords are lost";
}

std::string noted_messages(std::uint64_t messages) {
  return "read marks and labels of " + std::to_string(messages) +
         (messages == 1 ? " message come" : " messages come") + " from files beside the mail";
}

}  // namespace mboxferry::archive
