// SPDX-License-Identifier: Apache-2.0
// Writes the script: a test for each list, and one rule for each scope.
#include "mboxferry/sieve/sender_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mboxferry/base/glob.h"

namespace mboxferry::sieve {
namespace {

using policy::EntryKind;
using policy::ListEntry;
using policy::ListScope;

constexpr const char* kWildcardCharacters = "*?";
constexpr std::size_t kMostPairs = 20'000'000;

/// The keys of one list, by how they are compared.
struct Keys {
  std::vector<std::string> domains;    ///< `*@domain`
  std::vector<std::string> addresses;  ///< without wildcards
  std::vector<std::string> patterns;

  [[nodiscard]] bool empty() const {
    return domains.empty() && addresses.empty() && patterns.empty();
  }
};

/// False when no address can match both: one is an address that the other does not match, or what
/// they begin or end with differs.
bool may_overlap(std::string_view a, std::string_view b) {
  if (!is_glob(a)) return glob_matches(b, a);
  if (!is_glob(b)) return glob_matches(a, b);
  const auto head = [](std::string_view text) {
    return text.substr(0, text.find_first_of(kWildcardCharacters));
  };
  const auto tail = [](std::string_view text) {
    return text.substr(text.find_last_of(kWildcardCharacters) + 1);
  };
  const bool heads = head(a).starts_with(head(b)) || head(b).starts_with(head(a));
  return heads && (tail(a).ends_with(tail(b)) || tail(b).ends_with(tail(a)));
}

/// The pattern with the content of its local part, without quotes.
std::string without_quotes(std::string_view pattern) {
  if (!pattern.starts_with('"')) return std::string(pattern);
  std::string content;
  std::size_t i = 1;
  for (; i < pattern.size() && pattern[i] != '"'; ++i) {
    if (pattern[i] == '\\' && i + 1 < pattern.size()) ++i;
    content += pattern[i];
  }
  return content + std::string(pattern.substr(std::min(i + 1, pattern.size())));
}

void add_comparison(Keys& keys, const std::string& text) {
  if (!is_glob(text)) {
    keys.addresses.push_back(text);
    return;
  }
  // A backslash makes Sieve's wildcards, and itself, literal.
  std::string escaped;
  for (const char c : text) escaped += c == '\\' ? std::string("\\\\") : std::string(1, c);
  keys.patterns.push_back(std::move(escaped));
}

void add_key(Keys& keys, std::string_view pattern) {
  if (pattern.starts_with("*@") && !is_glob(pattern.substr(2))) {
    keys.domains.emplace_back(pattern.substr(2));
    return;
  }
  add_comparison(keys, std::string(pattern));
  // RFC 5228 leaves open whether a local part keeps its quotes; Pigeonhole keeps them.
  if (pattern.starts_with('"')) add_comparison(keys, without_quotes(pattern));
}

class ScriptWriter {
 public:
  ScriptWriter(const policy::SenderLists& lists, const ScriptSettings& settings)
      : lists_(lists), settings_(settings) {
    envelope_ = has("envelope");
    counts_ = has("relational") && has("comparator-i;ascii-numeric");
  }

  SenderScript write() {
    sort_entries();
    // The Return-Path may be another address than From, which any allow entry may speak for.
    if (!envelope_) drop_needless();
    std::string rules;
    rules += rule(ListScope::account);
    rules += rule(ListScope::global);
    SenderScript script;
    script.text = std::string(kScriptHead) + "\n" + requirements() + rules;
    if (rules.empty()) script.text += "# No entry blocks.\n";
    script.notes = notes();
    return script;
  }

 private:
  [[nodiscard]] bool has(std::string_view extension) const {
    return settings_.extensions.find(extension) != settings_.extensions.end();
  }
  void use(std::string_view extension) { used_.emplace(extension); }
  static std::size_t place(ListScope scope) { return scope == ListScope::account ? 0 : 1; }

  void sort_entries() {
    std::size_t number = 0;
    for (std::uint32_t i = 0; i < lists_.size(); ++i) {
      const ListEntry entry = lists_.entry(i);
      if (entry.kind == EntryKind::block) {
        const bool wanted = number >= settings_.block_begin && number < settings_.block_end;
        ++number;
        if (!wanted) continue;
        blocked_[place(entry.scope)].push_back(entry.pattern);
      } else if (entry.authenticated || settings_.proven_only) {
        ++not_carried_;
      } else if (!settings_.block_wins) {
        allowed_[place(entry.scope)].push_back(entry.pattern);
      }
    }
  }

  /// Allow entries that meet no block entry change nothing.
  void drop_needless() {
    for (auto& allowed : allowed_) {
      if (allowed.size() * (blocked_[0].size() + blocked_[1].size()) > kMostPairs) continue;
      std::erase_if(allowed, [&](std::string_view one) {
        return std::none_of(blocked_.begin(), blocked_.end(), [&](const auto& blocked) {
          return std::any_of(blocked.begin(), blocked.end(),
                             [&](std::string_view other) { return may_overlap(one, other); });
        });
      });
    }
  }

  std::string rule(ListScope scope) {
    const auto& blocked = blocked_[place(scope)];
    if (blocked.empty()) return "";
    std::string test = list_test(blocked, Fields::all, "  ");
    std::vector<std::string_view> allowed = allowed_[0];
    if (scope == ListScope::global)
      allowed.insert(allowed.end(), allowed_[1].begin(), allowed_[1].end());
    if (!allowed.empty()) test = fmt::format("allof({},\n  not {})", test, allow_test(allowed));
    return fmt::format("\n# The lists of the {}.\nif {} {{\n{}}}\n",
                       scope == ListScope::account ? "account" : "mail service", test, actions());
  }

  std::string allow_test(const std::vector<std::string_view>& allowed) {
    const std::string test = list_test(allowed, Fields::from_only, "    ");
    if (!counts_) return test;
    use("relational");
    use("comparator-i;ascii-numeric");
    return fmt::format(
        "allof(address :count \"eq\" :comparator \"i;ascii-numeric\" \"from\" \"1\",\n    {})",
        test);
  }

  /// To allow, From alone is asked.
  enum class Fields { from_only, all };
  std::string list_test(const std::vector<std::string_view>& patterns, Fields fields,
                        const std::string& indent) {
    const bool with_envelope = envelope_ && fields == Fields::all;
    const bool with_sender = settings_.sender_field && fields == Fields::all;
    Keys keys;
    for (const std::string_view pattern : patterns) add_key(keys, pattern);
    std::vector<std::string> tests;
    const auto add = [&](const char* match, const std::vector<std::string>& list) {
      if (list.empty()) return;
      std::string text;
      for (const std::string& key : list)
        text += (text.empty() ? "" : ",\n" + indent + "  ") + quoted_string(key);
      const auto test_of = [&](const char* test, const char* part) {
        tests.push_back(fmt::format("{} {} :comparator \"i;ascii-casemap\" {} [\n{}  {}]", test,
                                    match, part, indent, text));
      };
      test_of("address", with_sender ? R"(["from", "sender"])" : R"("from")");
      if (with_envelope) test_of("envelope", R"("from")");
    };
    if (with_envelope) use("envelope");
    add(":domain :is", keys.domains);
    add(":all :is", keys.addresses);
    add(":all :matches", keys.patterns);
    if (tests.size() == 1) return tests.front();
    return fmt::format("anyof({})", fmt::join(tests, ",\n" + indent));
  }

  std::string actions() {
    use("fileinto");
    std::string text;
    if (has("imap4flags")) {
      use("imap4flags");
      text += "  addflag \"$Junk\";\n";
    }
    std::string mailbox = quoted_string(settings_.junk_mailbox);
    if (has("mailbox")) {
      use("mailbox");
      mailbox = ":create " + mailbox;
    }
    if (has("special-use")) {
      use("special-use");
      mailbox = ":specialuse \"\\\\Junk\" " + mailbox;
    }
    text += fmt::format("  fileinto {};\n", mailbox);
    return text + "  stop;\n";
  }

  [[nodiscard]] std::string requirements() const {
    if (used_.empty()) return "";
    std::string names;
    for (const std::string& name : used_)
      names += (names.empty() ? "" : ", ") + quoted_string(name);
    return fmt::format("require [{}];\n", names);
  }

  [[nodiscard]] std::vector<std::string> notes() const {
    std::vector<std::string> notes{
        "a filter of the server's that runs before user scripts is not bypassed by allow entries"};
    if (!settings_.junk_is_named && !has("special-use"))
      notes.push_back(fmt::format(
          "mail of blocked senders is filed into '{}'; if the server's junk mailbox has another "
          "name, such as INBOX/Junk or Spam, give it with --junk-mailbox",
          settings_.junk_mailbox));
    if (!has("mailbox"))
      notes.push_back(
          fmt::format("the script cannot create '{}': where there is no such mailbox, mail of "
                      "blocked senders stays in the inbox",
                      settings_.junk_mailbox));
    if (not_carried_ > 0)
      notes.push_back(fmt::format(
          "{} allow entries were not carried: they count for authenticated senders only, which a "
          "script cannot tell safely",
          not_carried_));
    if (!envelope_)
      notes.emplace_back("the server has no envelope test: Return-Path is not compared");
    if (const std::size_t entries = beyond_ascii(); entries > 0)
      notes.push_back(fmt::format(
          "{} compared otherwise by the script than by senders check: an international domain is "
          "in its xn-- form there, and ? may stand for one byte",
          entries == 1
              ? "1 entry with wildcards and letters beyond ASCII is"
              : fmt::format("{} entries with wildcards and letters beyond ASCII are", entries)));
    const bool allows = !allowed_[0].empty() || !allowed_[1].empty();
    if (allows && !counts_)
      notes.emplace_back(
          "the server cannot count addresses: one allowed address among several in From is enough");
    if (allows && counts_)
      notes.emplace_back("mail with several addresses in From is not allowed by the script");
    return notes;
  }

  /// How many patterns have letters that servers may compare byte by byte, or in another form.
  [[nodiscard]] std::size_t beyond_ascii() const {
    std::size_t found = 0;
    for (const auto* lists : {&blocked_, &allowed_}) {
      for (const auto& patterns : *lists)
        found += static_cast<std::size_t>(
            std::count_if(patterns.begin(), patterns.end(), [](std::string_view pattern) {
              return is_glob(pattern) && std::any_of(pattern.begin(), pattern.end(), [](char c) {
                       return static_cast<unsigned char>(c) >= 0x80;
                     });
            }));
    }
    return found;
  }

  const policy::SenderLists& lists_;
  const ScriptSettings& settings_;
  bool envelope_ = false;
  bool counts_ = false;
  std::array<std::vector<std::string_view>, 2> blocked_;  ///< of the account, and global
  std::array<std::vector<std::string_view>, 2> allowed_;
  std::size_t not_carried_ = 0;
  std::set<std::string> used_;
};

}  // namespace

std::string quoted_string(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + '"';
}

Result<SenderScript> make_sender_script(const policy::SenderLists& lists,
                                        const ScriptSettings& settings) {
  if (settings.extensions.find("fileinto") == settings.extensions.end())
    return Error{ErrorCode::configuration, "the server's Sieve has no fileinto",
                 "without it, no script can file mail"};
  SenderScript script = ScriptWriter(lists, settings).write();
  if (settings.most_bytes > 0 && script.text.size() > settings.most_bytes)
    return Error{ErrorCode::configuration,
                 fmt::format("the script has {} bytes, and the server takes {}", script.text.size(),
                             settings.most_bytes),
                 "shorten the lists; senders check names entries that others cover"};
  return script;
}

}  // namespace mboxferry::sieve
