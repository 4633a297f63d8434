// SPDX-License-Identifier: Apache-2.0
// Folder paths and labels to mailbox names.
#include "mboxferry/plan/mapping.h"

#include <strings.h>

#include <algorithm>

#include "mboxferry/base/glob.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/message/gmail_labels.h"
#include "plan/name_folding.h"
#include "plan/name_rules.h"
#include "plan/special_use.h"

namespace mboxferry::plan {
namespace {

constexpr std::string_view kInbox = "INBOX";
constexpr const char* kNoSecondInbox = "no INBOX below INBOX";

bool is_inbox(const std::string& name) { return strcasecmp(name.c_str(), "INBOX") == 0; }

// Folders below which Gmail keeps its own.
bool is_gmail_root(const std::string& name) {
  return name == "[Gmail]" || name == "[Google Mail]" || name == "[Imap]";
}

// INBOX as servers write it; a level INBOX right below INBOX is INBOX itself. Returns whether a
// level went.
bool settle_inbox(std::vector<std::string>& levels) {
  if (levels.empty() || !is_inbox(levels.front())) return false;
  levels.front() = kInbox;
  const auto first = levels.begin() + 1;
  const auto last = std::find_if_not(first, levels.end(), is_inbox);
  const bool any = first != last;
  levels.erase(first, last);
  return any;
}

std::string reason_of(SpecialUse use) {
  if (use == SpecialUse::inbox) return "the inbox by another name";
  return "special use " + std::string(attribute_of(use));
}

std::optional<SpecialUse> use_of(message::LabelMeaning meaning) {
  switch (meaning) {
    case message::LabelMeaning::inbox:
      return SpecialUse::inbox;
    case message::LabelMeaning::sent:
      return SpecialUse::sent;
    case message::LabelMeaning::drafts:
      return SpecialUse::drafts;
    case message::LabelMeaning::spam:
      return SpecialUse::junk;
    case message::LabelMeaning::trash:
      return SpecialUse::trash;
    case message::LabelMeaning::archived:
      return SpecialUse::archive;
    default:
      return std::nullopt;
  }
}

// How a rule's folder is compared.
std::string comparable_rule(const MapRule& rule) {
  std::string from = comparable_path(rule.from);
  if (from.size() > 1 && from.back() == '/') from.pop_back();
  return from;
}

}  // namespace

bool rule_matches(const MapRule& rule, std::string_view path) {
  const std::string from = comparable_rule(rule);
  const std::string whole = comparable_path(path);
  if (is_glob(rule.from)) return glob_matches(from, whole);
  return whole == from || whole.starts_with(from + "/");
}

Mapper::Mapper(MappingRules rules, ServerNames server)
    : rules_(std::move(rules)),
      server_(std::move(server)),
      special_(std::make_shared<const SpecialMailboxes>(server_)) {
  for (const KnownMailbox& known : server_.mailboxes)
    known_names_[fold_case(known.name)].push_back(known.name);
}

Result<Mapper> Mapper::create(MappingRules rules, ServerNames server) {
  Mapper mapper(std::move(rules), std::move(server));
  const char separator = mapper.server_.separator;
  if (mapper.rules_.mailbox) {
    MBOXFERRY_ASSIGN(mapper.base_, user_levels(*mapper.rules_.mailbox, separator, "the mailbox"));
  }
  if (!mapper.rules_.subfolder.empty()) {
    MBOXFERRY_ASSIGN(const Levels levels,
                     user_levels(mapper.rules_.subfolder, separator, "--subfolder"));
    mapper.base_.insert(mapper.base_.end(), levels.begin(), levels.end());
  }
  settle_inbox(mapper.base_);
  for (const MapRule& map : mapper.rules_.maps) {
    Rule rule{comparable_rule(map), is_glob(map.from), {}};
    MBOXFERRY_ASSIGN(rule.to, user_levels(map.to, separator, "--map"));
    settle_inbox(rule.to);
    mapper.maps_.push_back(std::move(rule));
  }
  return mapper;
}

std::string Mapper::joined(const Levels& levels) const {
  const char separator = server_.separator == 0 ? '_' : server_.separator;
  return join_path(levels, std::string_view(&separator, 1));
}

// The whole name of a mailbox of the user's own. A user may have written the prefix as well; an
// archive's folder never means it, unless it is INBOX.
std::string Mapper::qualified(const Levels& levels, bool user_named) const {
  std::string name = joined(levels);
  const std::string& prefix = server_.prefix;
  if (name == kInbox || prefix.empty()) return name;
  const bool in_inbox = is_inbox(levels.front());
  const bool has_prefix = strncasecmp(name.c_str(), prefix.c_str(), prefix.size()) == 0;
  if (has_prefix && (in_inbox || user_named)) return prefix + name.substr(prefix.size());
  return prefix + name;
}

// `head` and the levels of `path` behind the first `from`.
MappedName Mapper::below(std::string head, const Levels& path, std::size_t from,
                         std::string why) const {
  Reasons reasons;
  if (!why.empty()) reasons.add(std::move(why));
  Levels levels{std::move(head)};
  bool changed = false;
  for (std::size_t i = from; i < path.size(); ++i) {
    levels.push_back(sanitized(path[i], server_.separator, reasons));
    changed = changed || levels.back() != path[i];
  }
  if (settle_inbox(levels)) {
    reasons.add(kNoSecondInbox);
    changed = true;
  }
  MappedName mapped;
  mapped.name = joined(levels);
  mapped.deliberate = !changed;
  Levels own = path;
  if (is_inbox(own.front())) own.front() = kInbox;
  if (mapped.name != qualified(own, false)) {
    if (server_.separator == 0 && levels.size() > 1) reasons.add("levels joined by '_'");
    mapped.renamed_from = join_path(path, "/");
    mapped.why = reasons.text();
  }
  return mapped;
}

std::optional<MappedName> Mapper::by_rule(const Levels& path) const {
  if (maps_.empty()) return std::nullopt;
  std::vector<std::string> parents;  // of one level, of two, up to the path itself
  for (const std::string& level : path) {
    const std::string parent = parents.empty() ? level : parents.back() + "/" + level;
    parents.push_back(comparable_path(parent));
  }
  for (const Rule& rule : maps_) {
    const std::string head = qualified(rule.to, true);
    if (rule.glob && glob_matches(rule.from, parents.back()))
      return below(head, path, path.size(), "--map");
    const auto found = std::find(parents.begin(), parents.end(), rule.from);
    if (found == parents.end()) continue;
    const auto depth = static_cast<std::size_t>(found - parents.begin()) + 1;
    return below(head, path, depth, "--map");
  }
  return std::nullopt;
}

std::optional<MappedName> Mapper::by_owner(const Levels& path) const {
  if (!base_.empty() || rules_.owner.empty() || path.size() != 1) return std::nullopt;
  const std::string name = fold_case(path.front());
  const std::string owner = fold_case(rules_.owner);
  if (name != owner && name != owner.substr(0, owner.rfind('@'))) return std::nullopt;
  MappedName mapped = below(std::string(kInbox), path, 1, "named after the account");
  mapped.usual = true;
  return mapped;
}

std::optional<MappedName> Mapper::by_special_use(const Levels& path) const {
  if (!base_.empty()) return std::nullopt;
  if (is_inbox(path.front())) return below(std::string(kInbox), path, 1, "");
  if (!rules_.special_use) return std::nullopt;
  const bool in_gmail = path.size() > 1 && is_gmail_root(path.front());
  const std::size_t depth = in_gmail ? 2 : 1;
  const std::string own = qualified(in_gmail ? Levels{path[0], path[1]} : Levels{path[0]}, false);
  const auto marked = special_->use_of(own);
  const auto use = marked ? marked : special_use_named(path[depth - 1]);
  if (!use) return std::nullopt;
  const auto target = special_->find(*use, own);
  if (!target) return std::nullopt;
  return below(*target, path, depth, reason_of(*use));
}

MappedName Mapper::by_own_name(const Levels& path) const {
  Reasons reasons;
  Levels levels = base_;
  for (const std::string& level : path) {
    levels.push_back(levels.empty()
                         ? sanitized_first(level, server_.separator, server_.prefix, reasons)
                         : sanitized(level, server_.separator, reasons));
  }
  if (settle_inbox(levels)) reasons.add(kNoSecondInbox);
  if (server_.separator == 0 && levels.size() > 1) reasons.add("levels joined by '_'");
  MappedName mapped;
  mapped.name = qualified(levels, !base_.empty());
  mapped.deliberate = mapped.name == kInbox;
  if (!reasons.empty()) {
    mapped.renamed_from = join_path(path, "/");
    mapped.why = reasons.text();
  }
  return mapped;
}

MappedName Mapper::map_folder(const std::vector<std::string>& path, bool in_tree) const {
  const Levels named = path.empty() ? Levels{""} : path;
  if (auto mapped = by_rule(named)) return *std::move(mapped);
  const bool into_base = rules_.mailbox && rules_.subfolder.empty() && !in_tree;
  if (into_base) {
    MappedName mapped;
    mapped.name = qualified(base_, true);
    mapped.deliberate = true;
    return mapped;
  }
  if (!in_tree) {
    if (auto mapped = by_owner(named)) return *std::move(mapped);
  }
  if (auto mapped = by_special_use(named)) return *std::move(mapped);
  return by_own_name(named);
}

std::vector<std::string> Mapper::names_by_other_commands(
    const std::vector<std::string>& path) const {
  std::vector<std::string> names;
  if (path.empty() || by_rule(path)) return names;
  for (std::size_t from = 0; from < path.size(); ++from) {
    const Levels below_it(path.begin() + static_cast<std::ptrdiff_t>(from), path.end());
    for (const bool in_tree : {false, true}) {
      std::string name = map_folder(below_it, in_tree).name;
      if (std::find(names.begin(), names.end(), name) == names.end())
        names.push_back(std::move(name));
    }
  }
  const bool is_missing =
      has_named_place() && std::find(names.begin(), names.end(), named_place()) == names.end();
  if (is_missing) names.push_back(named_place());
  return names;
}

MappedName Mapper::map_label(std::string_view label) const {
  const std::string whole = to_utf8(label);
  Levels path = split_path(whole);
  if (auto mapped = by_rule(path)) return *std::move(mapped);
  const bool in_root = path.size() > 1 && is_gmail_root(path[0]) && !path[1].empty();
  if (!in_root) return map_label_path(path);
  const std::string root = path.front();
  path.erase(path.begin());
  const auto by_inner_rule = by_rule(path);
  MappedName mapped = by_inner_rule ? *by_inner_rule : map_label_path(path);
  mapped.renamed_from = whole;
  if (mapped.why.empty()) mapped.why = "without " + root;
  return mapped;
}

MappedName Mapper::map_label_path(const Levels& path) const {
  const auto placed = [&](std::string_view level, std::string why) {
    Levels levels = base_;
    levels.emplace_back(level);
    return below(qualified(levels, !base_.empty()), path, path.size(), std::move(why));
  };
  const auto meaning = message::label_meaning(join_path(path, "/"));
  if (meaning == message::LabelMeaning::chat) return placed("Chats", "chats of Gmail");
  const auto use = use_of(meaning);
  if (use && base_.empty() && (rules_.special_use || use == SpecialUse::inbox)) {
    const std::string own = qualified({path.front()}, false);
    if (const auto target = special_->find(*use, own))
      return below(*target, path, path.size(), reason_of(*use));
  }
  if (use == SpecialUse::archive) return placed("Archive", "archived in Gmail");
  if (auto mapped = use ? std::nullopt : by_special_use(path)) return *std::move(mapped);
  return by_own_name(path);
}

MappedName Mapper::map_junk() const {
  const Levels path{"Junk"};
  MappedName mapped;
  if (auto by_map = by_rule(path)) {
    mapped = *std::move(by_map);
  } else {
    const std::string own = qualified(path, false);
    mapped.name = special_->find(SpecialUse::junk, own).value_or(own);
  }
  // It is no folder of the archive, so it has no other name there.
  mapped.renamed_from.clear();
  mapped.why.clear();
  mapped.deliberate = true;
  return mapped;
}

MappedName Mapper::map_inbox() const {
  MappedName mapped;
  mapped.name = kInbox;
  mapped.deliberate = true;
  return mapped;
}

bool Mapper::keeps_own_mail(const std::string& mailbox) const {
  const auto use = special_->use_of(mailbox);
  return use == SpecialUse::sent || use == SpecialUse::drafts || use == SpecialUse::trash;
}

bool Mapper::is_on_server(const std::string& mailbox) const {
  const auto found = known_names_.find(fold_case(mailbox));
  return found != known_names_.end() &&
         std::find(found->second.begin(), found->second.end(), mailbox) != found->second.end();
}

std::optional<std::string> Mapper::case_notice(const MappedName& mapped) const {
  const auto found = known_names_.find(fold_case(mapped.name));
  if (found == known_names_.end() || mapped.name == kInbox) return std::nullopt;
  const std::vector<std::string>& names = found->second;
  if (std::find(names.begin(), names.end(), mapped.name) != names.end()) return std::nullopt;
  return "mailbox '" + mapped.name + "' is not '" + names.front() +
         "', which the server has; --map can put the folder there";
}

}  // namespace mboxferry::plan
