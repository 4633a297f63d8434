// SPDX-License-Identifier: Apache-2.0
// Finds what each address meets in each list, and then decides.
#include "mboxferry/policy/sender_judge.h"

#include <algorithm>
#include <array>
#include <vector>

#include "mboxferry/base/ascii.h"
#include "mboxferry/message/address_list.h"
#include "mboxferry/policy/domain_name.h"
#include "policy/authentication.h"
#include "policy/entry_text.h"
#include "policy/lists_state.h"

namespace mboxferry::policy {
namespace {

/// The entries of each group that an address meets.
using Found = std::array<std::uint32_t, kGroups>;

/// Calls `take` with each line of `lines`.
template <typename Take>
void for_values(std::string_view lines, const Take& take) {
  while (!lines.empty()) {
    const std::size_t end = std::min(lines.find('\n'), lines.size());
    take(lines.substr(0, end));
    lines.remove_prefix(std::min(end + 1, lines.size()));
  }
}

std::size_t place_of(EntryGroup group) { return static_cast<std::size_t>(group); }

}  // namespace

std::string_view outcome_name(Verdict::Outcome outcome) {
  switch (outcome) {
    case Verdict::Outcome::none:
      break;
    case Verdict::Outcome::block:
      return "block";
    case Verdict::Outcome::allow:
      return "allow";
  }
  return "none";
}

struct SenderJudge::State {
  State(const ListsState& all, JudgeOptions judge_options)
      : lists(all), options(std::move(judge_options)), has_unicode(all.has_unicode()) {}

  const ListsState& lists;
  JudgeOptions options;
  bool has_unicode;

  message::AddressList parsed;
  std::string texts;              // the addresses as they are compared, one behind the other
  std::vector<std::size_t> ends;  // of each
  std::size_t from_count = 0;     // the first so many are of From
  bool from_is_clear = false;     // one From field that is an address list
  std::string authenticated;      // a domain
  std::vector<Found> found;       // of each address
  GlobSubject subject;
  bool lacked = false;

  [[nodiscard]] std::string_view address(std::size_t index) const {
    const std::size_t begin = index == 0 ? 0 : ends[index - 1];
    return std::string_view(texts).substr(begin, ends[index] - begin);
  }
  void collect(const message::SenderFields& fields, std::string_view from_line, Verdict& verdict);
  void add_parsed();
  void look_up();
  [[nodiscard]] std::string_view domain(std::size_t index) const;
  [[nodiscard]] std::uint32_t allowing(std::size_t index, ListScope scope);
  bool blocks(ListScope scope, Verdict& verdict) const;
  bool allows(ListScope scope, Verdict& verdict);
};

SenderJudge::SenderJudge(const SenderLists& lists, JudgeOptions options)
    : state_(std::make_unique<State>(*lists.state_, std::move(options))) {}
SenderJudge::SenderJudge(SenderJudge&&) noexcept = default;
SenderJudge& SenderJudge::operator=(SenderJudge&&) noexcept = default;
SenderJudge::~SenderJudge() = default;

/// Adds what was parsed, unless it is there already.
void SenderJudge::State::add_parsed() {
  for (std::size_t i = 0; i < parsed.size(); ++i) {
    const std::string_view written = parsed[i];
    const std::size_t begin = texts.size();
    const std::size_t at = std::min(find_domain_at(written), written.size());
    for (const char c : written.substr(0, at)) texts += to_lower(c);
    if (at < written.size()) {
      texts += '@';
      append_compared_domain(texts, written.substr(at + 1));
    }
    const std::string_view added = std::string_view(texts).substr(begin);
    bool is_new = true;
    for (std::size_t other = 0; other < ends.size() && is_new && other < 8; ++other)
      is_new = address(other) != added;
    if (is_new)
      ends.push_back(texts.size());
    else
      texts.resize(begin);
  }
}

void SenderJudge::State::collect(const message::SenderFields& fields, std::string_view from_line,
                                 Verdict& verdict) {
  texts.clear();
  ends.clear();
  parsed.clear();
  const auto parse = [&](std::string_view value) { parsed.add(value); };
  for_values(fields.from, parse);
  from_is_clear = fields.from_fields == 1 && !fields.cut && !parsed.malformed();
  add_parsed();
  from_count = ends.size();
  parsed.clear();
  for_values(fields.return_path, parse);
  if (options.sender_field) for_values(fields.sender, parse);
  add_parsed();
  if (!ends.empty()) return;
  parsed.clear();
  parse(from_line);
  add_parsed();
  verdict.by_from_line = !ends.empty();
}

void SenderJudge::State::look_up() {
  found.resize(ends.size());
  for (std::size_t i = 0; i < ends.size(); ++i) {
    subject.set_address(address(i));
    for (std::size_t group = 0; group < kGroups; ++group)
      found[i][group] = lists.groups[group].plain.find_first(lists.store, subject);
    if (!has_unicode) continue;
    const std::string_view compared = address(i);
    const std::size_t at = std::min(find_domain_at(compared), compared.size());
    std::string text(compared.substr(0, at));
    if (at < compared.size()) text += '@' + unicode_domain(compared.substr(at + 1));
    subject.set_address(text);
    for (std::size_t group = 0; group < kGroups; ++group)
      found[i][group] =
          std::min(found[i][group], lists.groups[group].unicode.find_first(lists.store, subject));
  }
}

std::string_view SenderJudge::State::domain(std::size_t index) const {
  const std::string_view text = address(index);
  const std::size_t at = find_domain_at(text);
  return at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
}

/// The entry that allows one From address.
std::uint32_t SenderJudge::State::allowing(std::size_t index, ListScope scope) {
  const std::uint32_t plain = found[index][place_of(group_of(scope, EntryKind::allow, false))];
  const std::uint32_t proven = found[index][place_of(group_of(scope, EntryKind::allow, true))];
  if (!authenticated.empty() && domain(index) == authenticated) return std::min(plain, proven);
  const bool counts = options.authserv_id.empty();
  if (proven != kNoEntry || (plain != kNoEntry && !counts)) lacked = true;
  return counts ? plain : kNoEntry;
}

bool SenderJudge::State::allows(ListScope scope, Verdict& verdict) {
  if (!from_is_clear || from_count == 0) return false;
  std::uint32_t first = kNoEntry;
  for (std::size_t i = 0; i < from_count; ++i) {
    const std::uint32_t entry = allowing(i, scope);
    if (entry == kNoEntry) return false;
    if (i == 0) first = entry;
  }
  verdict.outcome = Verdict::Outcome::allow;
  verdict.entry = first;
  verdict.address = 0;
  return true;
}

bool SenderJudge::State::blocks(ListScope scope, Verdict& verdict) const {
  const std::size_t group = place_of(group_of(scope, EntryKind::block, false));
  const auto blocked = std::find_if(found.begin(), found.end(),
                                    [&](const Found& each) { return each[group] != kNoEntry; });
  if (blocked == found.end()) return false;
  verdict.outcome = Verdict::Outcome::block;
  verdict.entry = (*blocked)[group];
  verdict.address = static_cast<std::uint32_t>(blocked - found.begin());
  return true;
}

Verdict SenderJudge::judge(const message::SenderFields& fields, std::string_view from_line) {
  State& state = *state_;
  Verdict verdict;
  state.lacked = false;
  state.collect(fields, from_line, verdict);
  state.look_up();
  state.authenticated.clear();
  if (!state.options.authserv_id.empty() && !fields.authentication_results.empty())
    state.authenticated =
        authenticated_domain(fields.authentication_results, state.options.authserv_id);
  constexpr auto kAccount = ListScope::account;
  constexpr auto kGlobal = ListScope::global;
  if (state.options.block_wins) {
    static_cast<void>(state.blocks(kAccount, verdict) || state.blocks(kGlobal, verdict) ||
                      state.allows(kAccount, verdict) || state.allows(kGlobal, verdict));
  } else {
    static_cast<void>(state.allows(kAccount, verdict) || state.blocks(kAccount, verdict) ||
                      state.allows(kGlobal, verdict) || state.blocks(kGlobal, verdict));
  }
  return verdict;
}

std::size_t SenderJudge::address_count() const { return state_->ends.size(); }
std::string_view SenderJudge::address(std::size_t index) const { return state_->address(index); }
bool SenderJudge::lacked_authentication() const { return state_->lacked; }

}  // namespace mboxferry::policy
