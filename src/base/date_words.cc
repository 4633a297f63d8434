// SPDX-License-Identifier: Apache-2.0
// Names of months, weekdays and zones, without case and accents.
#include "mboxferry/base/date_words.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mboxferry {
namespace {

// The names as fold() gives them: a row a month. Both spellings of German umlauts, and the three
// letters that older systems cut French names to, are among them.
constexpr std::array<std::string_view, 12> kMonths{
    "jan january januar janner jaenner janv janvier ene enero gen gennaio januari janeiro",
    "feb february februar febr fevr fev fevrier febrero febbraio februari fevereiro",
    "mar march marz maerz mrz mars marzo maart mrt marco",
    "apr april avr avril abr abril aprile",
    "may mai mayo mag maggio mei maio",
    "jun june juni juin junio giu giugno junho",
    "jul july juli jui juil juillet julio lug luglio julho",
    "aug august aou aout ago agosto augustus",
    "sep sept september septembre septiembre setiembre set settembre setembro",
    "oct okt october oktober octobre octubre ott ottobre out outubro",
    "nov november novembre noviembre novembro",
    "dec dez dic december dezember decembre diciembre dicembre dezembro"};

// A row a language, the last one Portuguese, which shares names with the others.
constexpr std::array<std::string_view, 7> kWeekdays{
    "mon tue tues wed thu thur thurs fri sat sun"
    " monday tuesday wednesday thursday friday saturday sunday",
    "mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag",
    "lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche",
    "gio sab dom lunedi martedi mercoledi giovedi venerdi sabato domenica",
    "mie jue vie lunes martes miercoles jueves viernes sabado domingo",
    "ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag zaterdag zondag",
    "seg ter qua qui sex segunda terca quarta quinta sexta"};
constexpr std::string_view kPortugueseDay = "-feira";

constexpr std::array<std::pair<std::string_view, int>, 38> kZones{
    {{"ut", 0},      {"utc", 0},      {"gmt", 0},    {"z", 0},      {"est", -300},   {"edt", -240},
     {"cst", -360},  {"cdt", -300},   {"mst", -420}, {"mdt", -360}, {"pst", -480},   {"pdt", -420},
     {"akst", -540}, {"akdt", -480},  {"hst", -600}, {"wet", 0},    {"west", 60},    {"wetdst", 60},
     {"bst", 60},    {"cet", 60},     {"cest", 120}, {"met", 60},   {"mest", 120},   {"mez", 60},
     {"mesz", 120},  {"metdst", 120}, {"eet", 120},  {"eest", 180}, {"eetdst", 180}, {"sast", 120},
     {"msk", 180},   {"msd", 240},    {"jst", 540},  {"kst", 540},  {"aest", 600},   {"aedt", 660},
     {"nzst", 720},  {"nzdt", 780}}};

struct Name {
  std::string_view text;
  unsigned row = 0;  // from 1
};

template <std::size_t kRows>
consteval std::size_t count_names(const std::array<std::string_view, kRows>& rows) {
  std::size_t count = rows.size();
  for (const std::string_view row : rows) {
    for (const char c : row) count += c == ' ' ? 1U : 0U;
  }
  return count;
}

template <std::size_t kCount, std::size_t kRows>
consteval std::array<Name, kCount> sorted_names(const std::array<std::string_view, kRows>& rows) {
  std::array<Name, kCount> names;
  std::size_t count = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    for (std::string_view rest = rows[row]; !rest.empty();) {
      const std::size_t end = std::min(rest.find(' '), rest.size());
      names[count++] = {rest.substr(0, end), static_cast<unsigned>(row + 1)};
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  }
  std::sort(names.begin(), names.end(),
            [](const Name& a, const Name& b) { return a.text < b.text; });
  return names;
}

constexpr auto kMonthNames = sorted_names<count_names(kMonths)>(kMonths);
constexpr auto kWeekdayNames = sorted_names<count_names(kWeekdays)>(kWeekdays);

// The row that has the name; 0 when none has.
template <std::size_t kCount>
unsigned row_of(const std::array<Name, kCount>& names, std::string_view name) {
  const auto found = std::lower_bound(names.begin(), names.end(), name,
                                      [](const Name& a, std::string_view b) { return a.text < b; });
  return found != names.end() && found->text == name ? found->row : 0;
}

// The ASCII letter that the Latin-1 characters 0xC0 to 0xFF are without their accents; a full stop
// for those that stand in none of our words.
constexpr std::string_view kWithoutAccent =
    "aaaaaa.ceeeeiiii.nooooo..uuuu...aaaaaa.ceeeeiiii.nooooo..uuuu...";

/// A word in lower case without accents and without stops behind it; empty when it holds what no
/// name has, or is too long for one.
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
      if (size_ == text_.size() || letter < 'a' || letter > 'z') {
        size_ = 0;
        return;
      }
      text_[size_++] = letter;
    }
  }

  [[nodiscard]] std::string_view view() const { return {text_.data(), size_}; }

 private:
  std::array<char, 12> text_{};
  std::size_t size_ = 0;
};

}  // namespace

std::optional<unsigned> month_named(std::string_view word) {
  const unsigned row = row_of(kMonthNames, Folded(word).view());
  return row > 0 ? std::optional<unsigned>(row) : std::nullopt;
}

bool is_weekday_name(std::string_view word) {
  const std::size_t feira = word.find(kPortugueseDay);
  if (feira != std::string_view::npos) word = word.substr(0, feira);
  return row_of(kWeekdayNames, Folded(word).view()) > 0;
}

std::optional<int> zone_named(std::string_view word) {
  const Folded folded(word);
  for (const auto& [name, minutes] : kZones) {
    if (folded.view() == name) return minutes;
  }
  return std::nullopt;
}

}  // namespace mboxferry
