// SPDX-License-Identifier: Apache-2.0
// Walks over a message's header and keeps what the few fields of interest say.
#include <algorithm>
#include <array>
#include <cstring>

#include "mboxferry/message/metadata.h"
#include "message/ascii.h"
#include "message/labels.h"
#include "message/status_fields.h"

namespace mboxferry::message {
namespace {

constexpr std::size_t kLongestValue = 4 * 1024;
constexpr std::size_t kLongestLabels = 64 * 1024;

enum class Field : std::uint8_t {
  other,
  message_id,
  date,
  received,
  status,
  x_status,
  mozilla_status,
  mozilla_status2,
  keywords,
  evolution,
  gmail_labels,
  subject,
  from,
  imap_base,
  receipt,
  // Only looked at for SenderFields.
  sender,
  return_path,
  authentication_results,
};

struct FieldName {
  std::string_view name;
  Field field;
};
constexpr std::array<FieldName, 19> kFields{{
    {"message-id", Field::message_id},
    {"date", Field::date},
    {"received", Field::received},
    {"status", Field::status},
    {"x-status", Field::x_status},
    {"x-mozilla-status", Field::mozilla_status},
    {"x-mozilla-status2", Field::mozilla_status2},
    {"x-mozilla-keys", Field::keywords},
    {"x-keywords", Field::keywords},
    {"x-evolution", Field::evolution},
    {"x-gmail-labels", Field::gmail_labels},
    {"subject", Field::subject},
    {"from", Field::from},
    {"x-imap", Field::imap_base},
    {"x-imapbase", Field::imap_base},
    {"disposition-notification-to", Field::receipt},
    {"sender", Field::sender},
    {"return-path", Field::return_path},
    {"authentication-results", Field::authentication_results},
}};

Field field_of(std::string_view name) {
  for (const FieldName& row : kFields) {
    if (equals_ignoring_case(name, row.name)) return row.field;
  }
  return Field::other;
}

bool is_of_sender(Field field) {
  return field == Field::from || field == Field::sender || field == Field::return_path ||
         field == Field::authentication_results;
}

// Takes the whole of `value` as one more line, as long as `lines` stays within its bound.
bool add_sender_line(std::string& lines, std::string_view value) {
  if (lines.size() + value.size() > kLongestLabels) return false;
  lines.append(value);
  lines += '\n';
  return true;
}

// c-client writes this message as the first of a file; mutt and Pine know it by its subject.
constexpr std::string_view kPseudoSubject = "DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA";
constexpr std::string_view kPseudoName = "Mail System Internal Data";
constexpr std::string_view kPseudoAddress = "MAILER-DAEMON";

// What RFC 5322 section 2.2 allows in a field's name.
constexpr bool is_name_character(char c) { return c > 32 && c < 127 && c != ':'; }

// Some of the front of `bytes` that holds no line end. Looking for one character at a time is
// fast; the window keeps it so where only the other one is there.
std::string_view part_of_line(std::string_view bytes) {
  constexpr std::size_t kWindow = 256;
  const auto window = bytes.substr(0, kWindow);
  const auto line = window.substr(0, window.find('\n'));
  return line.substr(0, line.find('\r'));
}

std::string message_id_of(std::string_view value) {
  value = trim(value);
  const auto begin = value.find('<');
  const auto end = begin == std::string_view::npos ? begin : value.find('>', begin);
  if (end == std::string_view::npos) {  // without brackets: the first word
    return std::string(value.substr(0, value.find_first_of(" \t")));
  }
  if (end == begin + 1) return {};
  return std::string(value.substr(begin, end - begin + 1));
}

}  // namespace

struct HeaderScanner::State {
  enum class Place : std::uint8_t { line_start, name, value, skip };
  enum class LineEnds : std::uint8_t { unknown, line_feed, carriage_return };

  HeaderFacts facts;
  std::string name;
  std::string value;
  std::uint64_t pending_crs = 0;
  Field field = Field::other;  // whose value is being collected
  Place place = Place::line_start;
  LineEnds line_ends = LineEnds::unknown;
  bool done = false;
  bool pseudo_subject = false;
  bool pseudo_sender = false;
  bool imap_base = false;
  bool gmail = false;
  bool passed_on = false;  // a Received field was met: what follows came with the message
  StatusClaims claims;
  SenderFields* senders = nullptr;
  bool behind_semicolon = false;  // of the Received field
  std::optional<Timestamp> received_part;

  void feed(std::string_view bytes);
  void settle_crs();
  void take(char c);
  void take_value(std::string_view bytes);
  void begin_field();
  void end_line();
  void end_field();
  void end_received_part();
  void collect_sender();
  HeaderFacts end();
  [[nodiscard]] std::size_t room() const {
    const bool is_long =
        field == Field::gmail_labels || (senders != nullptr && is_of_sender(field));
    const std::size_t most = is_long ? kLongestLabels : kLongestValue;
    return most - std::min(most, value.size());
  }
};

// A run of CRs before an LF is one line end (text that was converted twice has CR CR LF); before
// anything else it is line ends only where that is how the archive's first line ended.
void HeaderScanner::State::settle_crs() {
  if (line_ends == LineEnds::unknown) line_ends = LineEnds::carriage_return;
  for (; pending_crs > 0 && !done; --pending_crs) {
    if (line_ends == LineEnds::carriage_return) {
      end_line();
    } else {
      take('\r');
      if (place == Place::skip) break;
    }
  }
  pending_crs = 0;
}

void HeaderScanner::State::feed(std::string_view bytes) {
  while (!bytes.empty() && !done) {
    const char c = bytes.front();
    if (c == '\r') {
      ++pending_crs;
      bytes.remove_prefix(1);
    } else if (c == '\n') {
      if (line_ends == LineEnds::carriage_return && pending_crs > 1) {
        --pending_crs;
        settle_crs();
        if (done) return;
      }
      if (line_ends == LineEnds::unknown) line_ends = LineEnds::line_feed;
      pending_crs = 0;
      end_line();
      bytes.remove_prefix(1);
    } else if (pending_crs > 0) {
      settle_crs();
    } else if (place == Place::skip || place == Place::value) {
      const auto run = part_of_line(bytes);
      if (place == Place::value) take_value(run);
      bytes.remove_prefix(run.size());
    } else if (place == Place::name && is_name_character(c) && !is_blank(name.back())) {
      const auto end = std::find_if_not(bytes.begin(), bytes.end(), is_name_character);
      const auto run = bytes.substr(0, static_cast<std::size_t>(end - bytes.begin()));
      name.append(run.substr(0, kLongestName - name.size()));
      bytes.remove_prefix(run.size());
    } else {
      take(c);
      bytes.remove_prefix(1);
    }
  }
}

void HeaderScanner::State::take_value(std::string_view bytes) {
  if (field != Field::received) {
    const std::size_t left = room();
    facts.labels_cut = facts.labels_cut || (field == Field::gmail_labels && bytes.size() > left);
    value.append(bytes.substr(0, left));
    return;
  }
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, bytes.find(';'));
    value.append(part.substr(0, room()));
    bytes.remove_prefix(part.size());
    if (bytes.empty()) break;
    end_received_part();
    behind_semicolon = true;
    bytes.remove_prefix(1);
  }
}

void HeaderScanner::State::take(char c) {
  switch (place) {
    case Place::line_start:
      if (c == ' ' || c == '\t') {
        place = field == Field::other ? Place::skip : Place::value;
        if (place == Place::value) take_value({&c, 1});
        return;
      }
      end_field();
      name.clear();
      place = Place::name;
      [[fallthrough]];
    case Place::name: {
      const bool blank = c == ' ' || c == '\t';
      if (c == ':') {
        begin_field();
      } else if (blank || (is_name_character(c) && !is_blank(name.empty() ? c : name.back()))) {
        // No field of interest has so long a name; whether it is a field shows at its colon.
        if (name.size() < kLongestName) name += c;
      } else {
        place = Place::skip;
      }
      return;
    }
    case Place::value:
      take_value({&c, 1});
      return;
    case Place::skip:
      return;
  }
}

void HeaderScanner::State::begin_field() {
  const std::string_view plain = trim(name);
  place = Place::skip;
  if (plain.empty()) return;
  ++facts.fields;
  value.clear();
  field = field_of(plain);
  passed_on = passed_on || field == Field::received;
  // Gmail's own stand above what the message came with; a sender may have written any others.
  if (field == Field::gmail_labels && passed_on) field = Field::other;
  if (field == Field::received && facts.received) field = Field::other;
  if (senders == nullptr && field != Field::from && is_of_sender(field)) field = Field::other;
  if (field != Field::other) place = Place::value;
}

void HeaderScanner::State::end_line() {
  if (place == Place::line_start) {
    end_field();
    facts.has_body = true;
    done = true;
  }
  place = Place::line_start;
}

// A date stands behind a semicolon. Comments may hold semicolons too, so the last part that is a
// date counts.
void HeaderScanner::State::end_received_part() {
  if (behind_semicolon) {
    if (const auto time = parse_date(value)) received_part = time;
  }
  value.clear();
}

void HeaderScanner::State::collect_sender() {
  switch (field) {
    case Field::from:
      ++senders->from_fields;
      // What was cut may end within an address, and the line that does not fit is missing.
      if (value.size() >= kLongestLabels || !add_sender_line(senders->from, value))
        senders->cut = true;
      break;
    case Field::sender:
      add_sender_line(senders->sender, value);
      break;
    case Field::return_path:
      if (senders->return_path.empty()) add_sender_line(senders->return_path, value);
      break;
    case Field::authentication_results:
      add_sender_line(senders->authentication_results, value);
      break;
    default:
      break;
  }
}

void HeaderScanner::State::end_field() {
  if (senders != nullptr) collect_sender();
  switch (field) {
    case Field::other:
      return;
    case Field::sender:
    case Field::return_path:
    case Field::authentication_results:
      break;
    case Field::message_id:
      if (facts.message_id.empty()) facts.message_id = message_id_of(value);
      break;
    case Field::date:
      if (!facts.date) facts.date = parse_date(value);
      break;
    case Field::received:
      end_received_part();
      facts.received = received_part;
      behind_semicolon = false;
      break;
    case Field::status:
      read_status(value, facts, claims);
      break;
    case Field::x_status:
      read_x_status(value, facts, claims);
      break;
    case Field::mozilla_status:
      read_mozilla_status(value, facts, claims);
      break;
    case Field::mozilla_status2:
      read_mozilla_status2(value, facts);
      break;
    case Field::keywords:
      read_keywords(value, facts);
      break;
    case Field::evolution:
      read_evolution(value, facts);
      break;
    case Field::gmail_labels:
      gmail = true;
      for (std::string& label :
           split_labels(decode_encoded_words(value), kMostKeywords - facts.labels.size() + 1)) {
        if (facts.labels.size() < kMostKeywords) {
          facts.labels.push_back(std::move(label));
        } else {
          facts.labels_cut = true;
        }
      }
      break;
    case Field::subject:
      pseudo_subject = pseudo_subject || equals_ignoring_case(trim(value), kPseudoSubject);
      break;
    case Field::from:
      pseudo_sender = pseudo_sender || value.find(kPseudoName) != std::string::npos ||
                      value.find(kPseudoAddress) != std::string::npos;
      break;
    case Field::imap_base:
      imap_base = true;
      break;
    case Field::receipt:
      facts.wants_receipt = facts.wants_receipt || !trim(value).empty();
      break;
  }
  field = Field::other;
  value.clear();
}

HeaderFacts HeaderScanner::State::end() {
  if (!done && pending_crs > 0) {
    if (line_ends == LineEnds::line_feed) {
      end_line();
    } else {
      settle_crs();
    }
  }
  if (!done) end_field();
  settle(claims, facts);
  if (gmail) apply_gmail_labels(facts);
  facts.pseudo = pseudo_subject && (pseudo_sender || imap_base);
  return std::move(facts);
}

HeaderScanner::HeaderScanner() : state_(std::make_unique<State>()) {}
HeaderScanner::~HeaderScanner() = default;
HeaderScanner::HeaderScanner(HeaderScanner&&) noexcept = default;
HeaderScanner& HeaderScanner::operator=(HeaderScanner&&) noexcept = default;

bool HeaderScanner::done() const { return state_->done; }
void HeaderScanner::feed(std::string_view bytes) { state_->feed(bytes); }

void HeaderScanner::collect(SenderFields* senders) { state_->senders = senders; }

HeaderFacts HeaderScanner::finish() {
  HeaderFacts facts = state_->end();
  SenderFields* const senders = state_->senders;
  *state_ = State{};
  state_->senders = senders;
  return facts;
}

}  // namespace mboxferry::message
