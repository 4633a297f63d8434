// SPDX-License-Identifier: Apache-2.0
// Names of months, weekdays and zones as mail programs of many countries write them.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "mboxferry/base/date_words.h"

namespace mboxferry {
namespace {

TEST_CASE("the short and long months of a language are its twelve months") {
  using Year = std::vector<std::string>;
  const Year names = GENERATE(values<Year>({
      {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
      {"January", "February", "March", "April", "May", "June", "July", "August", "September",
       "October", "November", "December"},
      {"Jan", "Feb", "Mär", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez"},
      {"Jän", "Feb.", "Mrz", "Apr", "Mai", "Juni", "Juli", "Aug.", "Sept.", "Okt.", "Nov.", "Dez."},
      {"Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August", "September",
       "Oktober", "November", "Dezember"},
      {"janv.", "févr.", "mars", "avril", "mai", "juin", "juil.", "août", "sept.", "oct.", "nov.",
       "déc."},
      {"jan", "fév", "mar", "avr", "mai", "jun", "jui", "aoû", "sep", "oct", "nov", "déc"},
      {"janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre",
       "octobre", "novembre", "décembre"},
      {"gen", "feb", "mar", "apr", "mag", "giu", "lug", "ago", "set", "ott", "nov", "dic"},
      {"gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto",
       "settembre", "ottobre", "novembre", "dicembre"},
      {"ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic"},
      {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre",
       "octubre", "noviembre", "diciembre"},
      {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
      {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus", "september",
       "oktober", "november", "december"},
      {"jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"},
      {"janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto", "setembro",
       "outubro", "novembro", "dezembro"},
  }));
  for (unsigned month = 1; month <= 12; ++month) {
    INFO(names[month - 1]);
    CHECK(month_named(names[month - 1]) == month);
  }
}

TEST_CASE("weekdays of every language are weekdays") {
  for (const char* name :
       {"Mon",      "Tue,", "Wednesday", "Mo",     "Di",       "Mi",           "Do.",
        "Fr",       "Sa,",  "So",        "Montag", "Samstag",  "lun.",         "mar.",
        "mercredi", "jeu",  "ven.",      "sam.",   "dim.",     "gio",          "lunedì",
        "dom",      "mié",  "sáb",       "jue",    "vie",      "domingo",      "ma",
        "wo",       "vr",   "za",        "zo",     "zaterdag", "seg",          "ter",
        "qua",      "qui",  "sex",       "terça",  "sábado",   "quarta-feira,"}) {
    INFO(name);
    CHECK(is_weekday_name(name));
  }
}

TEST_CASE("case and accents do not matter, in UTF-8 and in Latin-1") {
  CHECK(month_named("MÄRZ") == 3U);
  CHECK(month_named("M\xe4rz") == 3U);
  CHECK(month_named("M\xc4RZ") == 3U);
  CHECK(month_named("f\xe9vr.") == 2U);
  CHECK(month_named("ao\xfbt,") == 8U);
  CHECK(month_named("mar\xe7o") == 3U);
  CHECK(month_named("aout") == 8U);
  CHECK(month_named("Maerz") == 3U);
  CHECK(is_weekday_name("mi\xe9"));
}

TEST_CASE("what only begins like a name is none") {
  for (const char* word :
       {"", ".", " ", "j", "ja", "Marching", "Mon-day", "Sun1", "an", "jan feb", " jan",
        "donnerstagabend", "x\xc3", "\xc3\xa4\xc3\xa4", "M\xffrz", "septembreseptembreseptembre"}) {
    INFO(word);
    CHECK_FALSE(month_named(word));
    CHECK_FALSE(is_weekday_name(word));
  }
  CHECK_FALSE(month_named(std::string_view("jan\0", 4)));
}

TEST_CASE("zones by name") {
  CHECK(zone_named("GMT") == 0);
  CHECK(zone_named("z") == 0);
  CHECK(zone_named("EST") == -300);
  CHECK(zone_named("pdt") == -420);
  CHECK(zone_named("MESZ") == 120);
  CHECK(zone_named("METDST") == 120);
  CHECK(zone_named("NZDT") == 780);
  CHECK_FALSE(zone_named("IST"));
  CHECK_FALSE(zone_named("K"));
  CHECK_FALSE(zone_named(""));
}

}  // namespace
}  // namespace mboxferry
