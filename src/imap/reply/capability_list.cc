// SPDX-License-Identifier: Apache-2.0
// What a CAPABILITY list says, and the way to append that follows from it.
#include "imap/reply/capability_list.h"

#include <algorithm>
#include <array>

#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

constexpr std::array<std::pair<std::string_view, AppendMode>, 5> kModes{
    {{"automatic", AppendMode::automatic},
     {"multiappend", AppendMode::multiappend},
     {"literal-plus", AppendMode::literal_plus},
     {"literal-minus", AppendMode::literal_minus},
     {"synchronizing", AppendMode::synchronizing}}};

}  // namespace

CapabilityList parse_capabilities(std::string_view words) {
  CapabilityList list;
  Capabilities& shared = list.shared;
  const std::array<std::pair<std::string_view, bool*>, 18> switches{{
      {"LITERAL+", &shared.literal_plus},
      {"LITERAL-", &shared.literal_minus},
      {"MULTIAPPEND", &shared.multiappend},
      {"UIDPLUS", &shared.uidplus},
      {"NAMESPACE", &shared.name_space},
      {"SPECIAL-USE", &shared.special_use},
      {"UNSELECT", &shared.unselect},
      {"QUOTA", &shared.quota},
      {"QUOTA=RES-STORAGE", &shared.quota},
      {"COMPRESS=DEFLATE", &shared.compress},
      {"STARTTLS", &list.starttls},
      {"SASL-IR", &list.sasl_ir},
      {"LOGINDISABLED", &list.login_disabled},
      {"LIST-EXTENDED", &list.list_extended},
      {"ENABLE", &list.enable},
      {"ID", &list.id},
      {"UTF8=ACCEPT", &list.utf8},
      {"UTF8=ONLY", &list.utf8},
  }};
  constexpr std::string_view kMechanism = "AUTH=";
  constexpr std::string_view kAppendLimit = "APPENDLIMIT=";
  constexpr std::array<std::string_view, 2> kMessageLimits{"MESSAGELIMIT=", "SAVELIMIT="};
  while (!words.empty()) {
    const std::string_view word = take_word(words);
    for (const auto& [name, target] : switches) {
      if (same_word(word, name)) *target = true;
    }
    if (starts_with_word(word, kMechanism)) list.mechanisms.add(word.substr(kMechanism.size()));
    if (starts_with_word(word, kAppendLimit)) {
      shared.append_limit = parse_number(word.substr(kAppendLimit.size()));
    }
    for (const std::string_view name : kMessageLimits) {
      if (!starts_with_word(word, name)) continue;
      const std::uint64_t limit = parse_number(word.substr(name.size())).value_or(0);
      if (limit > 0) shared.message_limit = std::min(limit, shared.message_limit.value_or(limit));
    }
  }
  return list;
}

std::optional<AppendMode> append_mode_from_name(std::string_view name) {
  for (const auto& [known, mode] : kModes) {
    if (known == name) return mode;
  }
  return std::nullopt;
}

std::string_view append_mode_name(AppendMode mode) {
  for (const auto& [name, known] : kModes) {
    if (known == mode) return name;
  }
  return "automatic";
}

AppendMode choose_append_mode(const Capabilities& capabilities, AppendMode wanted) {
  const bool plus = capabilities.literal_plus;
  const bool minus = plus || capabilities.literal_minus;
  switch (wanted) {
    case AppendMode::multiappend:
      if (capabilities.multiappend && plus) return wanted;
      break;
    case AppendMode::literal_plus:
      if (plus) return wanted;
      break;
    case AppendMode::literal_minus:
      if (minus) return wanted;
      break;
    case AppendMode::synchronizing:
      return wanted;
    case AppendMode::automatic:
      break;
  }
  if (capabilities.multiappend && plus) return AppendMode::multiappend;
  if (plus) return AppendMode::literal_plus;
  if (minus) return AppendMode::literal_minus;
  return AppendMode::synchronizing;
}

}  // namespace mboxferry::imap
