// SPDX-License-Identifier: Apache-2.0
// Reads, checks and normalises entries.
#include "policy/entry_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/glob.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/message/address_list.h"
#include "mboxferry/policy/domain_name.h"

namespace mboxferry::policy {
namespace {

constexpr std::size_t kLongestDomain = 255;
constexpr const char* kWildcards = "*?";
/// All addresses below the domain that follows: no local part and no label is empty.
constexpr const char* kEverybodyAt = "?*@?*";

bool is_domain_character(char c) {
  return is_letter(c) || is_digit(c) || c == '-' || c == '_' || c == '*' || c == '?' ||
         static_cast<unsigned char>(c) >= 0x80;
}

bool is_beyond_ascii(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// Blanks and marks that programs put into what is copied from them, and other forms of `@`: an
/// entry with one looks right and matches nobody.
bool is_unseen(char32_t c) {
  return c == 0xA0 || c == 0xAD || (c >= 0x2000 && c <= 0x200F) || (c >= 0x2028 && c <= 0x202F) ||
         (c >= 0x205F && c <= 0x206F) || c == 0x3000 || c == 0xFEFF || c == 0xFF20 || c == 0xFE6B;
}

/// What cannot be in any entry, also within quotes.
std::string unseen_character(std::string_view text) {
  if (!is_beyond_ascii(text)) return "";
  while (const auto c = take_code_point(text))
    if (is_unseen(*c))
      return fmt::format(
          "holds the character U+{:04X}, which looks like a blank, like @ or like "
          "nothing; write the entry anew",
          static_cast<std::uint32_t>(*c));
  return "";
}

/// What cannot be in any entry, outside of quotes.
std::string misplaced(std::string_view text) {
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      if (c != '\t') return "holds a control character";
    }
    if (quoted && c == '\\') {
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (!quoted) {
      if (c == ' ' || c == '\t' || c == ',' || c == ';')
        return "is more than one entry; write one per line";
      if (c == '<' || c == '>') return "has angle brackets; write the address alone";
    }
  }
  return quoted ? "has no closing quote" : "";
}

/// Why these labels, with wildcards, are no domain.
std::string domain_problem(std::string_view domain) {
  const bool doubled = domain.find("..") != std::string_view::npos;  // at its end as well
  if (domain.ends_with('.')) domain.remove_suffix(1);
  if (domain.empty()) return "has no domain";
  if (domain.size() > kLongestDomain) return "has a domain of more than 255 bytes";
  if (domain.starts_with('[') && domain.ends_with(']')) return "";
  if (domain.starts_with('.'))
    return fmt::format("has a domain that begins with a dot; for all subdomains write *@*{}",
                       domain);
  if (doubled) return "has a domain with two dots in a row";
  for (const char c : domain) {
    if (c != '.' && !is_domain_character(c)) return fmt::format("has a '{}' in its domain", c);
  }
  return "";
}

/// The part of a label between wildcards, mapped as IDNA does: in small letters, composed.
void append_mapped(std::string& out, std::string_view label) {
  while (!label.empty()) {
    const std::size_t end = std::min(label.find_first_of(kWildcards), label.size());
    if (end > 0) out += unicode_domain(label.substr(0, end));
    label.remove_prefix(end);
    if (!label.empty()) {
      out += label.front();
      label.remove_prefix(1);
    }
  }
}

/// Calls `take` with each label.
template <typename Take>
void for_labels(std::string_view domain, const Take& take) {
  for (;;) {
    const std::size_t end = std::min(domain.find('.'), domain.size());
    take(domain.substr(0, end));
    if (end == domain.size()) return;
    domain.remove_prefix(end + 1);
  }
}

/// `domain` with each label mapped; as it is where no label with wildcards is beyond ASCII.
std::string mapped_domain(std::string_view domain, bool& is_unicode) {
  is_unicode = false;
  for_labels(domain, [&](std::string_view label) {
    is_unicode = is_unicode || (is_glob(label) && is_beyond_ascii(label));
  });
  if (!is_unicode) return std::string(domain);
  std::string mapped;
  for_labels(domain, [&](std::string_view label) {
    if (label.data() != domain.data()) mapped += '.';
    append_mapped(mapped, label);
  });
  return mapped;
}

/// Appends a domain with wildcards in the form in which it is compared.
std::string append_domain(ParsedEntry& entry, std::string_view domain) {
  if (domain.ends_with('.')) domain.remove_suffix(1);
  bool good = true;
  if (!is_glob(domain) || !is_beyond_ascii(domain)) {
    good = append_compared_domain(entry.pattern, domain);
  } else {
    std::string mapped = mapped_domain(domain, entry.is_unicode);
    // Mapping may have left nothing but ASCII.
    if (entry.is_unicode) mapped = mapped_domain(mapped, entry.is_unicode);
    for_labels(mapped, [&](std::string_view label) {
      if (label.data() != mapped.data()) entry.pattern += '.';
      if (entry.is_unicode)
        entry.pattern += label;
      else if (!label.empty())
        good = append_compared_domain(entry.pattern, label) && good;
    });
  }
  return good ? "" : "has a domain that IDNA does not allow";
}

std::string append_local(ParsedEntry& entry, std::string_view local) {
  std::string content;
  if (local.starts_with('"')) {
    if (local.size() < 2 || !local.ends_with('"')) return "has a quote within its local part";
    local = local.substr(1, local.size() - 2);
    for (std::size_t i = 0; i < local.size(); ++i) {
      if (local[i] == '"') return "has a quote within its local part";
      if (local[i] == '\\' && i + 1 < local.size()) ++i;
      content += to_lower(local[i]);
    }
  } else {
    for (const char c : local) {
      if (c != '.' && !message::is_atom_character(c))
        return fmt::format("has a '{}' in its local part; such a local part is written in quotes",
                           c);
      content += to_lower(c);
    }
  }
  message::append_local_part(entry.pattern, content);
  return "";
}

std::string append_whole_pattern(ParsedEntry& entry, std::string_view text) {
  for (const char c : text) {
    if (c != '.' && !message::is_atom_character(c)) return fmt::format("has a '{}'", c);
  }
  while (text.ends_with('.')) text.remove_suffix(1);
  if (text.empty()) return "has no domain";
  // Beyond ASCII it may be the end of a domain.
  return append_domain(entry, text);
}

std::string append_entry(std::string_view text, ParsedEntry& entry) {
  const std::size_t at = find_domain_at(text);
  if (at == std::string_view::npos) {
    if (is_glob(text)) return append_whole_pattern(entry, text);
    if (text.find('.') == std::string_view::npos)
      return "is neither an address nor a domain; write name@domain, or use * and ?";
  } else if (find_domain_at(text.substr(0, at)) != std::string_view::npos) {
    return "has more than one @";
  }
  const std::string_view domain = at == std::string_view::npos ? text : text.substr(at + 1);
  if (std::string problem = domain_problem(domain); !problem.empty()) return problem;
  // "@x.example" is how others write a domain.
  entry.is_domain = at == std::string_view::npos || at == 0;
  if (entry.is_domain) {
    entry.pattern = "*";
  } else if (std::string problem = append_local(entry, text.substr(0, at)); !problem.empty()) {
    return problem;
  }
  entry.pattern += '@';
  return append_domain(entry, domain);
}

}  // namespace

std::size_t find_domain_at(std::string_view text) {
  std::size_t found = std::string_view::npos;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (quoted && text[i] == '\\')
      ++i;
    else if (!quoted && text[i] == '@')
      found = i;
  }
  return found;
}

std::string parse_entry(std::string_view text, ParsedEntry& entry) {
  entry.pattern.clear();  // keeps its memory for the next of 100,000
  entry.is_domain = entry.is_unicode = false;
  if (!is_utf8(text)) return "is not UTF-8";
  if (text.size() > kLongestAddress - 2) return "is longer than an address can be";
  if (text.size() > 2 && ((text.starts_with('/') && text.ends_with('/')) || text.starts_with('^')))
    return "is a regular expression; entries have * and ? only";
  if (std::string problem = unseen_character(text); !problem.empty()) return problem;
  if (std::string problem = misplaced(text); !problem.empty()) return problem;
  if (std::string problem = append_entry(text, entry); !problem.empty()) return problem;
  entry.pattern = with_plain_wildcards(entry.pattern);
  return entry.pattern.size() > kLongestAddress ? "is longer than an address can be" : "";
}

WidthJudge::WidthJudge() {
  constexpr std::array<std::string_view, 18> kSomeDomains{"com", "net", "org", "info", "de", "uk",
                                                          "ru",  "fr",  "cn",  "eu",   "ch", "at",
                                                          "it",  "nl",  "es",  "us",   "io", "xyz"};
  probes_.resize(kSomeDomains.size());
  for (std::size_t i = 0; i < probes_.size(); ++i)
    probes_[i].set_pattern(kEverybodyAt + ("." + std::string(kSomeDomains[i])));
}

bool WidthJudge::covers(std::string_view pattern, std::string_view other) {
  subject_->set_pattern(other);
  return subject_->matches(pattern);
}

EntryWidth WidthJudge::width_of(std::string_view pattern) {
  const std::size_t last = pattern.find_last_of(kWildcards);
  if (last == std::string_view::npos) return EntryWidth::normal;
  const std::string tail(pattern.substr(last + 1));
  if (tail.find('@') != std::string::npos) return EntryWidth::normal;
  if (tail.size() > 1 && tail.starts_with('.') && is_public_suffix(tail.substr(1)))
    return covers(pattern, kEverybodyAt + tail) ? EntryWidth::suffix : EntryWidth::normal;
  if (tail.find('.') != std::string::npos && !is_public_suffix(tail)) return EntryWidth::normal;
  const bool is_suffix =
      !tail.empty() && is_listed_suffix(tail) && covers(pattern, kEverybodyAt + ("." + tail));
  const bool is_wide =
      is_suffix || std::any_of(probes_.begin(), probes_.end(),
                               [&](const auto& probe) { return probe.matches(pattern); });
  return is_wide ? EntryWidth::wide : EntryWidth::normal;
}

}  // namespace mboxferry::policy
