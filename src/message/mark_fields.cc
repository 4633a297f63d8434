// SPDX-License-Identifier: Apache-2.0
// The table of marks.
#include "mboxferry/message/mark_fields.h"

#include <algorithm>
#include <array>

#include "message/ascii.h"

namespace mboxferry::message {
namespace {

struct MarkField {
  std::string_view name;
  FieldKind kind;
  bool begins_name = false;  ///< all fields whose names begin so
};
constexpr std::array<MarkField, 19> kMarkFields{{
    {"status", FieldKind::bookkeeping},
    {"x-status", FieldKind::bookkeeping},
    {"x-keywords", FieldKind::bookkeeping},
    {"x-uid", FieldKind::bookkeeping},
    {"x-imap", FieldKind::bookkeeping},
    {"x-imapbase", FieldKind::bookkeeping},
    {"x-mozilla-", FieldKind::bookkeeping, true},
    {"x-evolution", FieldKind::bookkeeping},
    {"content-length", FieldKind::bookkeeping},
    {"lines", FieldKind::bookkeeping},
    {"x-gmail-labels", FieldKind::mark},
    {"x-gm-thrid", FieldKind::mark},
    {"x-uidl", FieldKind::mark},         // POP3 clients: Thunderbird, Eudora, Evolution
    {"x-account-key", FieldKind::mark},  // Thunderbird
    {"x-label", FieldKind::mark},        // mutt
    {"x-evolution-", FieldKind::mark, true},
    {"x-kmail-", FieldKind::mark, true},
    {"x-offlineimap", FieldKind::mark},
    {"x-tuid", FieldKind::mark},  // mbsync
}};

/// Most fields are none, and every field of every message is asked about.
bool may_be_mark(char first) {
  const char letter = to_lower(first);
  return letter == 'x' || letter == 's' || letter == 'c' || letter == 'l';
}

}  // namespace

FieldKind kind_of_field(std::string_view name) {
  if (name.empty() || !may_be_mark(name.front())) return FieldKind::mail;
  const auto* const field =
      std::find_if(kMarkFields.begin(), kMarkFields.end(), [&](const MarkField& known) {
        return known.begins_name ? starts_with_ignoring_case(name, known.name)
                                 : equals_ignoring_case(name, known.name);
      });
  return field == kMarkFields.end() ? FieldKind::mail : field->kind;
}

}  // namespace mboxferry::message
