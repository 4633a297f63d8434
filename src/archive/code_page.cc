// SPDX-License-Identifier: Apache-2.0
// The upper halves of code pages (generated from Python's codecs), and which of them gives words.
#include "archive/code_page.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

constexpr std::size_t kUpperHalf = 128;

struct Page {
  std::string_view name;
  std::u16string_view upper;
};

// CP437 is what the zip format says (APPNOTE.TXT 4.4.4, D.1); the others are what programs wrote.
constexpr std::array<Page, kCodePages> kPages{{
    {"CP437",
     u"\u00c7\u00fc\u00e9\u00e2\u00e4\u00e0\u00e5\u00e7\u00ea\u00eb\u00e8\u00ef\u00ee\u00ec"
     u"\u00c4\u00c5\u00c9\u00e6\u00c6\u00f4\u00f6\u00f2\u00fb\u00f9\u00ff\u00d6\u00dc\u00a2"
     u"\u00a3\u00a5\u20a7\u0192\u00e1\u00ed\u00f3\u00fa\u00f1\u00d1\u00aa\u00ba\u00bf\u2310"
     u"\u00ac\u00bd\u00bc\u00a1\u00ab\u00bb\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556"
     u"\u2555\u2563\u2551\u2557\u255d\u255c\u255b\u2510\u2514\u2534\u252c\u251c\u2500\u253c"
     u"\u255e\u255f\u255a\u2554\u2569\u2566\u2560\u2550\u256c\u2567\u2568\u2564\u2565\u2559"
     u"\u2558\u2552\u2553\u256b\u256a\u2518\u250c\u2588\u2584\u258c\u2590\u2580\u03b1\u00df"
     u"\u0393\u03c0\u03a3\u03c3\u00b5\u03c4\u03a6\u0398\u03a9\u03b4\u221e\u03c6\u03b5\u2229"
     u"\u2261\u00b1\u2265\u2264\u2320\u2321\u00f7\u2248\u00b0\u2219\u00b7\u221a\u207f\u00b2"
     u"\u25a0\u00a0"},
    {"CP850",
     u"\u00c7\u00fc\u00e9\u00e2\u00e4\u00e0\u00e5\u00e7\u00ea\u00eb\u00e8\u00ef\u00ee\u00ec"
     u"\u00c4\u00c5\u00c9\u00e6\u00c6\u00f4\u00f6\u00f2\u00fb\u00f9\u00ff\u00d6\u00dc\u00f8"
     u"\u00a3\u00d8\u00d7\u0192\u00e1\u00ed\u00f3\u00fa\u00f1\u00d1\u00aa\u00ba\u00bf\u00ae"
     u"\u00ac\u00bd\u00bc\u00a1\u00ab\u00bb\u2591\u2592\u2593\u2502\u2524\u00c1\u00c2\u00c0"
     u"\u00a9\u2563\u2551\u2557\u255d\u00a2\u00a5\u2510\u2514\u2534\u252c\u251c\u2500\u253c"
     u"\u00e3\u00c3\u255a\u2554\u2569\u2566\u2560\u2550\u256c\u00a4\u00f0\u00d0\u00ca\u00cb"
     u"\u00c8\u0131\u00cd\u00ce\u00cf\u2518\u250c\u2588\u2584\u00a6\u00cc\u2580\u00d3\u00df"
     u"\u00d4\u00d2\u00f5\u00d5\u00b5\u00fe\u00de\u00da\u00db\u00d9\u00fd\u00dd\u00af\u00b4"
     u"\u00ad\u00b1\u2017\u00be\u00b6\u00a7\u00f7\u00b8\u00b0\u00a8\u00b7\u00b9\u00b3\u00b2"
     u"\u25a0\u00a0"},
    {"CP866",
     u"\u0410\u0411\u0412\u0413\u0414\u0415\u0416\u0417\u0418\u0419\u041a\u041b\u041c\u041d"
     u"\u041e\u041f\u0420\u0421\u0422\u0423\u0424\u0425\u0426\u0427\u0428\u0429\u042a\u042b"
     u"\u042c\u042d\u042e\u042f\u0430\u0431\u0432\u0433\u0434\u0435\u0436\u0437\u0438\u0439"
     u"\u043a\u043b\u043c\u043d\u043e\u043f\u2591\u2592\u2593\u2502\u2524\u2561\u2562\u2556"
     u"\u2555\u2563\u2551\u2557\u255d\u255c\u255b\u2510\u2514\u2534\u252c\u251c\u2500\u253c"
     u"\u255e\u255f\u255a\u2554\u2569\u2566\u2560\u2550\u256c\u2567\u2568\u2564\u2565\u2559"
     u"\u2558\u2552\u2553\u256b\u256a\u2518\u250c\u2588\u2584\u258c\u2590\u2580\u0440\u0441"
     u"\u0442\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d\u044e\u044f"
     u"\u0401\u0451\u0404\u0454\u0407\u0457\u040e\u045e\u00b0\u2219\u00b7\u221a\u2116\u00a4"
     u"\u25a0\u00a0"},
    {"Windows-1251",
     u"\u0402\u0403\u201a\u0453\u201e\u2026\u2020\u2021\u20ac\u2030\u0409\u2039\u040a\u040c"
     u"\u040b\u040f\u0452\u2018\u2019\u201c\u201d\u2022\u2013\u2014\ufffd\u2122\u0459\u203a"
     u"\u045a\u045c\u045b\u045f\u00a0\u040e\u045e\u0408\u00a4\u0490\u00a6\u00a7\u0401\u00a9"
     u"\u0404\u00ab\u00ac\u00ad\u00ae\u0407\u00b0\u00b1\u0406\u0456\u0491\u00b5\u00b6\u00b7"
     u"\u0451\u2116\u0454\u00bb\u0458\u0405\u0455\u0457\u0410\u0411\u0412\u0413\u0414\u0415"
     u"\u0416\u0417\u0418\u0419\u041a\u041b\u041c\u041d\u041e\u041f\u0420\u0421\u0422\u0423"
     u"\u0424\u0425\u0426\u0427\u0428\u0429\u042a\u042b\u042c\u042d\u042e\u042f\u0430\u0431"
     u"\u0432\u0433\u0434\u0435\u0436\u0437\u0438\u0439\u043a\u043b\u043c\u043d\u043e\u043f"
     u"\u0440\u0441\u0442\u0443\u0444\u0445\u0446\u0447\u0448\u0449\u044a\u044b\u044c\u044d"
     u"\u044e\u044f"},
    {"Windows-1252",
     u"\u20ac\ufffd\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\ufffd"
     u"\u017d\ufffd\ufffd\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a"
     u"\u0153\ufffd\u017e\u0178\u00a0\u00a1\u00a2\u00a3\u00a4\u00a5\u00a6\u00a7\u00a8\u00a9"
     u"\u00aa\u00ab\u00ac\u00ad\u00ae\u00af\u00b0\u00b1\u00b2\u00b3\u00b4\u00b5\u00b6\u00b7"
     u"\u00b8\u00b9\u00ba\u00bb\u00bc\u00bd\u00be\u00bf\u00c0\u00c1\u00c2\u00c3\u00c4\u00c5"
     u"\u00c6\u00c7\u00c8\u00c9\u00ca\u00cb\u00cc\u00cd\u00ce\u00cf\u00d0\u00d1\u00d2\u00d3"
     u"\u00d4\u00d5\u00d6\u00d7\u00d8\u00d9\u00da\u00db\u00dc\u00dd\u00de\u00df\u00e0\u00e1"
     u"\u00e2\u00e3\u00e4\u00e5\u00e6\u00e7\u00e8\u00e9\u00ea\u00eb\u00ec\u00ed\u00ee\u00ef"
     u"\u00f0\u00f1\u00f2\u00f3\u00f4\u00f5\u00f6\u00f7\u00f8\u00f9\u00fa\u00fb\u00fc\u00fd"
     u"\u00fe\u00ff"},
}};

static_assert(std::all_of(kPages.begin(), kPages.end(),
                          [](const Page& page) { return page.upper.size() == kUpperHalf; }));

char16_t character(std::size_t page, char byte) {
  return kPages[page].upper[static_cast<unsigned char>(byte) - kUpperHalf];
}

bool is_upper_half(char byte) { return static_cast<unsigned char>(byte) >= kUpperHalf; }

bool is_latin(char16_t c) { return c >= 0xc0 && c <= 0x17f && c != 0xd7 && c != 0xf7; }
bool is_latin_capital(char16_t c) { return is_latin(c) && c <= 0xde; }
bool is_cyrillic(char16_t c) { return c >= 0x400 && c <= 0x45f; }
bool is_cyrillic_capital(char16_t c) { return c >= 0x400 && c <= 0x42f; }

// Latin words have letters of ASCII around those of the upper half; Cyrillic ones have none, and
// no capital behind a small letter.
int score_of(std::size_t page, std::string_view name) {
  int score = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (!is_upper_half(name[i])) continue;
    const char16_t c = character(page, name[i]);
    const bool follows = i > 0 && is_upper_half(name[i - 1]);
    const char16_t before = follows ? character(page, name[i - 1]) : u' ';
    const bool beside_ascii =
        (i > 0 && is_letter(name[i - 1])) || (i + 1 < name.size() && is_letter(name[i + 1]));
    if (is_latin(c)) {
      const bool after_small = (i > 0 && name[i - 1] >= 'a' && name[i - 1] <= 'z') ||
                               (follows && is_latin(before) && !is_latin_capital(before));
      score += beside_ascii ? 2 : 0;
      score -= follows ? 2 : 0;
      score -= is_latin_capital(c) && after_small ? 3 : 0;
    } else if (is_cyrillic(c)) {
      score += follows && is_cyrillic(before) ? 2 : 0;
      score -= beside_ascii ? 3 : 0;
      score -=
          is_cyrillic_capital(c) && is_cyrillic(before) && !is_cyrillic_capital(before) ? 3 : 0;
    } else {
      score -= 3;
    }
  }
  return score;
}

}  // namespace

std::string_view CodePage::name() const { return kPages[number_].name; }

std::string CodePage::to_utf8(std::string_view text) const {
  std::string out;
  for (const char byte : text) {
    if (is_upper_half(byte)) {
      append_utf8(out, character(number_, byte));
    } else {
      out += byte;
    }
  }
  return out;
}

void CodePageGuess::add(std::string_view name) {
  if (is_utf8(name)) return;
  ++names_;
  for (std::size_t page = 0; page < kCodePages; ++page) scores_[page] += score_of(page, name);
}

CodePage CodePageGuess::best() const {
  const auto best = std::max_element(scores_.begin(), scores_.end());  // of equals the first
  if (*best < 0) return CodePage();
  return CodePage(static_cast<std::size_t>(best - scores_.begin()));
}

}  // namespace mboxferry::archive
