// SPDX-License-Identifier: Apache-2.0
// Reads --senders and its kin.
#include "cli/sender_options.h"

#include <fmt/format.h>

#include <array>

#include "cli/command.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;
using policy::EntryKind;
using policy::ListScope;

struct ListOption {
  const char* name;
  ListScope scope;
  EntryKind before_sections;
  const char* about;
};
constexpr std::array<ListOption, 4> kListOptions{{
    {"senders", ListScope::account, EntryKind::block,
     "read a sender list: one address or pattern with * and ? per line, in the sections [block] "
     "and [allow]; entries above the first section are blocked; may be given more than once"},
    {"allowed", ListScope::account, EntryKind::allow,
     "the same, but entries above the first section are allowed"},
    {"global-senders", ListScope::global, EntryKind::block,
     "a sender list for all accounts, asked after the lists of the account"},
    {"global-allowed", ListScope::global, EntryKind::allow,
     "the same, but entries above the first section are allowed"},
}};

po::typed_value<std::vector<std::string>>* list_files() {
  return po::value<std::vector<std::string>>()->composing()->value_name("FILE");
}

}  // namespace

void add_sender_list_options(po::options_description& group) {
  for (const ListOption& option : kListOptions)
    group.add_options()(option.name, list_files(), option.about);
  group.add_options()("allow-wide", flag(),
                      "accept entries that match more than a public suffix, such as *@*");
}

void add_sender_lists(SandboxRights& rights, const Options& options) {
  for (const ListOption& option : kListOptions)
    for (const std::string& path : options.texts(option.name)) add_input(rights, path);
}

void add_judge_options(po::options_description& group) {
  group.add_options()  //
      ("precedence", po::value<std::string>()->value_name("ORDER"),
       "allow-first (default: account allow, account block, global allow, global block), or "
       "block-wins (every block entry before every allow entry)")                //
      ("sender-field", flag(), "also block by the address in the Sender field")  //
      ("allow-only-authenticated", po::value<std::string>()->value_name("AUTHSERV-ID"),
       "let allow entries count only where the topmost Authentication-Results field of this server "
       "has dmarc=pass for the domain of the From address; without it, anyone who forges an "
       "allowed address is allowed");
}

std::string remark_line(const policy::ListRemark& remark) {
  if (remark.line == 0) return fmt::format("{}: {}", remark.file, remark.text);
  return fmt::format("{} line {}: {}", remark.file, remark.line, remark.text);
}

std::vector<policy::ListSource> sender_sources(const Options& options) {
  std::vector<policy::ListSource> sources;
  for (const ListOption& option : kListOptions) {
    for (const std::string& path : options.texts(option.name))
      sources.push_back({path, option.scope, option.before_sections});
  }
  return sources;
}

Result<void> refuse_lists_of_others(const std::vector<policy::ListSource>& sources) {
  for (const policy::ListSource& source : sources)
    MBOXFERRY_TRY(refuse_writable_by_others("sender list", source.path));
  return ok();
}

Result<policy::LoadedLists> read_sender_lists(const Options& options, ListUse use) {
  const std::vector<policy::ListSource> sources = sender_sources(options);
  if (use == ListUse::decides) MBOXFERRY_TRY(refuse_lists_of_others(sources));
  policy::ListBuilder builder({options.has_flag("allow-wide")});
  for (const policy::ListSource& source : sources) MBOXFERRY_TRY(builder.add_file(source));
  policy::LoadedLists loaded = builder.finish();
  if (loaded.mistakes.empty()) return loaded;
  for (const policy::ListRemark& mistake : loaded.mistakes) say(remark_line(mistake));
  return Error{
      ErrorCode::configuration,
      report::counted(loaded.mistakes.size(), "line") + " of the sender lists cannot be used",
      "fix them and run the command again"};
}

Result<policy::JudgeOptions> read_judge_options(const Options& options) {
  policy::JudgeOptions judge;
  const std::string order = options.text("precedence");
  if (!order.empty() && order != "allow-first" && order != "block-wins")
    return bad_value("precedence", "allow-first or block-wins");
  judge.block_wins = order == "block-wins";
  judge.sender_field = options.has_flag("sender-field");
  judge.authserv_id = options.text("allow-only-authenticated");
  return judge;
}

}  // namespace mboxferry::cli
