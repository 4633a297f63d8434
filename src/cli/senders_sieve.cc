// SPDX-License-Identifier: Apache-2.0
// mboxferry senders sieve: the lists as a script for the server.
#include "cli/exit_codes.h"
#include "cli/limit_options.h"
#include "cli/sender_options.h"
#include "cli/senders.h"
#include "mboxferry/sieve/sender_script.h"

namespace mboxferry::cli {
namespace {

/// What Pigeonhole has without being told to.
constexpr std::string_view kUsualExtensions =
    "fileinto envelope imap4flags relational comparator-i;ascii-numeric";

}  // namespace

Result<int> print_sieve(const Options& options, const Operands& operands, Context& context) {
  if (!operands.empty())
    return Error{ErrorCode::usage, "senders sieve takes no arguments",
                 "name the lists with --senders"};
  MBOXFERRY_ASSIGN(const policy::JudgeOptions judging, read_judge_options(options));
  sieve::ScriptSettings settings;
  settings.block_wins = judging.block_wins;
  settings.proven_only = !judging.authserv_id.empty();
  settings.sender_field = judging.sender_field;
  if (const auto junk = options.get<std::string>("junk-mailbox")) {
    settings.junk_mailbox = *junk;
    settings.junk_is_named = true;
  }
  MBOXFERRY_ASSIGN(settings.most_bytes, read_amount(options, "max-script-size"));
  std::string names = options.text("sieve-extensions");
  if (names.empty()) names = kUsualExtensions;
  for (std::size_t begin = 0; begin < names.size();) {
    const std::size_t end = std::min(names.find_first_of(" ,", begin), names.size());
    if (end > begin) settings.extensions.insert(names.substr(begin, end - begin));
    begin = end + 1;
  }
  MBOXFERRY_ASSIGN(const policy::LoadedLists loaded, read_sender_lists(options, ListUse::told));
  if (loaded.lists.empty())
    return Error{ErrorCode::usage, "no entry is in the lists", "name a list with --senders FILE"};
  MBOXFERRY_ASSIGN(const sieve::SenderScript script,
                   sieve::make_sender_script(loaded.lists, settings));
  for (const std::string& note : script.notes) say(note);
  MBOXFERRY_TRY(
      write_sender_text(options.text("output"), script.text, sieve::kScriptHead, context));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
