// SPDX-License-Identifier: Apache-2.0
// Takes From_ lines apart.
#include "mboxferry/mbox/envelope.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "mbox/from_date.h"
#include "mbox/from_line.h"
#include "mbox/text.h"
#include "mboxferry/base/date_words.h"

namespace mboxferry::mbox {
namespace {

constexpr std::size_t kMaxVagueWords = 12;

std::vector<std::string_view> split_words(std::string_view text) {
  std::vector<std::string_view> words;
  words.reserve(kMaxVagueWords);  // at once: every line that could begin a message comes here
  for (auto at = text.begin(); at != text.end();) {
    const auto begin = std::find_if_not(at, text.end(), is_blank);
    at = std::find_if(begin, text.end(), is_blank);
    if (begin != at) words.emplace_back(begin, at);
  }
  return words;
}

bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && (is_blank(text.back()) || is_line_end(text.back())))
    text.remove_suffix(1);
  return text;
}

bool is_address(std::string_view word) {
  const std::size_t at = word.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == word.size()) return false;
  return std::string_view(".,:;!?)\"'").find(word.back()) == std::string_view::npos;
}

bool has_year(std::string_view word) {
  for (std::size_t i = 0; i + 4 <= word.size(); ++i) {
    const std::string_view part = word.substr(i, 4);
    const bool digits = std::all_of(part.begin(), part.end(), is_digit);
    if (digits && (part.starts_with("19") || part.starts_with("20"))) return true;
  }
  return false;
}

// 1973-03-03 to 2096-10-02.
std::optional<std::int64_t> seconds_since_1970(std::string_view word) {
  std::int64_t seconds = 0;
  const auto parsed = std::from_chars(word.data(), word.data() + word.size(), seconds);
  const bool whole = parsed.ec == std::errc() && parsed.ptr == word.data() + word.size();
  const bool likely = seconds >= 100'000'000 && seconds < 4'000'000'000;
  return whole && likely ? std::optional(seconds) : std::nullopt;
}

// Where the date begins in a line that has an address, a time and a year; 0 when it has not.
std::size_t vague_date(const std::vector<std::string_view>& words) {
  if (words.size() < 3 || words.size() > kMaxVagueWords) return 0;
  const bool plain = is_address(words[0]);
  const bool obfuscated = words.size() > 4 && words[1] == "at";
  if (!plain && !obfuscated) return 0;
  const std::size_t begin = plain ? 1 : 3;
  const auto rest = std::span(words).subspan(begin);
  const bool vague = std::any_of(rest.begin(), rest.end(), looks_like_time) &&
                     std::any_of(rest.begin(), rest.end(), has_year);
  return vague ? begin : 0;
}

// git format-patch writes the commit's name (SHA-1 or SHA-256) and always the same date, which
// tells file(1) and mail programs that it is a patch. Its other tools write "nobody".
bool has_patch_date(const Envelope& envelope) {
  constexpr std::int64_t kPatchDate = 1'000'684'800;  // Mon Sep 17 00:00:00 2001
  return envelope.date && envelope.date->unix_seconds == kPatchDate;
}

bool is_commit(std::string_view name) {
  return (name.size() == 40 || name.size() == 64) && std::all_of(name.begin(), name.end(), is_hex);
}

FromLine make(std::string_view sender, std::optional<Timestamp> date, FromForm form) {
  FromLine line;
  line.envelope.exporter_form = sender == "-" || sender == "???@???";
  if (!line.envelope.exporter_form) line.envelope.sender = sender.substr(0, kMaxSender);
  line.envelope.date = date;
  line.form = form;
  line.has_patch_date = has_patch_date(line.envelope);
  line.names_commit = line.has_patch_date && is_commit(line.envelope.sender);
  if (line.has_patch_date) line.envelope.exporter_form = true;
  return line;
}

}  // namespace

std::optional<FromLine> parse_from_line(std::string_view line) {
  if (!line.starts_with(kFrom) || line.size() > kMaxFromLine) return std::nullopt;
  const std::string_view rest = line.substr(kFrom.size());
  const std::vector<std::string_view> words = split_words(trim(rest));
  if (words.empty()) return make({}, std::nullopt, FromForm::bare);

  const std::size_t earliest = is_blank(rest.front()) ? 0 : 1;
  const std::size_t longest =
      words.size() > kMaxDateWords ? words.size() - kMaxDateWords : std::size_t{0};
  // Most such lines are prose: without a colon there is no time of the day, and so no date.
  const bool has_time = rest.find(':') != std::string_view::npos;
  for (std::size_t at = std::max(earliest, longest); has_time && at < words.size(); ++at) {
    const bool no_sender = at == 1 && is_weekday_name(words[0]) && !is_weekday_name(words[1]);
    if (no_sender) continue;
    const auto date = parse_from_date(std::span(words).subspan(at));
    if (!date) continue;
    const auto sender_bytes = static_cast<std::size_t>(words[at].data() - rest.data());
    return make(trim(rest.substr(0, sender_bytes)), date, FromForm::dated);
  }
  if (words.size() == 1) {
    if (words[0] == "-" || words[0] == "???@???") {
      return make(words[0], std::nullopt, FromForm::exporter);
    }
    if (is_address(words[0]) || words[0] == "MAILER-DAEMON") {
      return make(words[0], std::nullopt, FromForm::address);
    }
  }
  if (const std::size_t at = vague_date(words); at > 0) {
    return make(words[0], parse_from_date(std::span(words).subspan(at), ShortHour::allowed),
                FromForm::vague);
  }
  return std::nullopt;
}

std::optional<FromLine> parse_unusual_from_line(std::string_view line) {
  if (!line.starts_with(kFrom) || line.size() > kMaxFromLine || line.ends_with(':'))
    return std::nullopt;
  const std::vector<std::string_view> words = split_words(trim(line.substr(kFrom.size())));
  if (words.size() < 2 || words.size() > kMaxVagueWords) return std::nullopt;
  if (const auto seconds = words.size() == 2 ? seconds_since_1970(words[1]) : std::nullopt)
    return make(words[0], Timestamp{*seconds, 0}, FromForm::unusual);
  const auto rest = std::span(words).subspan(1);
  const bool has_day = is_weekday_name(rest.front());
  const bool names_sender = is_address(words[0]) || words[0] == "MAILER-DAEMON" || words[0] == "-";
  const bool dated = std::any_of(rest.begin(), rest.end(), has_year);
  if (!dated || (!names_sender && !has_day)) return std::nullopt;
  return make(words[0], std::nullopt, FromForm::unusual);
}

std::optional<Envelope> parse_envelope(std::string_view line) {
  auto parsed = parse_from_line(line);
  if (!parsed) return std::nullopt;
  return std::move(parsed->envelope);
}

}  // namespace mboxferry::mbox
