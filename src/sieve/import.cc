// SPDX-License-Identifier: Apache-2.0
// Looks for rules that are a list of senders.
#include "mboxferry/sieve/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/glob.h"
#include "sieve/script_parser.h"

namespace mboxferry::sieve {
namespace {

using policy::EntryKind;

bool is_among(std::string_view text, std::initializer_list<std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return equals_ignoring_case(word, text); });
}

/// A mailbox for what is not wanted: at the top, below INBOX or below `[Gmail]`.
bool is_junk(std::string_view mailbox) {
  const std::size_t level = mailbox.find_first_of("/.\\");
  if (level != std::string_view::npos &&
      (mailbox.starts_with('[') || is_among(mailbox.substr(0, level), {"inbox"})))
    mailbox.remove_prefix(level + 1);
  return is_among(mailbox, {"junk", "spam", "trash", "bulk", "junk e-mail", "junk-e-mail",
                            "deleted items", "deleted messages", "quarantine"});
}

/// Where fileinto puts mail; nothing where mail stays besides (`:copy`, RFC 3894), or an argument
/// is not known.
std::optional<std::string> mailbox_of(const Command& command) {
  std::optional<std::string> mailbox;
  for (std::size_t i = 0; i < command.arguments.size(); ++i) {
    const Argument& argument = command.arguments[i];
    if (argument.kind == Argument::Kind::strings) {
      if (mailbox || argument.strings.size() != 1) return {};
      mailbox = argument.strings.front();
    } else if (is_among(argument.tag, {":flags", ":specialuse", ":mailboxid"})) {
      ++i;  // and its value
    } else if (!is_among(argument.tag, {":create"})) {
      return {};
    }
  }
  return mailbox;
}

/// What flags say of mail: that it is junk or goes, that it is not junk, or nothing.
std::optional<EntryKind> kind_of_flags(const Command& command) {
  for (const Argument& argument : command.arguments) {
    for (const std::string& flag : argument.strings) {
      if (is_among(flag, {"$junk", "junk", "\\deleted"})) return EntryKind::block;
      if (is_among(flag, {"$notjunk", "nonjunk"})) return EntryKind::allow;
    }
  }
  return {};
}

/// What one command of a rule does to mail: nothing, or a kind.
struct Effect {
  bool is_known = false;
  std::optional<EntryKind> kind;
};

Effect effect_of(const Command& command) {
  if (command.name == "stop") return {true, {}};
  if (is_among(command.name, {"discard", "reject", "ereject"})) return {true, EntryKind::block};
  if (command.name == "keep") return {true, EntryKind::allow};
  if (command.name == "fileinto") {
    const auto mailbox = mailbox_of(command);
    if (mailbox && is_junk(*mailbox)) return {true, EntryKind::block};
    if (mailbox && is_among(*mailbox, {"inbox"})) return {true, EntryKind::allow};
  }
  if (is_among(command.name, {"addflag", "setflag"})) return {true, kind_of_flags(command)};
  return {};
}

/// Nothing when the commands do anything else, or both.
std::optional<EntryKind> kind_of_rule(const std::vector<Command>& block) {
  std::optional<EntryKind> kind;
  bool stops = false;
  for (const Command& command : block) {
    const Effect effect = effect_of(command);
    if (!effect.is_known || (kind && effect.kind && *kind != *effect.kind)) return {};
    if (effect.kind) kind = effect.kind;
    stops = stops || command.name == "stop";
  }
  // What ends the script does nothing to the mail: it is kept, and later rules are not asked.
  return kind || !stops ? kind : EntryKind::allow;
}

/// How a test compares.
struct Comparison {
  std::string match = ":is";
  std::string part = ":all";
  std::vector<std::string> fields;
  std::vector<std::string> keys;
};

/// Nothing when it is no test of From that entries can express.
std::optional<Comparison> comparison_of(const Test& test) {
  if (!is_among(test.name, {"address", "header", "envelope"}) || !test.tests.empty()) return {};
  Comparison found;
  std::vector<const Argument*> strings;
  for (std::size_t i = 0; i < test.arguments.size(); ++i) {
    const Argument& argument = test.arguments[i];
    if (argument.kind == Argument::Kind::number) return {};
    if (argument.kind == Argument::Kind::strings) {
      strings.push_back(&argument);
    } else if (is_among(argument.tag, {":is", ":contains", ":matches"})) {
      found.match = argument.tag;
    } else if (is_among(argument.tag, {":all", ":domain", ":localpart"})) {
      found.part = argument.tag;
    } else if (argument.tag == ":comparator") {
      ++i;  // and its name
    } else {
      return {};
    }
  }
  if (strings.size() != 2) return {};
  found.fields = strings[0]->strings;
  found.keys = strings[1]->strings;
  const bool of_sender =
      std::all_of(found.fields.begin(), found.fields.end(), [&](const auto& field) {
        return is_among(field, {"from"}) ||
               (test.name != "envelope" && is_among(field, {"sender", "return-path"}));
      });
  const bool asks_from = std::any_of(found.fields.begin(), found.fields.end(),
                                     [](const auto& field) { return is_among(field, {"from"}); });
  if (!of_sender || !asks_from) return {};
  // In a header there are names, too.
  if (test.name == "header" && found.match == ":matches") return {};
  return found;
}

/// `key` of :matches as a pattern; nothing with a literal wildcard.
std::optional<std::string> pattern_of(std::string_view key) {
  std::string pattern;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == '\\' && i + 1 < key.size()) {
      ++i;
      if (key[i] == '*' || key[i] == '?') return {};
    }
    pattern += key[i];
  }
  return pattern;
}

class SieveImport {
 public:
  SieveImport(std::string_view text, policy::ImportResult& result) : result_(result) {
    for (std::string_view rest = text; !rest.empty();) {
      const std::size_t end = std::min(rest.find('\n'), rest.size());
      lines_.push_back(rest.substr(0, end));
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    const ParsedScript script = parse_script(text);
    for (const Command& command : script.commands) take(command);
    if (!script.is_whole)
      refuse(script.mistake.line,
             "is no Sieve, and what follows is not read: " + script.mistake.text);
  }

 private:
  void take(const Command& command) {
    if (command.name == "require") return;
    if (!is_among(command.name, {"if", "elsif"}) || command.tests.size() != 1)
      return refuse(command.line, "is no rule about senders alone");
    const auto kind = kind_of_rule(command.block);
    if (!kind) return refuse(command.line, "does something else than to keep or to reject");
    std::vector<std::pair<std::uint64_t, Comparison>> found;
    if (!collect(command.tests.front(), found))
      return refuse(command.line, "asks for something else than the sender");
    for (const auto& [line, comparison] : found)
      for (const std::string& key : comparison.keys) take_key(line, *kind, comparison, key);
  }

  static bool collect(const Test& test, std::vector<std::pair<std::uint64_t, Comparison>>& found) {
    if (test.name == "anyof" || (test.name == "allof" && test.tests.size() == 1))
      return !test.tests.empty() &&
             std::all_of(test.tests.begin(), test.tests.end(),
                         [&](const Test& one) { return collect(one, found); });
    auto comparison = comparison_of(test);
    if (!comparison) return false;
    found.emplace_back(test.line, std::move(*comparison));
    return true;
  }

  void take_key(std::uint64_t line, EntryKind kind, const Comparison& comparison,
                const std::string& key) {
    std::string pattern = key;
    if (comparison.match == ":matches") {
      const auto plain = pattern_of(key);
      if (!plain) return result_.refuse(line, key, "has a literal wildcard");
      pattern = *plain;
    } else if (is_glob(key)) {
      return result_.refuse(line, key, "has a literal wildcard");
    }
    if (comparison.match == ":contains") {
      if (comparison.part == ":all" && key.find_first_of("@.") == std::string::npos)
        return result_.refuse(line, key, "may be a part of a name, and not of an address");
      pattern = "*" + pattern + "*";
    }
    if (comparison.part == ":domain") pattern = "*@" + pattern;
    if (comparison.part == ":localpart") pattern += "@*";
    result_.add(line, kind, pattern);
  }

  void refuse(std::uint64_t line, std::string reason) {
    std::string_view text = line > 0 && line <= lines_.size() ? lines_[line - 1] : "";
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (text.ends_with('\r')) text.remove_suffix(1);
    result_.refuse(line, text, std::move(reason));
  }

  policy::ImportResult& result_;
  std::vector<std::string_view> lines_;
};

}  // namespace

void import_script(std::string_view text, policy::ImportResult& result) {
  SieveImport(text, result);
}

}  // namespace mboxferry::sieve
