// SPDX-License-Identifier: Apache-2.0
// Sieve scripts are parsed as RFC 5228 says, and their rules about senders become entries.
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "mboxferry/sieve/import.h"
#include "mboxferry/sieve/sender_script.h"
#include "sieve/script_parser.h"
#include "support/places.h"

namespace mboxferry::sieve {
namespace {

using Texts = std::vector<std::string>;

struct Imported {
  Texts entries;  // "block pattern line"
  Texts others;   // "line text: reason"
};

Imported imported_from(const std::string& script) {
  policy::ImportResult result;
  import_script(script, result);
  Imported imported;
  for (const auto& entry : result.entries())
    imported.entries.push_back(std::string(kind_name(entry.kind)) + " " + entry.pattern + " " +
                               std::to_string(entry.line));
  for (const auto& one : result.not_imported())
    imported.others.push_back(std::to_string(one.line) + " " + one.text + ": " + one.reason);
  return imported;
}

std::string mistake_of(const std::string& script) {
  const ParsedScript parsed = parse_script(script);
  return parsed.is_whole ? "" : std::to_string(parsed.mistake.line) + " " + parsed.mistake.text;
}

TEST_CASE("rules whose only question is the sender become entries") {
  const Imported imported = imported_from(
      "require [\"fileinto\", \"envelope\"];\n"
      "# a comment\n"
      "if address :is \"from\" [\"a@x.example\", \"b@x.example\"] { discard; }\n"
      "if anyof (address :domain :is \"from\" \"spam.example\",\n"
      "          address :matches [\"from\", \"sender\"] \"*@*.y.example\") {\n"
      "  fileinto \"INBOX.Junk\"; stop;\n"
      "}\n"
      "elsif envelope :localpart \"from\" \"bounce\" { reject text:\nNo.\n..\n.\n; }\n"
      "if header :contains \"from\" \"@z.example\" { keep; stop; }\n"
      "if address :contains :domain \"from\" \"word\" { fileinto \"Spam\"; }\n");
  CHECK(imported.entries == Texts{"block a@x.example 3", "block b@x.example 3",
                                  "block *@spam.example 4", "block *@*.y.example 5",
                                  "block bounce@* 8", "allow *@z.example* 13",
                                  "block *@*word* 14"});
  CHECK(imported.others == Texts{});
}

TEST_CASE("only the mailbox of fileinto counts, and what lets mail stay or go is no entry") {
  const Imported imported = imported_from(
      "if address \"from\" \"a@x.example\" { fileinto :copy \"Junk\"; }\n"
      "if address \"from\" \"b@x.example\" { fileinto :flags \"Junk\" \"Archive\"; }\n"
      "if address \"from\" \"c@x.example\" { addflag \"$Junk\"; keep; }\n"
      "if address \"from\" \"d@x.example\" { fileinto \"Clients/Bulk\"; }\n"
      "if address \"from\" \"e@x.example\" { fileinto :create :flags \"\\\\Seen\" \"INBOX.Junk\"; "
      "}\n"
      "if address \"from\" \"f@x.example\" { fileinto \"[Gmail]/Spam\"; stop; }\n"
      "if address \"from\" \"g@x.example\" { stop; }\n"
      "if address \"from\" \"h@x.example\" { addflag \"\\\\Flagged\"; }\n");
  CHECK(imported.entries ==
        Texts{"block e@x.example 5", "block f@x.example 6", "allow g@x.example 7"});
  CHECK(imported.others.size() == 5);
}

TEST_CASE("all else is named with its line and reason") {
  const Imported imported = imported_from(
      "require \"fileinto\";\n"
      "if header :contains \"subject\" \"x\" { discard; }\n"
      "if not address \"from\" \"a@x.example\" { discard; }\n"
      "if address \"from\" \"b@x.example\" { redirect \"c@x.example\"; }\n"
      "if allof (address \"from\" \"d@x.example\", size :over 1M) { discard; }\n"
      "keep;\n"
      "if address :matches \"from\" \"a\\\\*b@x.example\" { discard; }\n"
      "if header :contains \"from\" \"Name\" { discard; }\n"
      "if address :is \"from\" \"e@x.example\" { discard; keep; }\n"
      "if address :is \"from\" \"open { discard; }\n");
  CHECK(imported.entries == Texts{});
  REQUIRE(imported.others.size() == 9);
  CHECK(imported.others[0] ==
        "2 if header :contains \"subject\" \"x\" { discard; }: asks for "
        "something else than the sender");
  CHECK(imported.others[2].find("does something else") != std::string::npos);
  CHECK(imported.others[4] == "6 keep;: is no rule about senders alone");
  CHECK(imported.others[5].find("has a literal wildcard") != std::string::npos);
  CHECK(imported.others[6].find("a part of a name") != std::string::npos);
  CHECK(imported.others[8].find("a string does not end") != std::string::npos);
}

TEST_CASE("what breaks the grammar is told with its line") {
  CHECK(mistake_of("keep;\nif true { stop; }\n/* c\n */ # d\n").empty());
  CHECK(mistake_of("keep").find("1 a semicolon or a block") == 0);
  CHECK(mistake_of("if true {\n stop;\n").find("a block does not end") != std::string::npos);
  CHECK(mistake_of("keep;\n}\n").find("2 a closing brace") == 0);
  CHECK(mistake_of("/* open").find("a comment does not end") != std::string::npos);
  CHECK(mistake_of("if header [\"a\",] \"b\" {}").find("a string was expected") !=
        std::string::npos);
  CHECK(mistake_of("if size :over 10Q {}").find("a number is none") != std::string::npos);
  std::string deep;
  for (int i = 0; i < 100'000; ++i) deep += "if true {";
  CHECK(mistake_of(deep).find("nested too deep") != std::string::npos);
  deep = "if ";
  for (int i = 0; i < 100'000; ++i) deep += "not ";
  CHECK(mistake_of(deep).find("nested too deep") != std::string::npos);
}

TEST_CASE("strings are quoted for Sieve") { CHECK(quoted_string("a\"b\\c") == "\"a\\\"b\\\\c\""); }

TEST_CASE("the corpus of scripts parses, and broken grammar is refused") {
  const std::string folder = test::corpora() + "/sieve/";
  std::ifstream manifest(folder + "MANIFEST.tsv");
  if (!manifest) {
    WARN("skipped: no scripts");
    return;
  }
  int parsed = 0;
  std::string line;
  std::getline(manifest, line);
  while (std::getline(manifest, line)) {
    std::ostringstream text;
    text << std::ifstream(folder + line.substr(0, line.find('\t')), std::ios::binary).rdbuf();
    INFO(line);
    const std::string mistake = mistake_of(text.str());
    // Most of the others break rules about meaning, which matter to a server only.
    // Pigeonhole's sievec refuses the scripts named "recover" as well: they test what it says next.
    const bool is_broken = line.find("errors_parser") != std::string::npos ||
                           line.find("compile_recover") != std::string::npos;
    if (is_broken) CHECK_FALSE(mistake.empty());
    if (!is_broken && line.find("must fail to compile") == std::string::npos)
      CHECK(mistake.empty());
    const Imported imported = imported_from(text.str());
    ++parsed;
  }
  CHECK(parsed > 50);
}

}  // namespace
}  // namespace mboxferry::sieve
