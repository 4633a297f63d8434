// SPDX-License-Identifier: Apache-2.0
// What a small file beside a message says of it (docs/decisions/0050-metadata-beside-mail.md).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::archive {

/// The marks, labels and date of one message that are not in its bytes.
struct SideNote {
  bool has_flags = false;
  std::string info;                  ///< Maildir's letters
  std::vector<std::string> labels;   ///< UTF-8, as Gmail's; an ID of Proton's where names are apart
  std::optional<std::int64_t> date;  ///< seconds since 1970
  bool date_is_exact = false;        ///< false: written without its time zone
  bool is_cut = false;               ///< labels are left out: too many, or too long
  bool is_listed = false;            ///< one of a list of messages, not a file beside its own
};

/// Labels of Proton Mail by their IDs.
using LabelNames = std::map<std::string, std::string>;

/// Of the file `ID.meta` of gmvault. Nothing when it is something else.
std::optional<SideNote> parse_gmvault_note(std::string_view text);

/// Of the file `ID.metadata.json` of Proton Mail's export tool. Labels of the user's own are IDs.
std::optional<SideNote> parse_proton_note(std::string_view text);

/// Of Proton's file `labels.json`. Nothing when it is something else.
std::optional<LabelNames> parse_proton_labels(std::string_view text);

/// The note for a message with the labels that Got Your Back stores, which are those of Gmail's
/// API.
SideNote note_of_gmail_labels(const std::vector<std::string>& labels);

/// "2024-01-15 10:00:00" as seconds since 1970, as if it were UTC.
std::optional<std::int64_t> parse_stored_date(std::string_view text);

/// Labels as one text and back.
std::string join_labels(const std::vector<std::string>& labels);
std::vector<std::string> split_joined_labels(std::string_view text);

}  // namespace mboxferry::archive
