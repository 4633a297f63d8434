// SPDX-License-Identifier: Apache-2.0
// Makes scripts what they were before the first push.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "mboxferry/sieve/deployment.h"
#include "sieve/our_scripts.h"

namespace mboxferry::sieve {
namespace {

class Restorer {
 public:
  Restorer(ManageSieve& server, const SavedScripts& saved, const RestoreSettings& settings)
      : server_(server), saved_(saved), settings_(settings) {}

  Result<std::vector<std::string>> run() {
    MBOXFERRY_TRY(look());
    MBOXFERRY_TRY(choose_active());
    for (const StoredScript* script : differing_) MBOXFERRY_TRY(put_back(*script));
    if (active_ != active_now_) {
      if (!settings_.dry_run) MBOXFERRY_TRY(server_.set_active(active_));
      const char* verb = settings_.dry_run ? "would be" : "is";
      done_.push_back(active_.empty() ? fmt::format("no script {} active", verb)
                                      : fmt::format("'{}' {} active again", active_, verb));
    }
    MBOXFERRY_TRY(remove_ours());
    if (settings_.dry_run) return std::move(done_);
    for (const StoredScript* script : differing_) {
      MBOXFERRY_ASSIGN(const std::string now, server_.get(script->name));
      if (now != script->content) return not_as_sent(server_, script->name);
    }
    return std::move(done_);
  }

 private:
  [[nodiscard]] bool has_our_name(std::string_view script) const {
    return script == settings_.name || has_part_name(script, settings_.name);
  }
  [[nodiscard]] bool is_put_back(const std::string& name) const {
    return std::any_of(differing_.begin(), differing_.end(),
                       [&](const StoredScript* script) { return script->name == name; });
  }

  /// Finds what is to be put back. A script that its owner has changed since stays as it is.
  Result<void> look() {
    MBOXFERRY_ASSIGN(const auto scripts, server_.list());
    for (const ScriptName& script : scripts) {
      there_.insert(script.name);
      if (script.active) active_now_ = script.name;
      if (!has_our_name(script.name)) continue;
      MBOXFERRY_ASSIGN(const std::string content, server_.get(script.name));
      if (is_ours(content)) ours_.insert(script.name);
    }
    for (const StoredScript& script : saved_.scripts) {
      if (is_ours(script.content)) continue;
      if (there_.contains(script.name)) {
        MBOXFERRY_ASSIGN(const std::string now, server_.get(script.name));
        if (now == script.content) continue;
        if (!settings_.overwrite && !is_ours(now)) {
          done_.push_back(
              fmt::format("'{}' has changed since it was saved, and stays as it is "
                          "(--replace-active overwrites it)",
                          script.name));
          continue;
        }
      }
      differing_.push_back(&script);
    }
    return ok();
  }

  /// A script that its owner has activated since stays active.
  Result<void> choose_active() {
    active_ = saved_.active;
    const bool is_gone = !active_.empty() && !is_put_back(active_) && !there_.contains(active_);
    const bool is_others = !active_now_.empty() && !ours_.contains(active_now_);
    if (is_others && (!settings_.overwrite || is_gone)) active_ = active_now_;
    if (active_ != saved_.active) {
      done_.push_back(fmt::format("'{}' was made active since, and stays active", active_));
    } else if (is_gone) {
      done_.push_back(fmt::format("'{}', which was active before, is no longer there", active_));
      active_.clear();
    }
    return active_.empty() || is_put_back(active_) ? ok() : refuse_to_break(active_);
  }

  /// A script that leads to ours would do nothing any more.
  Result<void> refuse_to_break(const std::string& script) {
    MBOXFERRY_ASSIGN(const auto includer,
                     who_includes(server_, there_, script, [&](const std::string& included) {
                       return ours_.contains(included) && !is_put_back(included);
                     }));
    if (!includer) return ok();
    return stands_against(
        server_,
        fmt::format("the script '{}' names '{}', which would be removed", includer->name,
                    includer->included),
        includer->ours
            ? fmt::format("restore that push first, with --script-name {}", includer->name)
            : "take its include out of that script first");
  }

  Result<void> put_back(const StoredScript& script) {
    if (settings_.dry_run) {
      done_.push_back(
          fmt::format("'{}' would be what it was ({} bytes)", script.name, script.content.size()));
      return ok();
    }
    MBOXFERRY_ASSIGN(const auto refusal, server_.put(script.name, script.content));
    if (refusal)
      return Error{ErrorCode::refused,
                   fmt::format("{}: the server refuses script '{}': {}: {}", server_.place(),
                               script.name, refusal->code, refusal->text),
                   "run the same command again; what was saved is still there"};
    done_.push_back(
        fmt::format("'{}' is what it was ({} bytes)", script.name, script.content.size()));
    return ok();
  }

  Result<void> remove_ours() {
    for (const std::string& script : ours_) {
      if (is_put_back(script) || script == active_) continue;
      if (!settings_.dry_run) MBOXFERRY_TRY(server_.remove(script));
      done_.push_back(
          fmt::format("'{}' {} removed", script, settings_.dry_run ? "would be" : "is"));
    }
    return ok();
  }

  ManageSieve& server_;
  const SavedScripts& saved_;
  const RestoreSettings& settings_;
  std::set<std::string> there_;
  std::set<std::string> ours_;
  std::string active_now_;
  std::string active_;  ///< that is to be
  std::vector<const StoredScript*> differing_;
  std::vector<std::string> done_;
};

}  // namespace

Result<std::vector<std::string>> restore_scripts(ManageSieve& server, const SavedScripts& saved,
                                                 const RestoreSettings& settings) {
  return Restorer(server, saved, settings).run();
}

}  // namespace mboxferry::sieve
