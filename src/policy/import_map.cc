// SPDX-License-Identifier: Apache-2.0
// Files with a key on each line: rspamd's maps, plain lists, Postfix's access tables.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/import.h"
#include "policy/import_words.h"
#include "policy/list_lines.h"

namespace mboxferry::policy {
namespace {

bool is_number(std::string_view text) {
  const bool has_sign = text.starts_with('-') || text.starts_with('+');
  if (has_sign) text.remove_prefix(1);
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

/// An address of a host or network.
bool is_host_address(std::string_view key) {
  const auto is_of = [&](std::string_view others) {
    return std::all_of(key.begin(), key.end(), [&](char c) {
      return is_digit(c) || others.find(c) != std::string_view::npos;
    });
  };
  return is_of("./") || (key.find(':') != std::string_view::npos && is_of(":./abcdefABCDEF[]"));
}

bool is_expression(std::string_view key) {
  return (key.starts_with('/') && key.rfind('/') > 0) || key.starts_with("!/");
}

constexpr const char* kNoExpressions = "is a regular expression; entries have * and ? only";

/// What an action does to mail.
enum class AccessAction { none, reject, permit, other };

AccessAction action_of_word(std::string_view word) {
  constexpr std::array<std::string_view, 6> kRejecting{
      "reject", "discard", "hold", "defer", "defer_if_reject", "defer_if_permit"};
  constexpr std::array<std::string_view, 3> kPermitting{"ok", "permit", "dunno"};
  constexpr std::array<std::string_view, 9> kOthers{"filter",
                                                    "redirect",
                                                    "prepend",
                                                    "warn",
                                                    "info",
                                                    "bcc",
                                                    "restrict",
                                                    "permit_auth_destination",
                                                    "reject_unverified_sender"};
  const auto is_in = [&](const auto& words) {
    return std::any_of(words.begin(), words.end(),
                       [&](std::string_view one) { return equals_ignoring_case(one, word); });
  };
  if (is_in(kRejecting)) return AccessAction::reject;
  // After "dunno" nothing less close in the table is asked.
  if (is_in(kPermitting)) return AccessAction::permit;
  if (is_in(kOthers)) return AccessAction::other;
  const bool is_code = word.size() == 3 && is_number(word) && word.find('.') == word.npos &&
                       (word[0] == '4' || word[0] == '5');
  return is_code ? AccessAction::reject : AccessAction::none;
}

void take_access(std::uint64_t number, std::string_view line, ImportResult& result) {
  const auto words = words_of(line);
  const std::string_view key = words.front();
  if (is_expression(key) || equals_ignoring_case(key, "if") || equals_ignoring_case(key, "endif"))
    return result.refuse(number, line, kNoExpressions);
  if (words.size() < 2) return result.refuse(number, line, "has no action");
  const AccessAction action = action_of_word(words[1]);
  if (action == AccessAction::none || action == AccessAction::other)
    return result.refuse(number, line,
                         fmt::format("the action {} neither rejects nor permits", words[1]));
  const EntryKind kind = action == AccessAction::reject ? EntryKind::block : EntryKind::allow;
  if (key == "<>") return result.refuse(number, line, "is the null sender, which is no address");
  if (is_host_address(key)) return result.refuse(number, line, "is a host, not a sender");
  if (key.ends_with('@')) {
    result.add(number, kind, std::string(key) + "*");
  } else if (key.starts_with('.')) {
    result.add(number, kind, "*@*" + std::string(key));
  } else if (key.find('@') == std::string_view::npos && key.find('.') != std::string_view::npos) {
    // Postfix's tables match subdomains as well (parent_domain_matches_subdomains).
    result.add(number, kind, key);
    result.add(number, kind, "*@*." + std::string(key));
  } else {
    result.add(number, kind, key);
  }
}

/// Sections of our own lists and of others' like them.
class Sections {
 public:
  explicit Sections(EntryKind kind) : kind_(kind) {}

  /// False for a line that is no section.
  bool take(std::uint64_t number, std::string_view line, ImportResult& result) {
    if (line.size() < 3 || line.front() != '[' || line.back() != ']' || is_host_address(line))
      return false;
    const std::string_view name = without_blanks(line.substr(1, line.size() - 2));
    const auto is = [&](std::string_view word) { return equals_ignoring_case(name, word); };
    proven_ = is("allow authenticated");
    is_known_ = true;
    if (is("block") || is("blacklist") || is("blocklist") || is("blocked") || is("deny")) {
      kind_ = EntryKind::block;
    } else if (proven_ || is("allow") || is("whitelist") || is("welcomelist") || is("allowlist") ||
               is("allowed")) {
      kind_ = EntryKind::allow;
    } else {
      is_known_ = false;
      result.refuse(number, line, "is no section that blocks or allows");
    }
    return true;
  }

  [[nodiscard]] EntryKind kind() const { return kind_; }
  [[nodiscard]] bool is_proven() const { return proven_; }
  [[nodiscard]] bool is_known() const { return is_known_; }

 private:
  EntryKind kind_;
  bool proven_ = false;
  bool is_known_ = true;
};

/// Postfix takes the closest key; of entries, one that allows comes first. Names those that this
/// makes useless.
void tell_overruled(ImportResult& result) {
  std::unordered_map<std::string_view, std::uint64_t> allowed;
  for (const ImportedEntry& entry : result.entries())
    if (entry.kind == EntryKind::allow) allowed.emplace(entry.pattern, entry.line);
  if (allowed.empty()) return;
  std::vector<NotImported> told;
  for (const ImportedEntry& entry : result.entries()) {
    if (entry.kind == EntryKind::allow) continue;
    std::string_view domain = entry.pattern;
    domain.remove_prefix(std::min(domain.rfind('@') + 1, domain.size()));
    const std::string_view local =
        std::string_view(entry.pattern).substr(0, entry.pattern.size() - domain.size());
    std::vector<std::string> above{entry.pattern, std::string(local) + "*",
                                   fmt::format("*@{}", domain)};
    for (std::size_t dot = domain.find('.'); dot != std::string_view::npos;
         dot = domain.find('.', dot + 1))
      above.push_back(fmt::format("*@*{}", domain.substr(dot)));
    for (const std::string& pattern : above) {
      const auto found = allowed.find(pattern);
      if (found == allowed.end()) continue;
      told.push_back({entry.line, entry.pattern,
                      fmt::format("is imported and has no effect: '{}' of line {} allows it, and "
                                  "what allows comes first",
                                  pattern, found->second)});
      break;
    }
  }
  for (NotImported& one : told) result.refuse(one.line, one.text, std::move(one.reason));
}

}  // namespace

bool is_access_action(std::string_view word) { return action_of_word(word) != AccessAction::none; }

void import_map(std::string_view text, EntryKind kind, ImportResult& result) {
  Sections sections(kind);
  for_lines(text, [&](std::uint64_t number, std::string_view raw) {
    const std::string_view line = without_blanks(without_comment(raw));
    if (line.empty() || line.starts_with("//")) return;
    if (sections.take(number, line, result)) return;
    if (!sections.is_known())
      return result.refuse(number, line, "is in a section that neither blocks nor allows");
    if (is_expression(line)) return result.refuse(number, line, kNoExpressions);
    const auto words = words_of(line);
    const bool has_score = words.size() == 2 && is_number(words[1]);
    if (is_host_address(words.front()))
      return result.refuse(number, line, "is a host or a number, not a sender");
    if (!has_score) return result.add(number, sections.kind(), line, sections.is_proven());
    if (words[1].starts_with('-') || words[1].find_first_not_of("+0.") == std::string_view::npos)
      return result.refuse(number, line, "has a score that speaks for the sender");
    result.add(number, sections.kind(), words.front(), sections.is_proven());
    result.refuse(number, words[1], "is a score, which entries do not have");
  });
}

void import_postfix(std::string_view text, ImportResult& result) {
  // A line that begins with a blank goes on with the one before.
  std::string logical;
  std::uint64_t begin = 0;
  const auto finish = [&] {
    if (!logical.empty()) take_access(begin, logical, result);
    logical.clear();
  };
  for_lines(text, [&](std::uint64_t number, std::string_view raw) {
    const std::string_view line = without_blanks(raw);
    if (line.empty() || line.front() == '#') return;
    const bool goes_on = raw.starts_with(' ') || raw.starts_with('\t');
    if (goes_on && !logical.empty()) {
      logical += ' ' + std::string(line);
      return;
    }
    finish();
    logical = line;
    begin = number;
  });
  finish();
  tell_overruled(result);
}

}  // namespace mboxferry::policy
