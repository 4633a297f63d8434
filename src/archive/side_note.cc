// SPDX-License-Identifier: Apache-2.0
// Reads the notes of gmvault, Proton Mail and Got Your Back.
#include "archive/side_note.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <nlohmann/json.hpp>
#include <utility>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

using nlohmann::json;

constexpr std::size_t kMostNoteLabels = 200;
constexpr std::size_t kLongestNoteLabel = 1024;
constexpr std::int64_t kLatestNoteDate = std::int64_t{1} << 40U;
// As Gmail's export calls keywords that mail programs set.
constexpr std::string_view kKeywordLabel = "IMAP_";

using Row = std::pair<std::string_view, std::string_view>;

// RFC 3501 section 2.3.2 and Maildir's letters.
constexpr std::array<Row, 5> kFlagLetters{{{"\\Seen", "S"},
                                           {"\\Answered", "R"},
                                           {"\\Flagged", "F"},
                                           {"\\Draft", "D"},
                                           {"\\Deleted", "T"}}};
// https://developers.google.com/gmail/imap/imap-extensions: labels of the system have a backslash.
constexpr std::array<Row, 3> kGmvaultLabels{
    {{"\\Draft", "Drafts"}, {"\\Junk", "Spam"}, {"gmvault-chats", "Chats"}}};
// https://developers.google.com/gmail/api/guides/labels
constexpr std::array<Row, 3> kApiLabels{
    {{"DRAFT", "Drafts"}, {"CHAT", "Chats"}, {"CATEGORY_PERSONAL", "Category: Personal"}}};
// ProtonMail/go-proton-api, label_types.go. What is not listed says no place.
constexpr std::array<Row, 7> kProtonLabels{{{"0", "Inbox"},
                                            {"3", "Trash"},
                                            {"4", "Spam"},
                                            {"6", "Archived"},
                                            {"7", "Sent"},
                                            {"8", "Drafts"},
                                            {"10", "Starred"}}};

std::string_view row_of(const auto& table, std::string_view name) {
  for (const Row& row : table) {
    if (equals_ignoring_case(row.first, name)) return row.second;
  }
  return {};
}

json parse_object(std::string_view text) {
  json parsed = json::parse(text.begin(), text.end(), nullptr, false);
  return parsed.is_object() ? std::move(parsed) : json();
}

const json& member(const json& object, const char* name) {
  static const json none;
  const auto found = object.is_object() ? object.find(name) : object.end();
  return object.is_object() && found != object.end() ? *found : none;
}

// Numbers are labels too: programs wrote them so.
std::string text_of(const json& value) {
  if (value.is_string()) return to_utf8(value.get_ref<const std::string&>());
  return value.is_number_integer() ? value.dump() : std::string();
}

/// False when some were left out.
template <typename Visitor>
bool each_text(const json& list, const Visitor& visit) {
  if (!list.is_array()) return true;
  std::size_t count = 0;
  bool all = true;
  for (const json& value : list) {
    const std::string text = text_of(value);
    if (text.empty()) continue;
    if (count == kMostNoteLabels) return false;
    all = all && text.size() <= kLongestNoteLabel;
    if (text.size() > kLongestNoteLabel) continue;
    ++count;
    visit(text);
  }
  return all;
}

bool is_true(const json& value) {
  if (value.is_boolean()) return value.get<bool>();
  return value.is_number_integer() && value.get<std::int64_t>() != 0;
}

std::optional<std::int64_t> date_of(const json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  const auto seconds = value.get<std::int64_t>();
  const bool plausible = seconds > 0 && seconds < kLatestNoteDate;
  return plausible ? std::optional(seconds) : std::nullopt;
}

void add_letter(std::string& info, char letter) {
  if (info.find(letter) == std::string::npos) info += letter;
}

std::string without_backslash(std::string_view label) {
  return std::string(label.starts_with('\\') ? label.substr(1) : label);
}

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c); });
}

}  // namespace

std::optional<SideNote> parse_gmvault_note(std::string_view text) {
  const json object = parse_object(text);
  if (!member(object, "gm_id").is_number_integer() && !member(object, "gm_id").is_string())
    return std::nullopt;
  if (!member(object, "flags").is_array() || !member(object, "labels").is_array())
    return std::nullopt;
  SideNote note;
  note.has_flags = true;
  std::vector<std::string> keywords;
  const bool all_flags = each_text(member(object, "flags"), [&](const std::string& flag) {
    const std::string_view letter = row_of(kFlagLetters, flag);
    if (!letter.empty()) {
      add_letter(note.info, letter.front());
    } else if (!flag.starts_with('\\')) {
      keywords.push_back(std::string(kKeywordLabel) + flag);
    }
  });
  const bool all_labels = each_text(member(object, "labels"), [&](const std::string& label) {
    if (equals_ignoring_case(label, "\\Starred")) return add_letter(note.info, 'F');
    const std::string_view name = row_of(kGmvaultLabels, label);
    note.labels.push_back(name.empty() ? without_backslash(label) : std::string(name));
  });
  note.labels.insert(note.labels.end(), keywords.begin(), keywords.end());
  note.is_cut = !all_flags || !all_labels;
  note.date = date_of(member(object, "internal_date"));
  return note;
}

std::optional<SideNote> parse_proton_note(std::string_view text) {
  const json object = parse_object(text);
  const json& payload = object.contains("Payload") ? member(object, "Payload") : object;
  const json& unread = member(payload, "Unread");
  if (!member(payload, "LabelIDs").is_array()) return std::nullopt;
  if (!unread.is_boolean() && !unread.is_number_integer()) return std::nullopt;
  SideNote note;
  note.has_flags = true;
  if (!is_true(unread)) note.info += 'S';
  if (is_true(member(payload, "IsReplied")) || is_true(member(payload, "IsRepliedAll")))
    note.info += 'R';
  if (is_true(member(payload, "IsForwarded"))) note.info += 'P';
  std::vector<std::string> own;
  note.is_cut = !each_text(member(payload, "LabelIDs"), [&](const std::string& id) {
    if (!is_number(id)) return own.push_back(id);
    const std::string_view name = row_of(kProtonLabels, id);
    if (name == "Starred") return add_letter(note.info, 'F');
    if (name == "Drafts") add_letter(note.info, 'D');
    if (!name.empty()) note.labels.emplace_back(name);
  });
  note.labels.insert(note.labels.end(), own.begin(), own.end());
  note.date = date_of(member(payload, "Time"));
  note.date_is_exact = true;
  return note;
}

std::optional<LabelNames> parse_proton_labels(std::string_view text) {
  const json object = parse_object(text);
  const json& payload = member(object, "Payload");
  if (!payload.is_array()) return std::nullopt;
  LabelNames names;
  for (const json& label : payload) {
    const std::string id = text_of(member(label, "ID"));
    std::string name = text_of(member(label, "Path"));
    if (member(label, "Path").is_array()) {
      each_text(member(label, "Path"),
                [&](const std::string& part) { name += (name.empty() ? "" : "/") + part; });
    }
    if (name.empty()) name = text_of(member(label, "Name"));
    const bool fits = name.size() <= kLongestNoteLabel && id.size() <= kLongestNoteLabel;
    if (!id.empty() && !name.empty() && fits) names.emplace(id, std::move(name));
  }
  return names;
}

SideNote note_of_gmail_labels(const std::vector<std::string>& labels) {
  SideNote note;
  note.has_flags = true;
  bool unread = false;
  for (const std::string& label : labels) {
    const std::string text = to_utf8(label);
    if (text.empty()) continue;
    if (text.size() > kLongestNoteLabel || note.labels.size() == kMostNoteLabels) {
      note.is_cut = true;
      continue;
    }
    constexpr std::string_view kCategory = "CATEGORY_";
    const std::string_view name = row_of(kApiLabels, text);
    if (text == "UNREAD") {
      unread = true;
    } else if (text == "STARRED") {
      add_letter(note.info, 'F');
    } else if (!name.empty()) {
      if (text == "DRAFT") add_letter(note.info, 'D');
      note.labels.emplace_back(name);
    } else if (text.starts_with(kCategory)) {
      note.labels.push_back("Category: " + text.substr(kCategory.size()));
    } else {
      note.labels.push_back(text);
    }
  }
  if (!unread) note.info += 'S';
  return note;
}

std::optional<std::int64_t> parse_stored_date(std::string_view text) {
  constexpr std::string_view kForm = "dddd-dd-dd dd:dd:dd";
  if (text.size() < kForm.size()) return std::nullopt;
  std::array<std::int64_t, 6> parts{};
  std::size_t part = 0;
  for (std::size_t at = 0; at < kForm.size(); ++at) {
    const bool digit = is_digit(text[at]);
    if (kForm[at] == 'd' ? !digit : text[at] != kForm[at] && text[at] != 'T') return std::nullopt;
    if (digit) {
      parts[part] = parts[part] * 10 + (text[at] - '0');
    } else {
      ++part;
    }
  }
  const auto [year, month, day, hour, minute, second] = parts;
  if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60)
    return std::nullopt;
  // Days of the civil calendar, in years that begin in March.
  const std::int64_t years = year - (month <= 2 ? 1 : 0);
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
  const std::int64_t days =
      years * 365 + years / 4 - years / 100 + years / 400 + day_of_year - 719468;
  return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

std::string join_labels(const std::vector<std::string>& labels) {
  std::string joined;
  for (const std::string& label : labels) {
    if (label.find('\0') == std::string::npos) joined += label + '\0';
  }
  return joined;
}

std::vector<std::string> split_joined_labels(std::string_view text) {
  std::vector<std::string> labels;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    labels.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return labels;
}

}  // namespace mboxferry::archive
