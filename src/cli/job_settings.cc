// SPDX-License-Identifier: Apache-2.0
// Puts a job's settings together.
#include "cli/job_settings.h"

#include "cli/archive_options.h"
#include "cli/filing_options.h"
#include "cli/limit_options.h"
#include "cli/mapping_options.h"
#include "cli/run_transfer.h"
#include "cli/state_place.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

Result<journal::Dedupe> read_dedupe(const Options& options) {
  const std::string name = options.text("dedupe");
  if (name.empty()) return journal::Dedupe::none;
  const auto dedupe = journal::dedupe_from_name(name);
  if (dedupe) return *dedupe;
  return Error{ErrorCode::usage, "--dedupe has a value that is not known",
               "it takes none, message-id or content"};
}

}  // namespace

void add_strict_option(po::options_description& group) {
  group.add_options()("strict", flag(),
                      "what people did in the mailbox after it was compared, and what the server "
                      "stores in its own way, is a failure too");
}

void add_resend_option(po::options_description& group) {
  group.add_options()("resend-doubtful", flag(),
                      "send messages again of which it cannot be decided whether the server has "
                      "them, because it stores mail in another form; some may be there twice then");
}

void add_copies_options(po::options_description& group) {
  group.add_options()  //
      ("dedupe", po::value<std::string>()->value_name("WHAT"),
       "leave out copies within a mailbox: none (default), message-id or content; each is listed "
       "with the message that stands for it")  //
      ("skip-existing", flag(),
       "leave out messages that their mailbox held before; reads the archive to the end first")  //
      ("allow-copies", flag(),
       "begin even though a mailbox holds the same mail already, and store it once more");
  add_strict_option(group);
  add_resend_option(group);
}

void add_unread_option(po::options_description& group) {
  group.add_options()("accept-unread", flag(),
                      "go without the parts of an archive that may be mail and cannot be read; "
                      "without it they make a dry run say no go and a job end as incomplete");
}

void add_probe_option(po::options_description& group) {
  group.add_options()("probe", flag(),
                      "with --dry-run: measure how fast the server takes mail, by a few messages "
                      "in a mailbox of our own that is deleted again");
}

Result<transfer::JobSettings> read_job_settings(const Options& options,
                                                const ConnectionSettings& connection) {
  transfer::JobSettings settings;
  MBOXFERRY_ASSIGN(settings.account, make_account(connection));
  MBOXFERRY_ASSIGN(MappingSettings mapping, read_mapping_settings(options));
  settings.mapping = std::move(mapping.rules);
  settings.mapping.mailbox = connection.mailbox;
  MBOXFERRY_ASSIGN(FolderChoice folders, read_folder_choice(options));
  settings.include = std::move(folders.include);
  settings.exclude = std::move(folders.exclude);
  settings.labels = mapping.labels;
  MBOXFERRY_ASSIGN(settings.senders, read_filing_options(options));
  MBOXFERRY_ASSIGN(settings.dedupe, read_dedupe(options));
  settings.accept_unread = options.has_flag("accept-unread");
  settings.skip_existing = options.has_flag("skip-existing");
  settings.strict = options.has_flag("strict");
  settings.resend_doubtful = options.has_flag("resend-doubtful");
  MBOXFERRY_ASSIGN(settings.open, read_open_options(options));
  settings.allow_copies = options.has_flag("allow-copies");
  MBOXFERRY_ASSIGN(settings.index, read_index_options(options));
  MBOXFERRY_ASSIGN(settings.append_mode, read_append_mode(options));
  MBOXFERRY_ASSIGN(settings.connections, read_connection_limits(options));
  MBOXFERRY_ASSIGN(settings.retry_for, read_retry_for(options));
  MBOXFERRY_ASSIGN(settings.limits, read_rate_limits(options));
  MBOXFERRY_ASSIGN(settings.quota_reserve, read_quota_reserve(options));
  settings.outputs = output_files(options);
  settings.probe = options.has_flag("probe");
  if (settings.probe && !options.has_flag("dry-run"))
    return Error{ErrorCode::usage, "--probe belongs to a --dry-run", "add --dry-run"};
  return settings;
}

Result<std::string> state_folder_name(const Options& options) {
  std::string folder = options.text("state-dir");
  if (!folder.empty()) return folder;
  return default_state_folder();
}

Result<std::string> state_folder(const Options& options) {
  MBOXFERRY_ASSIGN(std::string folder, state_folder_name(options));
  MBOXFERRY_TRY(make_state_folder(folder));
  return folder;
}

}  // namespace mboxferry::cli
