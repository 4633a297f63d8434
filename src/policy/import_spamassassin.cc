// SPDX-License-Identifier: Apache-2.0
// Mail::SpamAssassin::Conf: one directive per line, `#` begins a comment unless `\` is before it.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/import.h"
#include "policy/import_words.h"
#include "policy/list_lines.h"

namespace mboxferry::policy {
namespace {

/// The version whose branches are taken.
constexpr double kReadAsVersion = 4.000;

/// What a list directive means.
struct ListDirective {
  EntryKind kind = EntryKind::block;
  bool removes = false;
  bool authenticated = false;
  bool has_other_domain = false;  ///< a second word is a relay or a signing domain
  std::string_view list = "from";
};

/// Lists of senders that are proven. Nothing is taken back from those that come with SpamAssassin.
constexpr std::array<std::string_view, 4> kProvenLists{"auth", "from_dkim", "from_spf",
                                                       "from_rcvd"};
constexpr std::string_view kDefaultList = "def";

constexpr bool take_front(std::string_view& text, std::string_view prefix) {
  if (!text.starts_with(prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

std::string small(std::string_view text) {
  std::string letters;
  for (const char c : text) letters += to_lower(c);
  return letters;
}

/// Nothing for a directive that lists no senders.
std::optional<ListDirective> directive_of(std::string_view word) {
  const std::string name = small(word);
  std::string_view rest = name;
  ListDirective directive;
  const bool is_default = take_front(rest, "def_");
  directive.removes = !is_default && take_front(rest, "un");
  if (take_front(rest, "whitelist_") || take_front(rest, "welcomelist_"))
    directive.kind = EntryKind::allow;
  else if (!take_front(rest, "blacklist_") && !take_front(rest, "blocklist_"))
    return {};
  if (rest == "from" && !is_default) return directive;
  directive.authenticated = true;
  directive.has_other_domain = rest == "from_dkim" || rest == "from_rcvd";
  if (directive.kind == EntryKind::block) return {};
  for (const std::string_view list : kProvenLists) {
    if (rest != list) continue;
    directive.list = is_default ? kDefaultList : list;
    return directive;
  }
  return {};
}

/// `cond` of `if (cond)`: versions are compared, and every plugin and feature is there. Nothing
/// when it is none of that.
class Condition {
 public:
  explicit Condition(std::string_view text) : rest_(text) {}

  std::optional<bool> value() {
    const std::optional<bool> result = any();
    skip();
    return rest_.empty() ? result : std::nullopt;
  }

 private:
  void skip() { rest_ = without_blanks(rest_); }
  bool take(std::string_view token) {
    skip();
    return take_front(rest_, token);
  }

  std::optional<bool> any() {
    std::optional<bool> left = all();
    while (left && (take("||") || take("or "))) {
      const std::optional<bool> right = all();
      left = right ? std::optional(*left || *right) : std::nullopt;
    }
    return left;
  }
  std::optional<bool> all() {
    std::optional<bool> left = one();
    while (left && (take("&&") || take("and "))) {
      const std::optional<bool> right = one();
      left = right ? std::optional(*left && *right) : std::nullopt;
    }
    return left;
  }
  std::optional<bool> one() {
    constexpr int kDeepest = 50;
    if (depth_ >= kDeepest) return {};
    ++depth_;
    const std::optional<bool> result = nested();
    --depth_;
    return result;
  }
  std::optional<bool> nested() {
    if (take("!")) {
      const std::optional<bool> inner = one();
      return inner ? std::optional(!*inner) : std::nullopt;
    }
    if (take("(")) {
      const std::optional<bool> inner = any();
      return inner && take(")") ? inner : std::nullopt;
    }
    if (take("version")) return comparison();
    for (const std::string_view function : {"can", "has", "plugin"}) {
      if (!take(function)) continue;
      if (!take("(")) return {};
      const std::size_t end = rest_.find(')');
      if (end == std::string_view::npos) return {};
      rest_.remove_prefix(end + 1);
      return true;
    }
    return {};
  }
  std::optional<bool> comparison() {
    for (const std::string_view operation : {">=", "<=", "==", "!=", ">", "<"}) {
      if (!take(operation)) continue;
      skip();
      double number = 0;
      const auto [end, failed] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
      if (failed != std::errc()) return {};
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      const bool equal = number == kReadAsVersion;
      const bool less = kReadAsVersion < number;
      switch (operation.front()) {
        case '>':
          return operation.size() == 2 ? !less : !less && !equal;
        case '<':
          return operation.size() == 2 ? less || equal : less;
        case '=':
          return equal;
        default:
          return !equal;
      }
    }
    return {};
  }

  std::string_view rest_;
  int depth_ = 0;
};

class SpamAssassinImport {
 public:
  SpamAssassinImport(const std::string& path, const std::vector<ImportResult*>& earlier,
                     ImportResult& result)
      : path_(path), earlier_(earlier), result_(result) {}

  void take(std::uint64_t number, std::string_view raw) {
    line_ = without_blanks(without_sa_comment(raw));
    number_ = number;
    if (line_.empty()) return;
    const auto words = words_of(line_);
    if (take_branch(words)) return;
    if (const auto closed = std::find_if(branches_.begin(), branches_.end(),
                                         [](const Branch& one) { return !one.taken; });
        closed != branches_.end()) {
      result_.refuse(number_, line_,
                     fmt::format("is in a branch for another version of SpamAssassin (line {})",
                                 closed->line));
      return;
    }
    if (const auto directive = directive_of(words.front()))
      take_directive(*directive, words);
    else
      result_.refuse(number_, line_, reason_for(words.front()));
  }

 private:
  struct Branch {
    std::uint64_t line;
    bool taken;
    bool is_unknown;
  };

  static std::string_view without_sa_comment(std::string_view line) {
    for (std::size_t i = 0; i < line.size(); ++i)
      if (line[i] == '#' && (i == 0 || line[i - 1] != '\\')) return line.substr(0, i);
    return line;
  }

  bool take_branch(const std::vector<std::string_view>& words) {
    const std::string word = small(words.front().substr(0, words.front().find('(')));
    if (word == "if" || word == "ifplugin") {
      const auto value =
          word == "ifplugin" ? std::optional(true) : Condition(line_.substr(2)).value();
      branches_.push_back({number_, value.value_or(true), !value});
      if (!value) result_.refuse(number_, line_, "is not understood; its lines are read");
    } else if (word == "else" && !branches_.empty()) {
      // Of a condition that is not understood, both branches are read.
      branches_.back().taken = branches_.back().is_unknown || !branches_.back().taken;
    } else if (word == "endif" && !branches_.empty()) {
      branches_.pop_back();
    } else if (word == "else" || word == "endif") {
      result_.refuse(number_, line_, "has no if");
    } else {
      return false;
    }
    return true;
  }

  void take_directive(const ListDirective& directive, const std::vector<std::string_view>& words) {
    if (words.size() < 2) return result_.refuse(number_, line_, "names nobody");
    // Removing by DKIM or relay may name the second word, too; it makes no difference here.
    const std::size_t end = directive.has_other_domain ? 2 : words.size();
    for (std::size_t i = 1; i < end; ++i) {
      if (!directive.removes) {
        result_.add(number_, directive.kind, words[i], directive.authenticated, directive.list);
      } else {
        const bool found = take_back(directive, words[i]);
        result_.refuse(number_, line_,
                       found ? fmt::format("removes '{}'", words[i])
                             : fmt::format("removes '{}', which is not there", words[i]));
      }
    }
    if (directive.has_other_domain && words.size() > 3)
      result_.refuse(number_, line_, "has more words than an address and a domain");
  }

  bool take_back(const ListDirective& directive, std::string_view sender) {
    const auto is_in = [&](ImportResult& lists, const std::string& by) {
      return lists.remove(by, directive.kind, sender, directive.authenticated, directive.list);
    };
    bool found = is_in(result_, fmt::format("line {}", number_));
    for (ImportResult* const lists : earlier_)
      found = is_in(*lists, fmt::format("{} line {}", path_, number_)) || found;
    return found;
  }

  static std::string reason_for(std::string_view word) {
    const std::string name = small(word);
    const auto has = [&](std::string_view part) { return name.find(part) != std::string::npos; };
    if (!is_list_directive(word)) return "lists no senders";
    if (has("_uri_host") || has("uri")) return "lists hosts of links, not senders";
    if (has("_to")) return "lists recipients, not senders";
    if (has("_allows_relays")) return "lets a relay differ, and allows nobody";
    return "lists senders in a way that entries cannot express";
  }

  const std::string& path_;
  const std::vector<ImportResult*>& earlier_;
  ImportResult& result_;
  std::vector<Branch> branches_;
  std::string_view line_;
  std::uint64_t number_ = 0;
};

}  // namespace

bool is_list_directive(std::string_view word) {
  const std::string name = small(word);
  std::string_view rest = name;
  if (!take_front(rest, "def_")) take_front(rest, "un");
  for (const std::string_view list : {"whitelist_", "welcomelist_", "blacklist_", "blocklist_",
                                      "enlist_", "more_spam_to", "all_spam_to"})
    if (rest.starts_with(list)) return true;
  return false;
}

void import_spamassassin(std::string_view text, const std::string& path,
                         const std::vector<ImportResult*>& earlier, ImportResult& result) {
  SpamAssassinImport import(path, earlier, result);
  for_lines(text, [&](std::uint64_t number, std::string_view line) { import.take(number, line); });
  result.settle();
  for (ImportResult* const lists : earlier) lists->settle();
}

}  // namespace mboxferry::policy
