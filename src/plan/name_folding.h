// SPDX-License-Identifier: Apache-2.0
// When two names are the same to a person: letters in either case, accents in either of Unicode's
// two spellings.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry::plan {

/// Letters that are followed by their accent (NFD, as macOS writes names) become one code point
/// (NFC), for Latin, Greek and Cyrillic letters. Bytes that are no UTF-8 stay.
std::string composed(std::string_view text);

/// A path with `/` between levels as rules are compared with it: `composed`, with an INBOX in any
/// case as its first level in capitals.
std::string comparable_path(std::string_view path);

/// `composed`, with simple case folding (Unicode, CaseFolding.txt, status C and S) of the Latin,
/// Greek, Cyrillic and Armenian letters.
std::string fold_case(std::string_view text);

/// `fold_case` without accents: how names of the language tables are compared.
std::string fold_letters(std::string_view text);

}  // namespace mboxferry::plan
