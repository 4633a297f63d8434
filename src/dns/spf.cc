// SPDX-License-Identifier: Apache-2.0
// Counts look-ups through the records that include each other.
#include "dns/spf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

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
  bool bare = true;  ///< nothing follows the name
};

Term term_of(std::string_view word) {
  if (!word.empty() && std::string_view("+-~?").find(word.front()) != std::string_view::npos)
    word.remove_prefix(1);
  const std::size_t end = std::min(word.find_first_of(":/="), word.size());
  Term term{std::string(word.substr(0, end)),
            {},
            end < word.size() && word[end] == '=',
            end == word.size()};
  std::transform(term.name.begin(), term.name.end(), term.name.begin(), to_lower);
  if (end < word.size()) term.value = word.substr(word[end] == '/' ? end : end + 1);
  return term;
}

bool is_number_up_to(std::string_view text, unsigned most) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && value <= most;
}

/// An address, and perhaps the length of its prefix.
bool is_network(std::string_view text, RecordType type, unsigned bits) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos && !is_number_up_to(text.substr(slash + 1), bits))
    return false;
  return parse_data(type, text.substr(0, slash)).has_value();
}

/// `[domain][/bits][//bits6]`
bool is_domain_with_bits(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view domain = text.substr(0, slash);
  if (!domain.empty() && domain.find('%') == std::string_view::npos && !Name::parse(domain))
    return false;
  std::string_view bits = text.substr(slash);
  const std::size_t six = std::min(bits.find("//"), bits.size());
  if (six < bits.size() && !is_number_up_to(bits.substr(six + 2), 128)) return false;
  bits = bits.substr(0, six);
  return bits.empty() || is_number_up_to(bits.substr(1), 32);
}

/// Why receivers cannot use the term; empty: they can.
std::string why_wrong(const Term& term) {
  if (term.modifier) {
    if (term.name.empty() || !is_letter(term.name.front())) return "there is no such modifier";
    return term.name == "redirect" && term.value.empty() ? "it names no domain" : "";
  }
  if (std::find(kMechanisms.begin(), kMechanisms.end(), term.name) == kMechanisms.end())
    return "there is no such mechanism";
  if (term.name == "all") return term.bare ? "" : "nothing may follow it";
  if (term.value.empty() && !term.bare) return "it names no domain";
  if (term.name == "ip4")
    return is_network(term.value, RecordType::a, 32) ? "" : "that is no IPv4 address";
  if (term.name == "ip6")
    return is_network(term.value, RecordType::aaaa, 128) ? "" : "that is no IPv6 address";
  if ((term.name == "include" || term.name == "exists") && term.value.empty())
    return "it names no domain";
  return is_domain_with_bits(term.value) ? "" : "that is no domain name";
}

class SpfWalk {
 public:
  explicit SpfWalk(Resolver& resolver) : resolver_(resolver) {}

  Result<void> walk(const Name& domain, const std::string& record) {
    const std::string_view text = record;
    if (const std::string mistake = spf_mistake(record); !mistake.empty()) {
      fail(domain, mistake);
      return ok();
    }
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
    MBOXFERRY_ASSIGN(const auto texts, resolver_.txt(name->text()));
    const auto found = std::find_if(texts.begin(), texts.end(), is_spf);
    if (found == texts.end()) {
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

std::string spf_mistake(std::string_view record) {
  while (!record.empty()) {
    const std::string_view word = record.substr(0, record.find(' '));
    record.remove_prefix(std::min(word.size() + 1, record.size()));
    if (word.empty() || equals_ignoring_case(word, "v=spf1")) continue;
    if (const std::string why = why_wrong(term_of(word)); !why.empty())
      return fmt::format("'{}': {}", word.substr(0, 60), why);
  }
  return {};
}

Result<SpfCost> spf_cost(Resolver& resolver, const Name& domain, const std::string& record) {
  SpfWalk walk(resolver);
  MBOXFERRY_TRY(walk.walk(domain, record));
  return walk.cost();
}

}  // namespace mboxferry::dns
