// SPDX-License-Identifier: Apache-2.0
// Uploads scripts in an order in which every failure can be taken back.
#include "mboxferry/sieve/deployment.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

namespace mboxferry::sieve {
namespace {

constexpr std::size_t kMostParts = 64;
constexpr std::string_view kIncludeHead = "include :personal ";

Error stands_against(const ManageSieve& server, const std::string& what, std::string hint) {
  return {ErrorCode::configuration, server.place() + ": " + what + "; nothing was changed",
          std::move(hint)};
}

Error not_as_sent(const ManageSieve& server, const std::string& name) {
  return {ErrorCode::protocol,
          fmt::format("{}: script '{}' is not what was sent when it is read back", server.place(),
                      name),
          "run again with --log-file to see what the server said"};
}

bool is_ours(std::string_view content) { return content.starts_with(kScriptHead); }

/// True for NAME-1, NAME-2 and so on.
bool is_part_of(std::string_view script, std::string_view name) {
  if (!script.starts_with(name) || script.size() < name.size() + 2) return false;
  const std::string_view rest = script.substr(name.size());
  return rest[0] == '-' && rest.substr(1).find_first_not_of("0123456789") == std::string_view::npos;
}

std::string wrapper_of(const std::vector<std::string>& included) {
  std::string text = std::string(kScriptHead) +
                     "\n# The lists, then what was active before. senders push changes this script "
                     "again.\nrequire [\"include\"];\n";
  for (const std::string& name : included)
    text += fmt::format("{}{};\n", kIncludeHead, quoted_string(name));
  return text;
}

/// The scripts that a wrapper of ours includes, besides its parts.
std::vector<std::string> others_in(std::string_view wrapper, std::string_view name) {
  std::vector<std::string> others;
  while (!wrapper.empty()) {
    std::string_view line = wrapper.substr(0, wrapper.find('\n'));
    wrapper.remove_prefix(std::min(line.size() + 1, wrapper.size()));
    if (!line.starts_with(kIncludeHead) || !line.ends_with("\";")) continue;
    line.remove_prefix(kIncludeHead.size() + 1);
    line.remove_suffix(2);
    std::string script;
    for (std::size_t i = 0; i < line.size(); ++i) {
      if (line[i] == '\\' && i + 1 < line.size()) ++i;
      script += line[i];
    }
    if (!is_part_of(script, name)) others.push_back(std::move(script));
  }
  return others;
}

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

  Result<void> look() {
    MBOXFERRY_ASSIGN(const auto scripts, server_.list());
    for (const ScriptName& script : scripts) {
      there_.insert(script.name);
      if (script.active) saved_.active = script.name;
    }
    active_before_ = saved_.active;
    std::set<std::string> wanted{saved_.active};
    for (const std::string& name : there_)
      if (name == settings_.name || is_part_of(name, settings_.name)) wanted.insert(name);
    for (const std::string& name : wanted) {
      if (!is_there(name)) continue;
      MBOXFERRY_ASSIGN(std::string content, server_.get(name));
      if (name != saved_.active && !is_ours(content)) return not_ours(name);
      if (name == saved_.active && name == settings_.name && !is_ours(content))
        return not_ours(name);
      before_[name] = content;
      // Ours are not what was there before.
      if (!is_ours(content)) saved_.scripts.push_back({name, std::move(content)});
    }
    again_ = saved_.active == settings_.name;
    MBOXFERRY_TRY(choose_included());
    return again_ ? save_what_is_included() : ok();
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
      for (std::string& name : others_in(before_[settings_.name], settings_.name)) {
        if (is_there(name))
          deployment_.included.push_back(std::move(name));
        else
          deployment_.notes.push_back("the script '" + name + "' is gone and no longer included");
      }
      return ok();
    }
    if (saved_.active.empty()) return ok();
    if (include_) {
      deployment_.included.push_back(saved_.active);
      return ok();
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
          refusal->too_long() && !include_
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
      if (script.content.find(kIncludeHead) != std::string::npos) continue;
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
      if (kept || !is_part_of(name, settings_.name)) continue;
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
  Deployment deployment_;
  std::vector<std::string> notes_;
  std::vector<std::string> touched_;
  std::size_t bytes_ = 0;
  bool include_ = false;
  bool again_ = false;
  bool activated_ = false;
};

class Restorer {
 public:
  Restorer(ManageSieve& server, const SavedScripts& saved, const std::string& name, bool overwrite)
      : server_(server), saved_(saved), name_(name), overwrite_(overwrite) {}

  Result<std::vector<std::string>> run() {
    MBOXFERRY_TRY(look());
    MBOXFERRY_TRY(choose_active());
    for (const StoredScript* script : differing_) MBOXFERRY_TRY(put_back(*script));
    if (active_ != active_now_) {
      MBOXFERRY_TRY(server_.set_active(active_));
      done_.push_back(active_.empty() ? "no script is active, as before"
                                      : fmt::format("'{}' is active again", active_));
    }
    MBOXFERRY_TRY(remove_ours());
    for (const StoredScript* script : differing_) {
      MBOXFERRY_ASSIGN(const std::string now, server_.get(script->name));
      if (now != script->content) return not_as_sent(server_, script->name);
    }
    return std::move(done_);
  }

 private:
  [[nodiscard]] bool can_be_ours(std::string_view script) const {
    return script == name_ || is_part_of(script, name_);
  }

  /// Finds what is to be put back. A script that its owner has changed since stays as it is.
  Result<void> look() {
    MBOXFERRY_ASSIGN(const auto scripts, server_.list());
    for (const ScriptName& script : scripts) {
      there_.insert(script.name);
      if (script.active) active_now_ = script.name;
    }
    for (const StoredScript& script : saved_.scripts) {
      if (is_ours(script.content)) continue;
      if (there_.contains(script.name)) {
        MBOXFERRY_ASSIGN(const std::string now, server_.get(script.name));
        if (now == script.content) continue;
        if (!overwrite_ && !is_ours(now)) {
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
    if (!overwrite_ && !active_now_.empty() && !can_be_ours(active_now_)) active_ = active_now_;
    if (active_ != saved_.active)
      done_.push_back(fmt::format("'{}' was made active since, and stays active", active_));
    const bool is_put_back =
        std::any_of(differing_.begin(), differing_.end(),
                    [&](const StoredScript* script) { return script->name == active_; });
    if (active_.empty() || is_put_back || !there_.contains(active_)) return ok();
    MBOXFERRY_ASSIGN(const std::string content, server_.get(active_));
    if (is_ours(content) || content.find('"' + name_) == std::string::npos) return ok();
    return stands_against(
        server_, fmt::format("the script '{}' names '{}', which would be removed", active_, name_),
        "take its include out of that script first");
  }

  Result<void> put_back(const StoredScript& script) {
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
    for (const std::string& script : there_) {
      const bool is_put_back =
          std::any_of(differing_.begin(), differing_.end(),
                      [&](const StoredScript* one) { return one->name == script; });
      if (is_put_back || script == active_ || !can_be_ours(script)) continue;
      MBOXFERRY_ASSIGN(const std::string content, server_.get(script));
      if (!is_ours(content)) continue;
      MBOXFERRY_TRY(server_.remove(script));
      done_.push_back(fmt::format("'{}' is removed", script));
    }
    return ok();
  }

  ManageSieve& server_;
  const SavedScripts& saved_;
  const std::string& name_;
  bool overwrite_;
  std::set<std::string> there_;
  std::string active_now_;
  std::string active_;  ///< that is to be
  std::vector<const StoredScript*> differing_;
  std::vector<std::string> done_;
};

}  // namespace

Result<Deployment> push_scripts(ManageSieve& server, const policy::SenderLists& lists,
                                const DeploymentSettings& settings, const SaveScripts& save) {
  return Pusher(server, lists, settings).run(save);
}

Result<std::vector<std::string>> restore_scripts(ManageSieve& server, const SavedScripts& saved,
                                                 const std::string& name, bool overwrite) {
  return Restorer(server, saved, name, overwrite).run();
}

}  // namespace mboxferry::sieve
