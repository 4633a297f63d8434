// SPDX-License-Identifier: Apache-2.0
// Replaces what servers refuse in names of mailboxes.
#include "mboxferry/plan/other_spellings.h"

#include <fmt/format.h>

#include "mboxferry/base/utf8.h"
#include "plan/name_folding.h"

namespace mboxferry::plan {
namespace {

enum class Strictness { planes, punctuation, both, ascii };

bool is_replaced(char32_t c, Strictness how) {
  constexpr std::u32string_view kPunctuation = U"\"\\&~#:;<>|?!'`$@^{}[]=+,";
  if (how == Strictness::planes) return c > 0xFFFFU;
  if (kPunctuation.find(c) != std::u32string_view::npos) return true;
  if (how == Strictness::punctuation) return false;
  return c == U'.' || c > (how == Strictness::ascii ? 0x7FU : 0xFFFFU);
}

OtherSpelling respelled(std::string_view name, char separator, std::string_view prefix,
                        Strictness how) {
  OtherSpelling other;
  if (name.starts_with(prefix)) {
    other.name = prefix;
    name.remove_prefix(prefix.size());
  }
  std::string replaced;
  while (const auto code_point = take_code_point(name)) {
    const char32_t c = *code_point;
    const bool between = separator != 0 && c == static_cast<unsigned char>(separator);
    const bool refused = !between && is_replaced(c, how);
    append_utf8(other.name, refused ? U'_' : c);
    std::string shown;
    append_utf8(shown, c);
    if (refused && replaced.find(shown) == std::string::npos) replaced += shown;
  }
  other.why = fmt::format("'{}' replaced by '_': the server refuses the name", replaced);
  return other;
}

}  // namespace

std::vector<OtherSpelling> other_spellings(const std::string& name, char separator,
                                           std::string_view prefix) {
  std::vector<OtherSpelling> others;
  for (const Strictness how :
       {Strictness::planes, Strictness::punctuation, Strictness::both, Strictness::ascii}) {
    OtherSpelling other = respelled(name, separator, prefix, how);
    if (other.name != (others.empty() ? name : others.back().name))
      others.push_back(std::move(other));
  }
  return others;
}

std::string folded_name(std::string_view text) { return fold_case(text); }

}  // namespace mboxferry::plan
