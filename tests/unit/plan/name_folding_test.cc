// SPDX-License-Identifier: Apache-2.0
// When two names are the same to a person.
#include "plan/name_folding.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "plan/letter_tables.h"

using namespace mboxferry::plan;

TEST_CASE("letters and their accents become one code point, in either case") {
  CHECK(composed("e\u0301 E\u0301 u\u0308") == "\u00e9 \u00c9 \u00fc");
  CHECK(composed("\u0438\u0306 \u0418\u0306") == "\u0439 \u0419");
  CHECK(composed("\u03b1\u0301 \u0391\u0301") == "\u03ac \u0386");
  CHECK(composed("e\u0323\u0302") == "\u1ec7");
  CHECK(composed("o\u0302\u0301") == "\u1ed1");
}

TEST_CASE("what is not composed stays as it is") {
  for (const std::string text :
       {"", "abc", "\u0301e", "x\u0301", "e\xff\u0301", "\xc3", "\u65e5\u672c", "\u00e9"})
    CHECK(composed(text) == text);
}

TEST_CASE("case is folded in Latin, Greek, Cyrillic and Armenian") {
  CHECK(fold_case("AZ \u00c0\u00de \u0178 \u0130") == "az \u00e0\u00fe \u00ff \u0130");
  CHECK(fold_case("\u0391\u03a3\u03c2 \u0401\u042f \u0531") ==
        "\u03b1\u03c3\u03c3 \u0451\u044f \u0561");
  CHECK(fold_case("\u0139\u017d\u1e9e\u212a") == "\u013a\u017e\u00dfk");
  CHECK(fold_case("\u00d7\u00f7\u00df") == "\u00d7\u00f7\u00df");
}

TEST_CASE("accents go, in either spelling") {
  CHECK(fold_letters("\u00c9L\u00c9MENTS envoye\u0301s") == "elements envoyes");
  CHECK(fold_letters("\u1ec6\u0439\u00f8") == "e\u0438\u00f8");
}

TEST_CASE("INBOX as the first level of a path counts in any case") {
  CHECK(comparable_path("inBox/Inbox") == "INBOX/Inbox");
  CHECK(comparable_path("Inboxes") == "Inboxes");
  CHECK(comparable_path("a/inbox") == "a/inbox");
}

TEST_CASE("the table of letters is in order") {
  CHECK(std::is_sorted(
      kAccentedLetters.begin(), kAccentedLetters.end(),
      [](const AccentedLetter& a, const AccentedLetter& b) { return a.letter < b.letter; }));
}
