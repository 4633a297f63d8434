// SPDX-License-Identifier: Apache-2.0
// Uploads scripts in an order in which every failure can be taken back.
#include "mboxferry/sieve/deployment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "sieve/our_scripts.h"

namespace mboxferry::sieve {
namespace {

constexpr std::size_t kMostParts = 64;

class Pusher {
 public:
  Pusher(ManageSieve& server, const policy::SenderLists& lists, const DeploymentSettings& settings)
      : server_(server), lists_(lists), settings_(settings) {}

  Result<Deployment> run(const SaveScripts& save) {
    MBOXFERRY_TRY(look());
    MBOXFERRY_TRY(server_.try_literals());
    MBOXFERRY_TRY(write_scripts());
    if (settings_.dry_run) return std::move(deployment_);
    MBOXFERRY_TRY(save(saved_, again_));
    auto stored = store();
    if (!stored) return take_back(stored.error());
    remove_old_parts();
    return std::move(deployment_);
  }

 private:
  [[nodiscard]] bool is_there(const std::string& name) const { return there_.contains(name); }
  [[nodiscard]] bool has_our_name(const std::string& name) const {
    return name == settings_.name || has_part_name(name, settings_.name);
  }

  Result<void> look() {
    MBOXFERRY_ASSIGN(const auto scripts, server_.list());
    for (const ScriptName& script : scripts) {
      there_.insert(script.name);
      if (script.active) saved_.active = script.name;
    }
    active_before_ = saved_.active;
    std::set<std::string> wanted{saved_.active};
    for (const std::string& name : there_)
      if (has_our_name(name)) wanted.insert(name);
    for (const std::string& name : wanted) {
      if (!is_there(name)) continue;
      MBOXFERRY_ASSIGN(std::string content, server_.get(name));
      // A name alone makes no script ours.
      if (!is_ours(content) && has_our_name(name)) return not_ours(name);
      before_[name] = content;
      // Ours are not what was there before.
      if (!is_ours(content)) saved_.scripts.push_back({name, std::move(content)});
    }
    MBOXFERRY_TRY(find_who_leads_here());
    MBOXFERRY_TRY(choose_included());
    return again_ ? save_what_is_included() : ok();
  }

  /// A script that is active and includes ours, such as that of a push with another --script-name,
  /// stays active: ours, including it, would lead back to itself.
  Result<void> find_who_leads_here() {
    again_ = saved_.active == settings_.name;
    if (again_ || saved_.active.empty() || !is_there(settings_.name)) return ok();
    MBOXFERRY_ASSIGN(const auto includer,
                     who_includes(server_, there_, saved_.active, [&](const std::string& script) {
                       return script == settings_.name;
                     }));
    if (!includer) return ok();
    again_ = true;
    leader_ = saved_.active;
    deployment_.notes.push_back(
        fmt::format("'{}' stays active: it leads to '{}'", leader_, settings_.name));
    return ok();
  }

  /// What a wrapper of ours includes besides its parts.
  [[nodiscard]] std::vector<std::string> included_before() const {
    const auto wrapper = before_.find(settings_.name);
    if (wrapper == before_.end()) return {};
    std::vector<std::string> others = included_in(wrapper->second);
    std::erase_if(others, [&](const std::string& name) { return has_our_name(name); });
    return others;
  }

  /// What was active before an earlier push, whose record may be elsewhere or lost.
  Result<void> save_what_is_included() {
    saved_.active.clear();
    if (deployment_.included.empty()) return ok();
    saved_.active = deployment_.included.front();
    MBOXFERRY_ASSIGN(std::string content, server_.get(saved_.active));
    saved_.scripts.push_back({saved_.active, std::move(content)});
    return ok();
  }

  [[nodiscard]] Error not_ours(const std::string& name) const {
    return stands_against(
        server_, fmt::format("the script '{}' that is there was not made by mboxferry", name),
        "choose another name with --script-name");
  }

  /// Which scripts of the user's own go on working.
  Result<void> choose_included() {
    include_ = server_.abilities().sieve.contains("include");
    if (again_) {
      for (std::string& name : included_before()) {
        if (is_there(name))
          deployment_.included.push_back(std::move(name));
        else
          deployment_.notes.push_back("the script '" + name + "' is gone and no longer included");
      }
      return refuse_circles();
    }
    if (saved_.active.empty()) return ok();
    if (include_) {
      deployment_.included.push_back(saved_.active);
      return refuse_circles();
    }
    if (!settings_.replace_active)
      return stands_against(
          server_,
          fmt::format("the script '{}' is active, and the server cannot include one script in "
                      "another",
                      saved_.active),
          "--replace-active makes the lists active instead; the script stays stored, and senders "
          "restore makes it active again");
    deployment_.displaced = saved_.active;
    return ok();
  }

  /// Servers refuse a script that leads back to itself, some only when mail arrives.
  Result<void> refuse_circles() {
    for (const std::string& name : deployment_.included) {
      MBOXFERRY_ASSIGN(const auto includer,
                       who_includes(server_, there_, name, [&](const std::string& script) {
                         return script == settings_.name;
                       }));
      if (includer)
        return stands_against(server_,
                              fmt::format("the script '{}' includes '{}', which would include it",
                                          includer->name, settings_.name),
                              "take that include out of it first");
    }
    return ok();
  }

  /// In as few scripts as the server takes.
  Result<void> write_scripts() {
    for (std::size_t parts = 1; parts <= kMostParts; parts *= 2) {
      MBOXFERRY_TRY(write_parts(parts));
      MBOXFERRY_ASSIGN(const auto refusal, first_refusal());
      if (!refusal) return ok();
      const bool can_split = refusal->too_long() && include_ && 2 * parts <= kMostParts;
      if (can_split) continue;
      return stands_against(
          server_,
          fmt::format("the server does not take the script ({} bytes in {} part{}): {}{}{}", bytes_,
                      parts, parts == 1 ? "" : "s", refusal->code,
                      refusal->code.empty() ? "" : ": ", refusal->text),
          !refusal->is_quota() ? "senders sieve prints the script, to be uploaded by other means"
          : refusal->too_long() && !include_
              ? "it cannot be split, because the server has no include; shorten the lists: senders "
                "check names entries that others cover"
              : "make room for scripts, or shorten the lists: senders check names entries that "
                "others cover");
    }
    return ok();
  }

  Result<void> write_parts(std::size_t parts) {
    std::size_t blocked = 0;
    for (std::uint32_t i = 0; i < lists_.size(); ++i)
      blocked += lists_.entry(i).kind == policy::EntryKind::block ? 1U : 0U;
    ScriptSettings script = settings_.script;
    script.extensions = server_.abilities().sieve;
    const bool wraps = parts > 1 || !deployment_.included.empty();
    deployment_.scripts.clear();
    bytes_ = 0;
    std::vector<std::string> included;
    for (std::size_t part = 0; part < parts; ++part) {
      script.block_begin = blocked * part / parts;
      script.block_end = blocked * (part + 1) / parts;
      MBOXFERRY_ASSIGN(SenderScript made, make_sender_script(lists_, script));
      if (part == 0) notes_ = std::move(made.notes);
      const std::string name =
          wraps ? fmt::format("{}-{}", settings_.name, part + 1) : settings_.name;
      included.push_back(name);
      bytes_ += made.text.size();
      deployment_.scripts.push_back({name, std::move(made.text)});
    }
    if (wraps) {
      included.insert(included.end(), deployment_.included.begin(), deployment_.included.end());
      deployment_.scripts.push_back({settings_.name, wrapper_of(included)});
    }
    return ok();
  }

  /// Before anything is stored. A wrapper cannot be checked before its parts are there.
  Result<std::optional<ManageSieve::Refusal>> first_refusal() {
    for (const StoredScript& script : deployment_.scripts) {
      MBOXFERRY_ASSIGN(auto refusal, server_.have_space(script.name, script.content.size()));
      if (refusal) return refusal;
      if (!included_in(script.content).empty()) continue;
      MBOXFERRY_ASSIGN(refusal, server_.check(script.content));
      if (refusal) return refusal;
    }
    deployment_.notes.insert(deployment_.notes.end(), notes_.begin(), notes_.end());
    return std::optional<ManageSieve::Refusal>();
  }

  Result<void> store() {
    for (const StoredScript& script : deployment_.scripts) {
      touched_.push_back(script.name);
      MBOXFERRY_ASSIGN(const auto refusal, server_.put(script.name, script.content));
      if (refusal)
        return Error{
            ErrorCode::refused,
            fmt::format("{}: the server refuses script '{}': {}{}{}", server_.place(), script.name,
                        refusal->code, refusal->code.empty() ? "" : ": ", refusal->text),
            "what was there before is there again"};
      MBOXFERRY_ASSIGN(const std::string found, server_.get(script.name));
      if (found != script.content) return not_as_sent(server_, script.name);
    }
    if (!leader_.empty()) return ok();
    MBOXFERRY_TRY(server_.set_active(settings_.name));
    activated_ = true;
    MBOXFERRY_ASSIGN(const auto scripts, server_.list());
    const bool active = std::any_of(scripts.begin(), scripts.end(), [&](const ScriptName& one) {
      return one.active && one.name == settings_.name;
    });
    return active ? ok()
                  : Result<void>(Error{ErrorCode::protocol,
                                       server_.place() + ": the script is not active though the "
                                                         "server said so",
                                       "run again with --log-file to see what the server said"});
  }

  /// What was changed so far is as before, as far as the connection lets us.
  Error take_back(Error error) {
    bool all = true;
    if (activated_) all = server_.set_active(active_before_).has_value();
    for (auto name = touched_.rbegin(); name != touched_.rend(); ++name) {
      const auto before = before_.find(*name);
      if (before != before_.end()) {
        const auto put = server_.put(*name, before->second);
        all = all && put && !*put;
      } else if (const auto scripts = server_.list(); scripts) {
        const bool there = std::any_of(scripts->begin(), scripts->end(),
                                       [&](const ScriptName& one) { return one.name == *name; });
        if (there) all = server_.remove(*name).has_value() && all;
      } else {
        all = false;
      }
    }
    if (!all)
      error.hint = "senders restore puts back what was there before; " +
                   (error.hint.empty() ? "or run the same command again" : error.hint);
    return error;
  }

  void remove_old_parts() {
    for (const auto& before : before_) {
      const std::string& name = before.first;
      const bool kept = std::any_of(deployment_.scripts.begin(), deployment_.scripts.end(),
                                    [&](const StoredScript& one) { return one.name == name; });
      if (kept || !has_part_name(name, settings_.name)) continue;
      if (const auto removed = server_.remove(name); !removed)
        deployment_.notes.push_back("the script '" + name +
                                    "' could not be removed: " + removed.error().what);
    }
  }

  ManageSieve& server_;
  const policy::SenderLists& lists_;
  const DeploymentSettings& settings_;
  std::set<std::string> there_;
  std::map<std::string, std::string> before_;  ///< contents
  SavedScripts saved_;
  std::string active_before_;
  std::string leader_;  ///< active, and leads to ours
  Deployment deployment_;
  std::vector<std::string> notes_;
  std::vector<std::string> touched_;
  std::size_t bytes_ = 0;
  bool include_ = false;
  bool again_ = false;
  bool activated_ = false;
};

}  // namespace

Result<Deployment> push_scripts(ManageSieve& server, const policy::SenderLists& lists,
                                const DeploymentSettings& settings, const SaveScripts& save) {
  return Pusher(server, lists, settings).run(save);
}

}  // namespace mboxferry::sieve
