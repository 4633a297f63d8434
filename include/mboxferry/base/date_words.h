// SPDX-License-Identifier: Apache-2.0
// The words that stand in dates of mail: months and weekdays in several languages, time zones.
#pragma once

#include <optional>
#include <string_view>

namespace mboxferry {

/// The number, 1 to 12, of a month's full or short name in English, German, French, Italian,
/// Spanish, Dutch or Portuguese. Case, accents (in UTF-8 or Latin-1) and a full stop or a comma
/// behind the name do not matter.
std::optional<unsigned> month_named(std::string_view word);

/// True for a weekday's full or short name, in the languages and spellings of month_named. A few
/// names are months too (`mar`): the caller decides by the place.
bool is_weekday_name(std::string_view word);

/// Minutes east of UTC of a zone's abbreviation, case ignored: those of RFC 5322 section 4.3, and
/// those that mail of Europe, East Asia and the Pacific carries. Ambiguous ones (IST) are left out.
std::optional<int> zone_named(std::string_view word);

}  // namespace mboxferry
