// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a list file and a message's header, split at the first NUL. The index answers what a
// loop over all entries with the matcher of folder names answers, the same list in two files says
// the same, and a name in front of the From addresses changes nothing.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/base/glob.h"
#include "mboxferry/message/metadata.h"
#include "mboxferry/policy/sender_judge.h"
#include "mboxferry/policy/sender_lists.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::policy;

void require(bool condition) {
  if (!condition) std::abort();
}

LoadedLists loaded_from(std::string_view text) {
  ListBuilder builder({true});
  builder.add_text(text, {"list", ListScope::account, EntryKind::block});
  return builder.finish();
}

message::SenderFields fields_of(std::string_view header) {
  message::SenderFields fields;
  message::HeaderScanner scanner;
  scanner.collect(&fields);
  scanner.feed(header);
  scanner.finish();
  return fields;
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

/// The first entry of this kind that matches, without any index; the size of the lists: none does.
std::uint32_t first_match(const SenderLists& lists, EntryKind kind, std::string_view address) {
  std::uint32_t i = 0;
  for (; i < lists.size(); ++i) {
    const ListEntry entry = lists.entry(i);
    if (entry.kind == kind && !entry.authenticated && glob_matches(entry.pattern, address)) break;
  }
  return i;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t middle = std::min(input.find('\0'), input.size());
  const std::string_view list = input.substr(0, middle);
  const std::string_view header = input.substr(std::min(middle + 1, input.size()));
  const LoadedLists loaded = loaded_from(list);
  const SenderLists& lists = loaded.lists;
  for (const auto* remarks : {&loaded.mistakes, &loaded.warnings})
    for (const ListRemark& remark : *remarks)
      require(!remark.text.empty() && remark.file == "list");
  // What an entry is compared as is an entry that is compared as itself.
  for (std::uint32_t i = 0; i < std::min<std::size_t>(lists.size(), 50); ++i) {
    const std::string pattern(lists.entry(i).pattern);
    // At the beginning of a line these are something else.
    if (pattern.starts_with('#') || pattern.starts_with('[') || pattern.starts_with("\xEF\xBB\xBF"))
      continue;
    const LoadedLists again = loaded_from(pattern);
    require(again.lists.size() == 1 && again.lists.entry(0).pattern == pattern);
  }
  const message::SenderFields fields = fields_of(header);
  JudgeOptions options;
  options.block_wins = true;
  SenderJudge judge(lists, options);
  const Verdict verdict = judge.judge(fields, "");
  require(verdict == judge.judge(fields, ""));
  if (!is_ascii(list) || !is_ascii(header) || header.find("xn--") != header.npos) return 0;
  std::uint32_t blocked = static_cast<std::uint32_t>(lists.size());
  for (std::size_t i = 0; i < judge.address_count() && blocked == lists.size(); ++i) {
    if (judge.address(i).size() > 512) return 0;
    blocked = first_match(lists, EntryKind::block, judge.address(i));
  }
  if (blocked < lists.size()) {
    require(verdict.outcome == Verdict::Outcome::block && verdict.entry == blocked);
  } else {
    require(verdict.outcome != Verdict::Outcome::block);
  }
  if (verdict.outcome == Verdict::Outcome::allow) {
    require(fields.from_fields == 1);
    require(first_match(lists, EntryKind::allow, judge.address(0)) == verdict.entry);
  }
  return 0;
}
