// SPDX-License-Identifier: Apache-2.0
// Pieces of a journal that several reports show.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/job_report.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::report {

/// Folder paths by id.
Result<std::map<journal::FolderId, std::string>> folder_names(const journal::Journal& journal);

/// The elements of a list of messages that were refused or skipped, with the reasons.
Result<void> write_reasons(JsonStream& json, const journal::Journal& journal, journal::State state);

/// The numbers of mailboxes that the end of the job noted under names that begin so; those of
/// others are not known. In one walk, because there may be many thousands of them.
Result<std::map<journal::MailboxId, std::uint64_t>> noted_numbers(const journal::Journal& journal,
                                                                  const char* prefix);

/// A text that the job noted; empty before that.
Result<std::string> noted_text(const journal::Journal& journal, const std::string& note);

/// Every message in any state, folder by folder, in archive order. Constant memory. The visitor's
/// error ends the walk.
Result<void> each_message(const journal::Journal& journal,
                          const std::function<Result<void>(const journal::FolderRow&,
                                                           const journal::MessageRow&)>& visit);

/// Counts over all mailboxes.
struct Totals {
  journal::Count meant;
  journal::MailboxCounts counts;
};

/// A table of the mailboxes, for people; where it is wider than `columns`, a block for each with
/// what is not 0.
Result<Totals> write_mailbox_table(TextOutput& out, const journal::Journal& journal,
                                   std::size_t columns);

/// The first of `count` refused messages with their reasons, and where they are kept.
Result<void> write_refused_lines(TextOutput& out, const journal::Journal& journal,
                                 const TitleOf& title_of, std::uint64_t count);

/// The title; empty texts when it is not known.
message::Title title_or_nothing(const TitleOf& title_of, const journal::MessageRow& row);

/// How many parts of the archives are not read, and whether the user accepted that.
struct UnreadSum {
  journal::Count count;
  bool accepted = false;
};
Result<UnreadSum> unread_sum(const journal::Journal& journal);

/// The elements of a list of parts that are not read.
Result<void> write_unread(JsonStream& json, const journal::Journal& journal);

/// How many files are no mail, as {"files","bytes"}.
Result<void> write_left_out_files(JsonStream& json, const journal::Journal& journal);

/// The first unread parts for people, and a line about the files that are no mail; nothing when
/// there are none.
Result<void> write_unread_lines(TextOutput& out, const journal::Journal& journal);
/// RunFacts::reason without the account that most begin with.
std::string own_reason(const RunFacts& run);

/// What should be known of a finished job and is no failure, a line each.
Result<std::vector<std::string>> notes_about(const journal::Journal& journal);

}  // namespace mboxferry::report
