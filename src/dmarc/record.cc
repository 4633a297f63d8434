// SPDX-License-Identifier: Apache-2.0
// What each tag means, and what follows from all of them.
#include "mboxferry/dmarc/record.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <set>

#include "dmarc/report_address.h"
#include "dmarc/tag_list.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::size_t kLongestRecord = 64 * 1024;

std::optional<unsigned> number_in(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

bool is_word(std::string_view value, std::string_view word) {
  return equals_ignoring_case(value, word);
}

/// Reads the tags one after the other into both readings.
class RecordReader {
 public:
  explicit RecordReader(Record& record) : record_(record) {}

  void read() {
    check_characters();
    record_.tags = read_tags(record_.text, record_.remarks);
    if (!read_version()) return;
    record_.is_dmarc = true;
    check_repeated_tags();
    for (std::size_t i = 1; i < record_.tags.size(); ++i) read_tag(record_.tags[i], i);
    conclude(Standard::rfc7489, record_.by_7489);
    conclude(Standard::rfc9989, record_.by_9989);
    remark_on_the_whole();
  }

 private:
  enum class Said { by_both, by_7489, by_9989 };

  void add(Remark::Level level, const Tag* tag, std::string text, Said said = Said::by_both) {
    record_.remarks.push_back({level, tag ? tag->value_offset : 0, tag ? tag->name : "",
                               std::move(text), said != Said::by_9989, said != Said::by_7489});
  }
  void error(const Tag* tag, std::string text, Said said = Said::by_both) {
    add(Remark::Level::error, tag, std::move(text), said);
  }
  void warn(const Tag* tag, std::string text, Said said = Said::by_both) {
    add(Remark::Level::warning, tag, std::move(text), said);
  }

  void check_characters() {
    for (std::size_t i = 0; i < record_.text.size(); ++i) {
      const char c = record_.text[i];
      if (c != '\t' && (c < 0x20 || c > 0x7e)) {
        record_.remarks.push_back({Remark::Level::error, i, "",
                                   fmt::format("the byte 0x{:02x} may not be in a record",
                                               static_cast<unsigned char>(c))});
        return;
      }
    }
  }

  bool read_version() {
    const std::string& text = record_.text;
    std::string why;
    if (text.empty()) {
      why = "the record is empty";
    } else if (is_word(std::string_view(text).substr(0, 5), "v=spf")) {
      why = "this is an SPF record; it belongs to the domain itself and not to _dmarc";
    } else if (text.front() == ' ' || text.front() == '\t') {
      why = "a blank is in front of v=DMARC1, so receivers pass the record over";
    } else if (record_.tags.empty() || record_.tags.front().name != "v" ||
               record_.tags.front().offset != 0) {
      why = "the record does not begin with v=DMARC1, so receivers pass it over";
    } else if (record_.tags.front().value != "DMARC1") {
      why = is_word(record_.tags.front().value, "DMARC1")
                ? fmt::format(
                      "v={}: write DMARC1 in capital letters, or receivers pass the record "
                      "over",
                      record_.tags.front().value)
                : fmt::format("v={}: the version is not DMARC1",
                              record_.tags.front().value.substr(0, 40));
    }
    if (why.empty()) return true;
    error(nullptr, why);
    record_.by_7489.why = record_.by_9989.why = why;
    return false;
  }

  void check_repeated_tags() {
    std::set<std::string_view> seen;
    for (const Tag& tag : record_.tags) {
      is_first_.push_back(seen.insert(tag.name).second);
      if (is_first_.back()) continue;
      error(&tag, fmt::format("{} is there twice, which makes the whole record invalid", tag.name));
      repeated_ = true;
    }
  }

  void read_tag(const Tag& tag, std::size_t position) {
    if (!is_first_[position]) return;
    if (tag.name == "p") {
      policy_ = read_policy(tag, Said::by_both);
      if (position != 1)
        warn(&tag, "RFC 7489 wants p directly after v; some receivers pass over other records",
             Said::by_7489);
    } else if (tag.name == "sp") {
      subdomain_policy_ = read_policy(tag, Said::by_both);
      invalid_sp_ = !subdomain_policy_;
    } else if (tag.name == "np") {
      record_.by_9989.nonexistent_policy = read_policy(tag, Said::by_9989);
      invalid_np_ = !record_.by_9989.nonexistent_policy;
    } else if (tag.name == "adkim" || tag.name == "aspf") {
      read_alignment(tag);
    } else if (tag.name == "rua") {
      record_.rua = read_report_addresses(tag, record_.remarks);
    } else if (tag.name == "ruf") {
      record_.ruf = read_report_addresses(tag, record_.remarks);
    } else if (tag.name == "fo") {
      read_failure_options(tag);
    } else if (tag.name == "psd") {
      read_letter(tag, "ynu", record_.by_9989.public_suffix, "y, n or u");
    } else if (tag.name == "t") {
      char letter = 'n';
      read_letter(tag, "yn", letter, "y or n");
      record_.by_9989.testing = letter == 'y';
      if (letter == 'y')
        warn(&tag, "t=y: receivers apply the policy one step weaker", Said::by_9989);
    } else if (tag.name == "pct" || tag.name == "rf" || tag.name == "ri") {
      read_gone(tag);
    } else if (tag.name != "v") {
      warn(&tag, fmt::format("{}: no tag of DMARC; receivers ignore it", tag.name.substr(0, 40)));
    }
  }

  std::optional<Policy> read_policy(const Tag& tag, Said said) {
    const auto policy = policy_named(tag.value);
    if (!policy)
      error(&tag,
            fmt::format("{}={}: not a policy; use none, quarantine or reject", tag.name,
                        tag.value.substr(0, 40)),
            said);
    return policy;
  }

  void read_alignment(const Tag& tag) {
    const bool strict = is_word(tag.value, "s");
    if (!strict && !is_word(tag.value, "r")) {
      error(&tag,
            fmt::format("{}={}: use r (relaxed) or s (strict)", tag.name, tag.value.substr(0, 40)));
      return;
    }
    for (Reading* reading : {&record_.by_7489, &record_.by_9989})
      (tag.name == "adkim" ? reading->strict_dkim : reading->strict_spf) = strict;
  }

  void read_failure_options(const Tag& tag) {
    std::string seen;
    for (const Piece& raw : split({tag.value, tag.value_offset}, ':')) {
      const std::string_view option = trimmed(raw).text;
      const char letter = option.size() == 1 ? to_lower(option.front()) : '\0';
      if (letter == '\0' || std::string_view("01ds").find(letter) == std::string_view::npos) {
        error(&tag, fmt::format("fo={}: use 0, 1, d or s, with colons between them",
                                tag.value.substr(0, 40)));
        return;
      }
      seen += letter;
    }
    if (seen.find('1') != std::string::npos && seen.size() > 1)
      warn(&tag, "fo: 1 includes the others");
    if (record_.tag("ruf") == nullptr) warn(&tag, "fo means nothing without ruf");
  }

  void read_letter(const Tag& tag, std::string_view letters, char& letter, std::string_view use) {
    const char found = tag.value.size() == 1 ? to_lower(tag.value.front()) : '\0';
    if (found == '\0' || letters.find(found) == std::string_view::npos) {
      error(&tag, fmt::format("{}={}: use {}", tag.name, tag.value.substr(0, 40), use),
            Said::by_9989);
      return;
    }
    letter = found;
  }

  /// Tags that RFC 9989 has taken out: to it they are unknown.
  void read_gone(const Tag& tag) {
    warn(&tag, fmt::format("{} is gone, and receivers that follow RFC 9989 ignore it", tag.name),
         Said::by_9989);
    if (tag.name == "rf") {
      for (const Piece& raw : split({tag.value, tag.value_offset}, ':'))
        if (!is_word(trimmed(raw).text, "afrf"))
          error(&tag, fmt::format("rf={}: use afrf", tag.value.substr(0, 40)), Said::by_7489);
      return;
    }
    const auto number = number_in(tag.value);
    const bool percent = tag.name == "pct";
    if (!number || (percent && *number > 100)) {
      error(&tag,
            fmt::format("{}={}: use {}", tag.name, tag.value.substr(0, 40),
                        percent ? "a number from 0 to 100" : "a number of seconds"),
            Said::by_7489);
    } else if (percent) {
      record_.by_7489.percent = *number;
    }
  }

  /// RFC 7489 section 6.6.3 (step 6) and RFC 9989 section 4.10.1.
  void conclude(Standard standard, Reading& reading) {
    reading.subdomain_policy = subdomain_policy_;
    if (repeated_) {
      reading.why = "a tag is there twice";
      return;
    }
    const bool knows_np = standard == Standard::rfc9989;
    const char* wrong = policy_ == std::nullopt
                            ? (record_.tag("p") ? "p is invalid" : "p is absent")
                        : invalid_sp_             ? "sp is invalid"
                        : invalid_np_ && knows_np ? "np is invalid"
                                                  : nullptr;
    if (wrong == nullptr) {
      reading.applies = true;
      reading.policy = *policy_;
      return;
    }
    reading.subdomain_policy.reset();
    reading.nonexistent_policy.reset();
    reading.applies = std::any_of(record_.rua.begin(), record_.rua.end(),
                                  [](const ReportAddress& one) { return !one.address.empty(); });
    reading.policy = Policy::none;
    reading.why = reading.applies ? fmt::format("{}, so the policy is none", wrong)
                                  : fmt::format("{}, and there is no valid rua", wrong);
  }

  void remark_on_the_whole() {
    record_.is_authorization = record_.tags.size() == 1;
    if (record_.tag("p") == nullptr) {
      if (record_.is_authorization || record_.rua.empty())
        error(nullptr, "p is missing: this is no policy");
      else
        error(nullptr, "p is missing, and RFC 7489 requires it", Said::by_7489);
      if (!record_.is_authorization && !record_.rua.empty())
        warn(nullptr, "p is missing, so the policy is none", Said::by_9989);
    }
    if (record_.tag("rua") == nullptr && !record_.is_authorization)
      warn(nullptr, "there is no rua: no one sends reports, so nothing can be seen");
    std::stable_sort(record_.remarks.begin(), record_.remarks.end(),
                     [](const Remark& a, const Remark& b) { return a.offset < b.offset; });
  }

  Record& record_;
  std::optional<Policy> policy_;
  std::optional<Policy> subdomain_policy_;
  bool invalid_sp_ = false;
  bool invalid_np_ = false;
  std::vector<bool> is_first_;  ///< of its name, for each tag
  bool repeated_ = false;
};

}  // namespace

std::string_view standard_name(Standard standard) {
  return standard == Standard::rfc7489 ? "RFC 7489" : "RFC 9989";
}

std::string_view policy_name(Policy policy) {
  switch (policy) {
    case Policy::quarantine:
      return "quarantine";
    case Policy::reject:
      return "reject";
    case Policy::none:
      break;
  }
  return "none";
}

std::optional<Policy> policy_named(std::string_view name) {
  for (const Policy policy : {Policy::none, Policy::quarantine, Policy::reject})
    if (equals_ignoring_case(name, policy_name(policy))) return policy;
  return {};
}

bool Record::is_valid(Standard standard) const {
  return std::none_of(remarks.begin(), remarks.end(), [&](const Remark& remark) {
    return remark.level == Remark::Level::error && remark.said_by(standard);
  });
}

const Tag* Record::tag(std::string_view name) const {
  const auto found =
      std::find_if(tags.begin(), tags.end(), [&](const Tag& tag) { return tag.name == name; });
  return found == tags.end() ? nullptr : &*found;
}

Record parse_record(std::string_view text) {
  Record record;
  record.text = text.substr(0, kLongestRecord);
  RecordReader(record).read();
  return record;
}

}  // namespace mboxferry::dmarc
