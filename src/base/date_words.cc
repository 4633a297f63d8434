// SPDX-License-Identifier: Apache-2.0
// Names of months, weekdays and zones, without case and accents.
#include "mboxferry/base/date_words.h"

#include <array>
#include <utility>

namespace mboxferry {
namespace {

// Each row's names stand between blanks, as fold() gives them. Both spellings of German umlauts,
// and the three letters that older systems cut French names to, are among them.
constexpr std::array<std::string_view, 12> kMonths{
    " jan january januar janner jaenner janv janvier ene enero gen gennaio januari janeiro ",
    " feb february februar febr fevr fev fevrier febrero febbraio februari fevereiro ",
    " mar march marz maerz mrz mars marzo maart mrt marco ",
    " apr april avr avril abr abril aprile ",
    " may mai mayo mag maggio mei maio ",
    " jun june juni juin junio giu giugno junho ",
    " jul july juli jui juil juillet julio lug luglio julho ",
    " aug august aou aout ago agosto augustus ",
    " sep sept september septembre septiembre setiembre set settembre setembro ",
    " oct okt october oktober octobre octubre ott ottobre out outubro ",
    " nov november novembre noviembre novembro ",
    " dec dez dic december dezember decembre diciembre dicembre dezembro "};

constexpr std::string_view kWeekdays =
    " mon tue tues wed thu thur thurs fri sat sun"
    " monday tuesday wednesday thursday friday saturday sunday"
    " mo di mi do fr sa so"
    " montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag"
    " lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche"
    " gio sab dom lunedi martedi mercoledi giovedi venerdi sabato domenica"
    " mie jue vie lunes martes miercoles jueves viernes sabado domingo"
    " ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag"
    " seg ter qua qui sex segunda terca quarta quinta sexta ";
constexpr std::string_view kPortugueseDay = "-feira";

constexpr std::array<std::pair<std::string_view, int>, 38> kZones{
    {{"ut", 0},      {"utc", 0},      {"gmt", 0},    {"z", 0},      {"est", -300},   {"edt", -240},
     {"cst", -360},  {"cdt", -300},   {"mst", -420}, {"mdt", -360}, {"pst", -480},   {"pdt", -420},
     {"akst", -540}, {"akdt", -480},  {"hst", -600}, {"wet", 0},    {"west", 60},    {"wetdst", 60},
     {"bst", 60},    {"cet", 60},     {"cest", 120}, {"met", 60},   {"mest", 120},   {"mez", 60},
     {"mesz", 120},  {"metdst", 120}, {"eet", 120},  {"eest", 180}, {"eetdst", 180}, {"sast", 120},
     {"msk", 180},   {"msd", 240},    {"jst", 540},  {"kst", 540},  {"aest", 600},   {"aedt", 660},
     {"nzst", 720},  {"nzdt", 780}}};

// The ASCII letter that the Latin-1 characters 0xC0 to 0xFF are without their accents; a full stop
// for those that stand in none of our words.
constexpr std::string_view kWithoutAccent =
    "aaaaaa.ceeeeiiii.nooooo..uuuu...aaaaaa.ceeeeiiii.nooooo..uuuu...";

/// A word in lower case without accents and without stops behind it, between two blanks; empty
/// when it holds what no name has, or is too long for one.
class Folded {
 public:
  explicit Folded(std::string_view word) {
    while (!word.empty() && (word.back() == '.' || word.back() == ',')) word.remove_suffix(1);
    for (std::size_t i = 0; i < word.size(); ++i) {
      auto code = static_cast<unsigned char>(word[i]);
      const bool utf8 = code == 0xc3 && i + 1 < word.size() &&
                        (static_cast<unsigned char>(word[i + 1]) & 0xc0) == 0x80;
      if (utf8) code = static_cast<unsigned char>(word[++i]) | 0x40;
      char letter = static_cast<char>(code);
      if (code >= 0xc0) letter = kWithoutAccent[code - 0xc0U];
      if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter + 'a' - 'A');
      const bool fits = size_ + 2 < text_.size() && letter >= 'a' && letter <= 'z';
      if (!fits) {
        size_ = 1;
        break;
      }
      text_[size_++] = letter;
    }
    text_[size_] = ' ';
  }

  [[nodiscard]] bool is_in(std::string_view names) const {
    return size_ > 1 && names.find({text_.data(), size_ + 1}) != std::string_view::npos;
  }
  [[nodiscard]] std::string_view name() const { return {text_.data() + 1, size_ - 1}; }

 private:
  std::array<char, 16> text_{' '};
  std::size_t size_ = 1;  // with the blank before the word
};

}  // namespace

std::optional<unsigned> month_named(std::string_view word) {
  const Folded folded(word);
  for (std::size_t i = 0; i < kMonths.size(); ++i) {
    if (folded.is_in(kMonths[i])) return static_cast<unsigned>(i + 1);
  }
  return std::nullopt;
}

bool is_weekday_name(std::string_view word) {
  const std::size_t feira = word.find(kPortugueseDay);
  if (feira != std::string_view::npos) word = word.substr(0, feira);
  return Folded(word).is_in(kWeekdays);
}

std::optional<int> zone_named(std::string_view word) {
  const Folded folded(word);
  for (const auto& [name, minutes] : kZones) {
    if (folded.name() == name) return minutes;
  }
  return std::nullopt;
}

}  // namespace mboxferry
