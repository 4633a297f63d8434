// SPDX-License-Identifier: Apache-2.0
// What sender lists do in a job.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/policy/sender_judge.h"
#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::transfer {

/// What becomes of mail of blocked senders (--blocked).
enum class BlockedMail : std::uint8_t {
  junk,    ///< into the mailbox for junk, with `$Junk`
  tag,     ///< where it would go anyway, with `$Junk`
  skip,    ///< left out
  report,  ///< counted
};
std::string_view blocked_mail_name(BlockedMail blocked);  ///< "junk", "tag", "skip", "report"
std::optional<BlockedMail> blocked_mail_from_name(std::string_view name);

/// The lists of a job, ready to be asked, and what is done about what they say.
struct SenderRules {
  std::shared_ptr<const policy::SenderLists> lists;  ///< null: none
  policy::JudgeOptions judging;
  BlockedMail blocked = BlockedMail::junk;
  bool rescue_allowed = false;              ///< allowed mail goes from junk folders into INBOX
  std::vector<policy::ListSource> sources;  ///< the files, with absolute paths
  bool allow_wide = false;                  ///< as the files were read

  [[nodiscard]] bool any() const { return lists != nullptr; }
  /// True when a message may go into another mailbox than its folder does.
  [[nodiscard]] bool reroutes() const {
    return any() && (blocked == BlockedMail::junk || rescue_allowed);
  }
  /// The same for the same entries in the same order; for the journal.
  [[nodiscard]] std::string digest() const;
};

/// The files as text for the journal, and back; nothing when it is none.
std::string files_text(const SenderRules& rules);
std::optional<SenderRules> rules_from_files_text(std::string_view text);

}  // namespace mboxferry::transfer
