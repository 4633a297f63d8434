// SPDX-License-Identifier: Apache-2.0
// Reads list files; every mistake in one pass.
#include <algorithm>

#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/text_file.h"
#include "policy/entry_text.h"
#include "policy/list_check.h"
#include "policy/list_lines.h"
#include "policy/lists_state.h"
#include "policy/remarks.h"

namespace mboxferry::policy {
namespace {

// Ten times what is promised to be fast.
constexpr std::size_t kMostEntries = 1'000'000;
constexpr std::size_t kMostListBytes = std::size_t{64} << 20U;
constexpr std::size_t kShownText = 60;

/// The beginning of what a line holds, for a message about it.
std::string shown(std::string_view text) {
  if (text.size() <= kShownText) return "'" + std::string(text) + "'";
  std::size_t end = kShownText;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return "'" + std::string(text.substr(0, end)) + "...'";
}

}  // namespace

std::string_view kind_name(EntryKind kind) { return kind == EntryKind::block ? "block" : "allow"; }

std::string_view scope_name(ListScope scope) {
  return scope == ListScope::account ? "account" : "global";
}

SenderLists::SenderLists() : state_(std::make_unique<ListsState>()) {}
SenderLists::SenderLists(SenderLists&&) noexcept = default;
SenderLists& SenderLists::operator=(SenderLists&&) noexcept = default;
SenderLists::~SenderLists() = default;

std::size_t SenderLists::size() const { return state_->store.size(); }

ListEntry SenderLists::entry(std::uint32_t number) const {
  const EntryStore::Entry& entry = state_->store[number];
  return {state_->store.written(number), state_->store.pattern(number),
          state_->files[entry.file],     entry.line,
          kind_of(entry.group),          scope_of(entry.group),
          is_authenticated(entry.group)};
}

const std::uint32_t* SenderLists::covered_by(std::uint32_t number) const {
  const auto found = state_->covered.find(number);
  return found == state_->covered.end() ? nullptr : &found->second;
}

struct ListBuilder::Work {
  explicit Work(const ListOptions& list_options) : options(list_options) {}

  void take_line(std::uint64_t number, std::string_view line);
  void take_section(std::string_view name);
  void take_entry(std::string_view text);
  void mistake(std::string text) {
    if (mistakes.begin(file)) mistakes.put(line, std::move(text));
  }

  ListOptions options;
  LoadedLists loaded;
  WidthJudge widths;
  ParsedEntry parsed;
  Remarks mistakes{"lines that cannot be used"};
  Remarks domains{"entries that are a domain alone"};
  Remarks suffixes{"entries that match everything below a public suffix"};
  // The place of the next entry.
  std::string file;
  ListScope scope = ListScope::account;
  EntryKind kind = EntryKind::block;
  bool authenticated = false;
  bool skipping = false;  ///< within a section that is unknown
  std::uint64_t line = 0;
};

ListBuilder::ListBuilder(const ListOptions& options) : work_(std::make_unique<Work>(options)) {}
ListBuilder::ListBuilder(ListBuilder&&) noexcept = default;
ListBuilder& ListBuilder::operator=(ListBuilder&&) noexcept = default;
ListBuilder::~ListBuilder() = default;

Result<void> ListBuilder::add_file(const ListSource& source) {
  MBOXFERRY_ASSIGN(const std::string text,
                   read_text_file(source.path, "sender list", kMostListBytes));
  add_text(text, source);
  return ok();
}

void ListBuilder::add_text(std::string_view text, const ListSource& source) {
  work_->loaded.lists.state_->files.push_back(source.path);
  work_->loaded.lists.state_->store.expect(text.size());
  work_->file = source.path;
  work_->scope = source.scope;
  work_->kind = source.before_sections;
  work_->authenticated = work_->skipping = false;
  for_lines(text,
            [&](std::uint64_t number, std::string_view line) { work_->take_line(number, line); });
}

void ListBuilder::Work::take_line(std::uint64_t number, std::string_view raw) {
  line = number;
  const std::string_view text = without_blanks(without_comment(raw));
  if (text.empty()) return;
  if (text.front() == '[' && text.back() == ']')
    take_section(without_blanks(text.substr(1, text.size() - 2)));
  else if (!skipping)
    take_entry(text);
}

void ListBuilder::Work::take_section(std::string_view name) {
  skipping = false;
  authenticated = equals_ignoring_case(name, "allow authenticated");
  if (equals_ignoring_case(name, "block")) {
    kind = EntryKind::block;
  } else if (authenticated || equals_ignoring_case(name, "allow")) {
    kind = EntryKind::allow;
  } else {
    skipping = true;
    mistake(shown(name) +
            " is no section, so what follows it is not read; there are [block], [allow] and "
            "[allow authenticated]");
  }
}

void ListBuilder::Work::take_entry(std::string_view text) {
  if (std::string problem = parse_entry(text, parsed); !problem.empty())
    return mistake(shown(text) + " " + problem);
  EntryStore& store = loaded.lists.state_->store;
  if (store.size() >= kMostEntries) return mistake("there are more than 1000000 entries");
  const EntryWidth width = widths.width_of(parsed.pattern);
  if (width == EntryWidth::wide && !options.allow_wide)
    return mistake(shown(text) + " matches more than a public suffix; --allow-wide accepts it");
  if (width == EntryWidth::suffix && suffixes.begin(file))
    suffixes.put(line, shown(text) + " matches everything below a public suffix");
  if (parsed.is_domain && domains.begin(file)) {
    const std::string domain = parsed.pattern.substr(2);
    domains.put(line, fmt::format("{} means *@{}; subdomains are not included (*@*.{} has them)",
                                  shown(text), domain, domain));
  }
  EntryStore::Entry entry;
  entry.line = static_cast<std::uint32_t>(line);
  entry.file = static_cast<std::uint16_t>(loaded.lists.state_->files.size() - 1);
  entry.group = group_of(scope, kind, authenticated);
  entry.is_unicode = parsed.is_unicode;
  store.add(entry, text, parsed.pattern);
}

LoadedLists ListBuilder::finish() {
  work_->mistakes.move_to(work_->loaded.mistakes);
  work_->domains.move_to(work_->loaded.warnings);
  work_->suffixes.move_to(work_->loaded.warnings);
  check_and_index(*work_->loaded.lists.state_, work_->loaded.warnings, work_->options.find_covered);
  return std::move(work_->loaded);
}

}  // namespace mboxferry::policy
