// SPDX-License-Identifier: Apache-2.0
// Counts the files that say what is not in the messages.
#include "archive/metadata_notice.h"

#include "archive/file_rules.h"

namespace mboxferry::archive {

Result<std::string> metadata_notice(const NotReadList& not_read) {
  std::uint64_t files = 0;
  std::string first;
  MBOXFERRY_TRY(not_read.each(NotReadKind::not_mail, [&](const NotRead& entry) -> Result<void> {
    if (entry.reason != metadata_reason(base_name(entry.name))) return ok();
    if (files++ == 0) first = entry.place + ": " + entry.reason;
    return ok();
  }));
  if (files == 0) return std::string();
  return std::to_string(files) + (files == 1 ? " file holds" : " files hold") +
         " read marks or labels that are not read: messages arrive without them (" + first + ")";
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
