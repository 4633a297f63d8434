// SPDX-License-Identifier: Apache-2.0
// mboxferry senders push and restore with --infomaniak.
#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>
#include <unordered_map>

#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/exit_codes.h"
#include "cli/job_settings.h"
#include "cli/sandbox_options.h"
#include "cli/sender_options.h"
#include "cli/sender_records.h"
#include "cli/senders.h"
#include "cli/trace_log.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/http/preload.h"
#include "mboxferry/provider/infomaniak.h"
#include "mboxferry/provider/sender_push.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using provider::SenderEntries;

// One mailbox may be odd; a service that fails for one after the other is in trouble.
constexpr int kMostFailures = 3;

/// Which mailboxes, and how they are reached.
struct ServiceTarget {
  provider::InfomaniakSettings settings;
  std::string mailbox;  ///< empty: all
};

Result<ServiceTarget> read_target_service(const Options& options, Context& context) {
  ServiceTarget target;
  if (!options.text("managesieve").empty())
    return Error{ErrorCode::usage, "--infomaniak and --managesieve are two places",
                 "choose one of them"};
  target.settings.service = options.text("service");
  const std::string& service = target.settings.service;
  if (service.empty())
    return Error{ErrorCode::usage, "no mail service is named",
                 "give its number with --service; the Manager shows it in the address of the page "
                 "of the service"};
  if (service.size() > 20 || !std::all_of(service.begin(), service.end(), is_digit))
    return bad_value("service", "the number of a mail service");
  target.mailbox = options.text("user");
  if (!target.mailbox.empty() && !provider::is_mailbox_name(target.mailbox))
    return bad_value("user", "what is before the @ of the mailbox's address");
  if (std::string address = options.text("api-address"); !address.empty()) {
    while (address.ends_with('/')) address.pop_back();
    if (address.find_first_of("?#") != std::string::npos)
      return bad_value("api-address", "an https URL without a query");
    target.settings.address = std::move(address);
  }
  MBOXFERRY_ASSIGN(const ConnectionSettings connection, read_connection_settings(options));
  if (connection.tls_pin || connection.tls_pin_only)
    return Error{ErrorCode::usage, "--tls-pin is for mail servers",
                 "leave it out; --ca-file works with --infomaniak"};
  target.settings.http.ca_file = connection.ca_file.value_or("");
  target.settings.http.timeout = connection.timeout;
  target.settings.http.interrupt = &context.interrupt;
  MBOXFERRY_ASSIGN(target.settings.trace, trace_of(connection));
  const auto tokens = token_source(connection.credentials, context.interrupt);
  if (!tokens)
    return Error{ErrorCode::usage, "no access token for the API is named",
                 "make one in the Manager and use --token-file, --token-env or --token-command"};
  MBOXFERRY_ASSIGN(target.settings.token, tokens->token());
  return target;
}

bool names_any(const Options& options, std::initializer_list<const char*> lists) {
  return std::any_of(lists.begin(), lists.end(), [&](const char* name) {
    return options.get<std::vector<std::string>>(name).has_value();
  });
}

/// The entries that a list without conditions can have, for the scopes whose lists are named.
Result<provider::WantedSenders> wanted_entries(const Options& options, bool one_mailbox) {
  for (const char* name : {"senders", "allowed"}) {
    if (one_mailbox || !options.get<std::vector<std::string>>(name)) continue;
    return Error{ErrorCode::usage,
                 fmt::format("--{} is for one account, and all mailboxes of the service would get "
                             "it",
                             name),
                 "name the mailbox with --user, or use --global-senders and --global-allowed"};
  }
  MBOXFERRY_ASSIGN(const policy::JudgeOptions judging, read_judge_options(options));
  MBOXFERRY_ASSIGN(const policy::LoadedLists loaded, read_sender_lists(options, ListUse::decides));
  if (loaded.lists.empty())
    return Error{ErrorCode::usage, "no entry is in the lists",
                 fmt::format("name a list with {}",
                             one_mailbox ? "--senders FILE" : "--global-senders FILE")};
  if (judging.sender_field)
    say("--sender-field does nothing at Infomaniak: which addresses its lists are asked for is the "
        "service's choice");
  provider::ScopedEntries wanted;
  const auto rank_of = [&](const policy::ListEntry& entry) {
    const int kind = entry.kind == policy::EntryKind::allow ? 0 : 1;
    const int scope = entry.scope == policy::ListScope::account ? 0 : 1;
    return judging.block_wins ? 2 * (1 - kind) + scope : 2 * scope + kind;
  };
  std::size_t not_carried = 0;
  // What is on several lists is on the one that decides.
  struct Best {
    int rank;
    policy::EntryKind kind;
  };
  std::unordered_map<std::string_view, Best> deciding;
  for (const bool counts : {true, false}) {
    for (std::uint32_t i = 0; i < loaded.lists.size(); ++i) {
      const policy::ListEntry entry = loaded.lists.entry(i);
      const bool allow = entry.kind == policy::EntryKind::allow;
      const bool carried = !allow || (!entry.authenticated && judging.authserv_id.empty());
      const int rank = rank_of(entry);
      if (counts && !carried) ++not_carried;
      if (!carried) continue;
      Best& best = deciding.try_emplace(entry.pattern, Best{rank, entry.kind}).first->second;
      if (counts) {
        if (rank < best.rank) best = {rank, entry.kind};
      } else if (best.kind == entry.kind) {
        SenderEntries& scope =
            entry.scope == policy::ListScope::account ? wanted.account : wanted.global;
        (allow ? scope.allowed : scope.blocked).emplace_back(entry.pattern);
      }
    }
  }
  if (not_carried > 0)
    say(
        fmt::format("{} of the allow entries need proof of the sender and are not carried: the "
                    "service's list has no such condition",
                    not_carried));
  provider::WantedSenders named;
  if (names_any(options, {"senders", "allowed"})) named.account = std::move(wanted.account);
  if (names_any(options, {"global-senders", "global-allowed"}))
    named.global = std::move(wanted.global);
  return named;
}

class Walk {
 public:
  Walk(ServiceTarget target, std::string folder, Context& context)
      : mailbox_(target.mailbox),
        service_(std::move(target.settings), system_clock()),
        records_(std::move(folder), service_.place()),
        context_(context) {}

  Result<int> push(const provider::WantedSenders& wanted, bool dry_run) {
    if (!mailbox_.empty()) return one_after_the_other({mailbox_}, wanted, dry_run);
    MBOXFERRY_ASSIGN(const auto mailboxes, service_.mailboxes());
    MBOXFERRY_ASSIGN(const int status, one_after_the_other(mailboxes, wanted, dry_run));
    MBOXFERRY_TRY(context_.out.write(
        "The service's own lists, which mailboxes that are made later have too, cannot be changed "
        "by a\nprogram. By hand: in the Manager open the mail service, then Global Configuration, "
        "Security,\nand add the entries to the blocked and the allowed addresses.\n"));
    return status;
  }

  Result<int> restore(bool dry_run) {
    std::vector<std::string> mailboxes{mailbox_};
    if (mailbox_.empty()) {
      MBOXFERRY_ASSIGN(mailboxes, records_.mailboxes());
    } else {
      MBOXFERRY_ASSIGN(const auto record, records_.load(mailbox_));
      if (!record) mailboxes.clear();
    }
    if (mailboxes.empty())
      return Error{
          ErrorCode::configuration,
          fmt::format("no push to {} is known in {}",
                      mailbox_.empty() ? "this service" : "mailbox " + mailbox_, records_.folder()),
          "use the --service, --user, --api-address and --state-dir of the push"};
    restoring_ = true;
    return one_after_the_other(mailboxes, {SenderEntries(), SenderEntries()}, dry_run);
  }

 private:
  Result<int> one_after_the_other(const std::vector<std::string>& mailboxes,
                                  const provider::WantedSenders& wanted, bool dry_run) {
    int failures = 0;
    for (const std::string& mailbox : mailboxes) {
      const auto done = one(mailbox, wanted, dry_run);
      if (done) {
        failures = 0;
        continue;
      }
      const Error& error = done.error();
      const bool troubled = error.code == ErrorCode::unavailable;
      const bool is_last = troubled && ++failures == kMostFailures;
      if (mailboxes.size() == 1) return error;
      if ((error.scope != ErrorScope::mailbox && !troubled) || is_last) return stopped(error);
      say_error(error);
      any_refused_ = true;
    }
    return any_refused_ ? kExitRefused : kExitSuccess;
  }

  [[nodiscard]] Error stopped(Error error) const {
    if (finished_ > 0)
      error.hint = fmt::format("{} finished before; {}", report::counted(finished_, "mailbox"),
                               error.hint.empty() ? "run the same command again" : error.hint);
    return error;
  }

  Result<void> one(const std::string& mailbox, const provider::WantedSenders& wanted,
                   bool dry_run) {
    MBOXFERRY_ASSIGN(const auto record, records_.load(mailbox));
    const auto save = [&](const provider::SenderRecord& now) {
      return records_.save(mailbox, now);
    };
    const auto pushed = push_senders(service_, mailbox, wanted, record, save, dry_run);
    if (!pushed) {
      MBOXFERRY_ASSIGN(const bool gone, is_gone(mailbox, pushed.error()));
      return gone ? forget(mailbox, dry_run) : Result<void>(pushed.error());
    }
    const provider::SenderPush& push = *pushed;
    MBOXFERRY_TRY(tell(mailbox, push, dry_run));
    const bool all_taken_out = push.not_removed.empty() && push.awaited.empty();
    if (restoring_ && all_taken_out && !dry_run) MBOXFERRY_TRY(records_.remove(mailbox));
    ++finished_;
    return ok();
  }

  /// A mailbox that was removed since the push. The service says the same of one that the token's
  /// user may not see, and of a wrong number, so its own list is asked.
  Result<bool> is_gone(const std::string& mailbox, const Error& error) {
    const bool unknown =
        error.code == ErrorCode::configuration && error.scope == ErrorScope::mailbox;
    if (!restoring_ || !unknown) return false;
    if (!there_) {
      auto names = service_.mailboxes();
      if (!names) return error;
      there_ = *std::move(names);
    }
    return !there_->empty() &&
           std::none_of(there_->begin(), there_->end(), [&](const std::string& name) {
             return equals_ignoring_case(name, mailbox);
           });
  }

  Result<void> forget(const std::string& mailbox, bool dry_run) {
    if (!dry_run) MBOXFERRY_TRY(records_.remove(mailbox));
    ++finished_;
    return context_.out.write(
        fmt::format("{}: the service has no such mailbox any more; what is known of it {}\n",
                    report::printable(mailbox), dry_run ? "would be forgotten" : "is forgotten"));
  }

  Result<void> tell(const std::string& mailbox, const provider::SenderPush& push, bool dry_run) {
    const std::string name = report::printable(mailbox);
    const provider::SenderMerge& merge = push.merge;
    for (const std::string& remark : push.remarks) say(fmt::format("{}: {}", name, remark));
    if (!push.filters && !restoring_)
      say(
          fmt::format("{}: the spam filter of this mailbox is off, and the lists do nothing until "
                      "it is on",
                      name));
    MBOXFERRY_TRY(tell_entries(name, merge.added, '+'));
    MBOXFERRY_TRY(tell_entries(name, merge.removed, '-'));
    const SenderEntries missing = in_both(merge.added, joined(push.not_taken, push.awaited));
    const SenderEntries left = in_both(merge.removed, joined(push.not_removed, push.awaited));
    const std::size_t added = merge.added.size() - missing.size();
    const std::size_t removed = merge.removed.size() - left.size();
    const SenderEntries has = without(joined(merge.result, left), missing);
    MBOXFERRY_TRY(context_.out.write(
        fmt::format("{}: {}{} added, {} removed; {}{} blocked and {} allowed\n", name,
                    dry_run ? "would be changed: " : "", added, removed,
                    dry_run ? "would have " : "has ", has.blocked.size(), has.allowed.size())));
    tell_left(name, merge.conflicts, "is left out: the mailbox has it on its other list");
    tell_left(name, push.not_taken, "is not there although the service said so");
    tell_left(name, push.not_removed, "is still there although the service said so");
    tell_left(name, push.awaited,
              "is not done yet: the service does it later; run the same command again then");
    any_refused_ = any_refused_ || !push.awaited.empty() || !push.not_taken.empty() ||
                   !push.not_removed.empty();
    return ok();
  }

  Result<void> tell_entries(const std::string& name, const SenderEntries& entries, char sign) {
    const auto each = [&](const std::vector<std::string>& list, const char* kind) -> Result<void> {
      for (const std::string& entry : list)
        MBOXFERRY_TRY(context_.out.write(
            fmt::format("{}: {} {} {}\n", name, sign, kind, report::printable(entry))));
      return ok();
    };
    MBOXFERRY_TRY(each(entries.blocked, "block"));
    return each(entries.allowed, "allow");
  }

  static void tell_left(const std::string& name, const SenderEntries& entries, const char* why) {
    for (const std::string& entry : entries.blocked)
      say(fmt::format("{}: block {} {}", name, entry, why));
    for (const std::string& entry : entries.allowed)
      say(fmt::format("{}: allow {} {}", name, entry, why));
  }

  std::string mailbox_;
  provider::Infomaniak service_;
  SenderRecords records_;
  Context& context_;
  std::optional<std::vector<std::string>> there_;  ///< the mailboxes, when they were asked for
  std::size_t finished_ = 0;
  bool any_refused_ = false;
  bool restoring_ = false;
};

/// When the token is known, which is read once.
Result<void> confine_walk(const Options& options, const std::string& state_folder) {
  SandboxRights rights = rights_of(options);
  rights.workplaces.push_back(state_folder);
  MBOXFERRY_TRY(http::preload());
  confine(options, rights);
  return ok();
}

}  // namespace

Result<int> push_to_infomaniak(const Options& options, Context& context) {
  const bool dry_run = options.has_flag("dry-run");
  MBOXFERRY_ASSIGN(const provider::WantedSenders wanted,
                   wanted_entries(options, !options.text("user").empty()));
  MBOXFERRY_ASSIGN(ServiceTarget target, read_target_service(options, context));
  MBOXFERRY_ASSIGN(std::string folder,
                   dry_run ? state_folder_name(options) : state_folder(options));
  MBOXFERRY_TRY(confine_walk(options, folder));
  return Walk(std::move(target), std::move(folder), context).push(wanted, dry_run);
}

Result<int> restore_at_infomaniak(const Options& options, Context& context) {
  MBOXFERRY_ASSIGN(ServiceTarget target, read_target_service(options, context));
  MBOXFERRY_ASSIGN(std::string folder, state_folder_name(options));
  MBOXFERRY_TRY(confine_walk(options, folder));
  return Walk(std::move(target), std::move(folder), context).restore(options.has_flag("dry-run"));
}

}  // namespace mboxferry::cli
