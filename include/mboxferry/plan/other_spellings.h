// SPDX-License-Identifier: Apache-2.0
// What a mailbox may be called when the server refuses its name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::plan {

struct OtherSpelling {
  std::string name;
  std::string why;  ///< a short phrase: what was replaced
};

/// Other spellings of a full mailbox name (UTF-8), the closest first: `_` for characters outside
/// of the Basic Multilingual Plane; for ASCII punctuation that some servers refuse; for both and
/// full stops; for all that is not ASCII as well. `prefix` and separators (0: none) stay. Empty
/// when there is nothing to replace.
std::vector<OtherSpelling> other_spellings(const std::string& name, char separator,
                                           std::string_view prefix);

/// The name as a person reads it: equal for names that differ in upper and lower case, or in how
/// accents are written. `text` is UTF-8; other bytes stay.
std::string folded_name(std::string_view text);

}  // namespace mboxferry::plan
