// SPDX-License-Identifier: Apache-2.0
// Reads what a migration does with sender lists.
#include "cli/filing_options.h"

#include <filesystem>

#include "cli/command.h"
#include "cli/sender_options.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

constexpr std::size_t kMostTold = 1000;

}  // namespace

void add_filing_options(po::options_description& group) {
  add_sender_list_options(group);
  add_judge_options(group);
  group.add_options()  //
      ("blocked", po::value<std::string>()->value_name("WHAT"),
       "what becomes of mail of blocked senders: junk (default: into the junk mailbox, with the "
       "keyword $Junk), tag ($Junk only), skip (left out) or report (only counted); mail in Sent, "
       "Drafts, Trash and Templates is never touched")  //
      ("rescue-allowed", flag(),
       "put mail of allowed senders that is in a junk folder into INBOX, with the keyword "
       "$NotJunk; mind that an allow list speaks for the address that a message shows, which "
       "anyone can forge, and not for mail that was forwarded from another address");
}

Result<transfer::SenderRules> read_filing_options(const Options& options) {
  transfer::SenderRules rules;
  MBOXFERRY_ASSIGN(rules.judging, read_judge_options(options));
  rules.sources = sender_sources(options);
  for (policy::ListSource& source : rules.sources)
    source.path = std::filesystem::absolute(source.path).lexically_normal().string();
  rules.allow_wide = options.has_flag("allow-wide");
  rules.rescue_allowed = options.has_flag("rescue-allowed");
  const std::string blocked = options.text("blocked");
  const auto known = transfer::blocked_mail_from_name(blocked.empty() ? "junk" : blocked);
  if (!known) return bad_value("blocked", "junk, tag, skip or report");
  rules.blocked = *known;
  return rules;
}

Result<void> refuse_filing_without_lists(const Options& options,
                                         const transfer::SenderRules& rules) {
  if (!rules.sources.empty()) return ok();
  const bool blocked = !options.text("blocked").empty();
  if (!blocked && !rules.rescue_allowed) return ok();
  return Error{ErrorCode::usage,
               blocked ? "--blocked needs a sender list" : "--rescue-allowed needs a sender list",
               "name one with --senders or --global-senders"};
}

Result<void> SenderListReader::read(transfer::SenderRules& rules) {
  if (rules.sources.empty()) return ok();
  const std::string files = transfer::files_text(rules);
  const std::lock_guard guard(mutex_);
  if (lists_ && files == files_) {
    rules.lists = lists_;
    return ok();
  }
  MBOXFERRY_TRY(refuse_lists_of_others(rules.sources));
  // What covers what is told by senders check.
  policy::ListBuilder builder({rules.allow_wide, false});
  for (const policy::ListSource& source : rules.sources) MBOXFERRY_TRY(builder.add_file(source));
  policy::LoadedLists loaded = builder.finish();
  for (std::size_t i = 0; i < loaded.mistakes.size() && i < kMostTold; ++i)
    say(remark_line(loaded.mistakes[i]));
  if (!loaded.mistakes.empty()) {
    return Error{
        ErrorCode::configuration,
        report::counted(loaded.mistakes.size(), "line") + " of the sender lists cannot be used",
        "fix them and run the command again; senders check tells more about lists"};
  }
  lists_ = std::make_shared<const policy::SenderLists>(std::move(loaded.lists));
  files_ = files;
  rules.lists = lists_;
  return ok();
}

Result<void> read_lists_of_job(const journal::Journal& journal, transfer::SenderRules& rules) {
  if (!rules.any()) return ok();
  MBOXFERRY_ASSIGN(const auto text, journal.note(journal::kSenderFilesNote));
  auto files = transfer::rules_from_files_text(text.value_or(""));
  if (!files)
    return Error{ErrorCode::configuration, "the journal's note of sender lists is not understood",
                 "use the version of mboxferry that made it"};
  rules.sources = std::move(files->sources);
  rules.allow_wide = files->allow_wide;
  SenderListReader reader;
  return reader.read(rules);
}

}  // namespace mboxferry::cli
