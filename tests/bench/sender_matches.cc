// SPDX-License-Identifier: Apache-2.0
// Messages judged per second by 1,000 to 100,000 entries: the index of sender lists, a loop of
// fnmatch(3) over all patterns, and RE2::Set where it is there. All in one run, each on the same
// addresses; what they find must be the same.
#include <fmt/format.h>
#include <fnmatch.h>
#ifdef __has_include
#if __has_include(<re2/set.h>)
#include <re2/set.h>
#define SENDER_MATCHES_RE2 1
#endif
#endif

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <random>
#include <string>
#include <vector>

#include "mboxferry/policy/sender_judge.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::policy;
using Clock = std::chrono::steady_clock;

std::vector<std::string> make_patterns(std::size_t count, std::mt19937& random) {
  std::vector<std::string> patterns;
  while (patterns.size() < count) {
    const std::string n = std::to_string(random() % 10'000'000);
    switch (patterns.size() % 5) {
      case 0:
        patterns.push_back("user" + n + "@host" + n + ".example");
        break;
      case 1:
        patterns.push_back("*@domain" + n + ".example");
        break;
      case 2:
        patterns.push_back("*@*.parent" + n + ".example");
        break;
      case 3:
        patterns.push_back("toto*@other" + n + ".example");
        break;
      default:
        patterns.push_back("*@*word" + n + "*");
    }
  }
  return patterns;
}

/// A quarter of them matches something.
std::vector<std::string> make_addresses(const std::vector<std::string>& patterns, std::size_t count,
                                        std::mt19937& random) {
  std::vector<std::string> addresses;
  while (addresses.size() < count) {
    std::string address = "some.body" + std::to_string(random()) + "@mail.service.example";
    if (addresses.size() % 4 == 0) {
      address = patterns[random() % patterns.size()];
      for (std::size_t at = address.find('*'); at != address.npos; at = address.find('*'))
        address.replace(at, 1, "x");
    }
    addresses.push_back(std::move(address));
  }
  return addresses;
}

/// Asks for at least half a second; addresses per second, and how many matched of the first round.
template <typename Matches>
double per_second(const std::vector<std::string>& addresses, std::size_t& matched,
                  const Matches& matches) {
  std::size_t asked = 0;
  matched = 0;
  const auto begin = Clock::now();
  std::chrono::duration<double> took{0};
  while (took.count() < 0.5) {
    const std::string& address = addresses[asked % addresses.size()];
    const bool found = matches(address);
    if (asked < 100) matched += found ? 1U : 0U;
    ++asked;
    // A slow matcher is stopped between two addresses, and a fast one looks at the clock rarely.
    if (asked >= 100 && (asked < 1'000 || asked % 1'000 == 0)) took = Clock::now() - begin;
  }
  return static_cast<double>(asked) / took.count();
}

int measure(std::size_t count) {
  std::mt19937 random(1);
  const auto patterns = make_patterns(count, random);
  const auto addresses = make_addresses(patterns, 10'000, random);
  std::string text;
  for (const std::string& pattern : patterns) text += pattern + '\n';
  const auto begin = Clock::now();
  ListBuilder builder({});
  builder.add_text(text, {"list", ListScope::account, EntryKind::block});
  const LoadedLists loaded = builder.finish();
  const std::chrono::duration<double> load = Clock::now() - begin;
  SenderJudge judge(loaded.lists, {});
  message::SenderFields fields;
  fields.from_fields = 1;
  std::size_t by_index = 0;
  const double index = per_second(addresses, by_index, [&](const std::string& address) {
    fields.from = address;
    return judge.judge(fields, "").outcome == Verdict::Outcome::block;
  });
  std::size_t by_fnmatch = 0;
  const double loop = per_second(addresses, by_fnmatch, [&](const std::string& address) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& pattern) {
      return ::fnmatch(pattern.c_str(), address.c_str(), FNM_NOESCAPE) == 0;
    });
  });
  fmt::print("{:7} entries: loaded in {:.3f} s; index {:9.0f}/s; fnmatch {:9.0f}/s (1:{:.0f})",
             count, load.count(), index, loop, index / loop);
  bool agree = by_index == by_fnmatch;
#ifdef SENDER_MATCHES_RE2
  RE2::Options options;
  options.set_max_mem(std::int64_t{1} << 30);
  options.set_log_errors(false);
  RE2::Set set(options, RE2::ANCHOR_BOTH);
  for (const std::string& pattern : patterns) {
    std::string expression = RE2::QuoteMeta(pattern);
    for (std::size_t at = expression.find("\\*"); at != expression.npos;
         at = expression.find("\\*"))
      expression.replace(at, 2, ".*");
    set.Add(expression, nullptr);
  }
  std::vector<int> found;
  if (set.Compile()) {
    std::size_t by_re2 = 0;
    const double automaton = per_second(
        addresses, by_re2, [&](const std::string& address) { return set.Match(address, &found); });
    agree = agree && by_re2 == by_index;
    fmt::print("; RE2::Set {:9.0f}/s (1:{:.2f})", automaton, index / automaton);
  } else {
    fmt::print("; RE2::Set does not compile them in 1 GiB");
  }
#else
  fmt::print("; RE2 is not installed");
#endif
  fmt::print("{}\n", agree ? "" : "  THEY DISAGREE");
  std::fflush(stdout);
  return agree ? 0 : 1;
}

}  // namespace

int main() {
  int failed = 0;
  for (const std::size_t count : {1'000U, 10'000U, 100'000U}) failed |= measure(count);
  return failed;
}
