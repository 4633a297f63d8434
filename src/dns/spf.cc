// SPDX-License-Identifier: Apache-2.0
// Counts look-ups through the records that include each other.
#include "dns/spf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mboxferry/base/ascii.h"

namespace mboxferry::dns {
namespace {

constexpr std::array<std::string_view, 8> kMechanisms{"all", "include", "a",   "mx",
                                                      "ptr", "ip4",     "ip6", "exists"};

/// One word of a record: `~include:example.net` or `redirect=example.net`.
struct Term {
  std::string name;
  std::string_view value;  ///< behind the colon or equals sign
  bool modifier = false;
};

Term term_of(std::string_view word) {
  if (!word.empty() && std::string_view("+-~?").find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  const std::size_t end = std::min(word.find_first_of(":/="), word.size());
  Term term{std::string(word.substr(0, end)), {}, end < word.size() && word[end] == '='};
  std::transform(term.name.begin(), term.name.end(), term.name.begin(), to_lower);
  if (end < word.size()) term.value = word.substr(word[end] == '/' ? end : end + 1);
  return term;
}

class SpfWalk {
 public:
  explicit SpfWalk(Resolver& resolver) : resolver_(resolver) {}

  Result<void> walk(const Name& domain, const std::string& record) {
    const std::string_view text = record;
    std::string redirect;
    bool has_all = false;
    for (std::size_t at = 0; at < text.size() && !is_over();) {
      const std::size_t end = std::min(text.find(' ', at), text.size());
      const std::string_view word = text.substr(at, end - at);
      at = end + 1;
      if (word.empty() || equals_ignoring_case(word, "v=spf1")) continue;
      const Term term = term_of(word);
      if (term.modifier) {
        if (term.name == "redirect") redirect = term.value;
        continue;
      }
      if (std::find(kMechanisms.begin(), kMechanisms.end(), term.name) == kMechanisms.end()) {
        fail(domain, fmt::format("'{}' is no mechanism", word.substr(0, 60)));
        return ok();
      }
      has_all = has_all || term.name == "all";
      MBOXFERRY_TRY(count(domain, term));
    }
    // With "all" it is never reached (RFC 7208 section 6.1).
    if (redirect.empty() || has_all || is_over()) return ok();
    ++cost_.lookups;
    return follow(domain, redirect);
  }

  [[nodiscard]] SpfCost cost() const { return cost_; }

 private:
  [[nodiscard]] bool is_over() const {
    return cost_.lookups > kMostSpfLookups || !cost_.mistake.empty();
  }
  void fail(const Name& domain, const std::string& why) {
    if (cost_.mistake.empty()) cost_.mistake = fmt::format("{}: {}", domain.text(), why);
  }

  Result<void> count(const Name& domain, const Term& term) {
    const bool asks = term.name == "include" || term.name == "a" || term.name == "mx" ||
                      term.name == "ptr" || term.name == "exists";
    if (!asks) return ok();
    ++cost_.lookups;
    if (cost_.lookups > kMostSpfLookups) return ok();
    if (term.name == "include") return follow(domain, term.value);
    if (term.name == "ptr" || term.value.find('%') != std::string_view::npos) return ok();
    const std::string_view named = term.value.substr(0, term.value.find('/'));
    auto name = named.empty() ? Result<Name>(domain) : Name::parse(named);
    if (!name) {
      fail(domain, fmt::format("'{}' is no domain name", named.substr(0, 60)));
      return ok();
    }
    const RecordType type = term.name == "mx" ? RecordType::mx : RecordType::a;
    MBOXFERRY_ASSIGN(Lookup found, resolver_.look_up(*name, type));
    if (found.data.empty() && term.name == "a") {
      MBOXFERRY_ASSIGN(found, resolver_.look_up(*name, RecordType::aaaa));
    }
    if (found.data.empty()) ++cost_.void_lookups;
    return ok();
  }

  /// The record of a name that another one includes.
  Result<void> follow(const Name& domain, std::string_view named) {
    if (named.find('%') != std::string_view::npos) return ok();
    const auto name = Name::parse(named);
    if (!name) {
      fail(domain, fmt::format("'{}' is no domain name", named.substr(0, 60)));
      return ok();
    }
    MBOXFERRY_ASSIGN(const TxtAnswer answer, resolver_.txt(name->text()));
    const auto found = std::find_if(answer.texts.begin(), answer.texts.end(), is_spf);
    if (found == answer.texts.end()) {
      fail(domain, fmt::format("{} has no SPF record", name->text()));
      return ok();
    }
    return walk(*name, *found);
  }

  Resolver& resolver_;
  SpfCost cost_;
};

}  // namespace

bool is_spf(const std::string& text) {
  constexpr std::string_view kVersion = "v=spf1";
  return equals_ignoring_case(text.substr(0, kVersion.size()), kVersion) &&
         (text.size() == kVersion.size() || text[kVersion.size()] == ' ');
}

Result<SpfCost> spf_cost(Resolver& resolver, const Name& domain, const std::string& record) {
  SpfWalk walk(resolver);
  MBOXFERRY_TRY(walk.walk(domain, record));
  return walk.cost();
}

}  // namespace mboxferry::dns
