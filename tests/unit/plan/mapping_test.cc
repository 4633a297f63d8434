// SPDX-License-Identifier: Apache-2.0
// Folder paths to mailbox names.
#include "mboxferry/plan/mapping.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::plan;

namespace {

using Path = std::vector<std::string>;

const ServerNames kSlash{"", '/', {{"INBOX", "", true}}};
const ServerNames kDotInbox{"INBOX.", '.', {{"INBOX", "", true}}};
const ServerNames kFlat{"", '\0', {}};

ServerNames with_special_use() {
  ServerNames server = kSlash;
  server.mailboxes.push_back({"Sent Messages", "\\Sent", true});
  server.mailboxes.push_back({"Drafts", "\\Drafts", true});
  server.mailboxes.push_back({"Junk", "\\Junk", true});
  server.mailboxes.push_back({"Trash", "\\Trash", true});
  server.mailboxes.push_back({"Archives", "\\Archive", true});
  server.mailboxes.push_back({"Objects sent", "", true});
  return server;
}

MappedName mapped(const Path& path, const ServerNames& server, MappingRules rules = {},
                  bool in_tree = true) {
  const auto mapper = Mapper::create(std::move(rules), server);
  REQUIRE(mapper);
  return mapper->map_folder(path, in_tree);
}

std::string name(const Path& path, const ServerNames& server, MappingRules rules = {},
                 bool in_tree = true) {
  return mapped(path, server, std::move(rules), in_tree).name;
}

MappingRules in_mailbox(const std::string& mailbox) {
  MappingRules rules;
  rules.mailbox = mailbox;
  return rules;
}

MappingRules below(const std::string& subfolder) {
  MappingRules rules;
  rules.subfolder = subfolder;
  return rules;
}

MappingRules maps(std::vector<MapRule> rows) {
  MappingRules rules;
  rules.maps = std::move(rows);
  return rules;
}

void check_unchanged(const MappedName& mapped, const std::string& name) {
  CHECK(mapped.name == name);
  CHECK(mapped.renamed_from.empty());
  CHECK(mapped.why.empty());
}

void check_renamed(const MappedName& mapped, const std::string& name, const std::string& from,
                   const std::string& why) {
  CHECK(mapped.name == name);
  CHECK(mapped.renamed_from == from);
  CHECK(mapped.why == why);
}

}  // namespace

TEST_CASE("a folder keeps its name, with the server's separator and prefix") {
  check_unchanged(mapped({"Work", "2019"}, kSlash), "Work/2019");
  check_unchanged(mapped({"Work", "2019"}, kDotInbox), "INBOX.Work.2019");
  check_unchanged(mapped({"Été"}, kSlash), "Été");
  CHECK_FALSE(mapped({"Work"}, kSlash).deliberate);
}

TEST_CASE("INBOX is found in any case at the top level, and never gets the prefix") {
  for (const std::string inbox : {"INBOX", "inbox", "Inbox"}) {
    for (const bool special_use : {true, false}) {
      MappingRules rules;
      rules.special_use = special_use;
      const MappedName slash = mapped({inbox}, kSlash, rules);
      check_unchanged(slash, "INBOX");
      CHECK(slash.deliberate);
      check_unchanged(mapped({inbox}, kDotInbox, rules), "INBOX");
      check_unchanged(mapped({inbox, "X"}, kSlash, rules), "INBOX/X");
      check_unchanged(mapped({"Work", inbox}, kSlash, rules), "Work/" + inbox);
    }
  }
}

TEST_CASE("there is no INBOX.INBOX") {
  check_unchanged(mapped({"INBOX", "X"}, kDotInbox), "INBOX.X");
  check_renamed(mapped({"Inbox", "Inbox", "X"}, kDotInbox), "INBOX.X", "Inbox/Inbox/X",
                "no INBOX below INBOX");
  CHECK(name({"inbox"}, kDotInbox, in_mailbox("INBOX")) == "INBOX");
  CHECK(name({"inbox", "a"}, kDotInbox, in_mailbox("INBOX")) == "INBOX.a");
  CHECK(name({"Work"}, kDotInbox, in_mailbox("INBOX")) == "INBOX.Work");
  CHECK(name({"Work"}, kDotInbox, in_mailbox("INBOX.Old")) == "INBOX.Old.Work");
  CHECK(name({"Work"}, kDotInbox, in_mailbox("INBOX/Old")) == "INBOX.Old.Work");
}

TEST_CASE("a folder that is called like the prefix is not taken for it") {
  const ServerNames server{"Mail/", '/', {}};
  CHECK(name({"Mail", "x"}, server) == "Mail/Mail/x");
  CHECK(name({"x"}, server, in_mailbox("Mail/y")) == "Mail/y/x");
  CHECK(name({"x"}, server, in_mailbox("y")) == "Mail/y/x");
}

TEST_CASE("the mailbox of the URL takes a single folder, and a tree below it") {
  const MappedName single = mapped({"Work"}, kDotInbox, in_mailbox("Old/Mail"), false);
  check_unchanged(single, "INBOX.Old.Mail");
  CHECK(single.deliberate);
  CHECK(name({"Work"}, kSlash, in_mailbox("inbox"), false) == "INBOX");
  CHECK(name({"Work"}, kSlash, in_mailbox("Old"), true) == "Old/Work");
  CHECK(name({"Inbox"}, kSlash, in_mailbox("Old"), true) == "Old/Inbox");
  CHECK(name({"Sent"}, with_special_use(), in_mailbox("Old"), true) == "Old/Sent");
}

TEST_CASE("a subfolder takes everything below it") {
  CHECK(name({"Work"}, kSlash, below("Import/2020"), false) == "Import/2020/Work");
  CHECK(name({"INBOX"}, kSlash, below("Import")) == "Import/INBOX");
  CHECK(name({"Sent"}, with_special_use(), below("Import")) == "Import/Sent");
  MappingRules both = in_mailbox("Old");
  both.subfolder = "Import";
  CHECK(name({"Work"}, kDotInbox, both, false) == "INBOX.Old.Import.Work");
}

TEST_CASE("a map rule beats everything, and moves what is below the folder") {
  const auto rules = maps({{"Archive", "Old"}, {"Sent", "Mine/Sent"}, {"Posteingang", "inbox"}});
  check_renamed(mapped({"Archive"}, kSlash, rules), "Old", "Archive", "--map");
  check_renamed(mapped({"Archive", "2019"}, kDotInbox, rules), "INBOX.Old.2019", "Archive/2019",
                "--map");
  CHECK(mapped({"Archive", "2019"}, kSlash, rules).deliberate);
  CHECK(name({"Archives"}, kSlash, rules) == "Archives");
  CHECK(name({"Sent", "a"}, with_special_use(), rules) == "Mine/Sent/a");
  CHECK(name({"Posteingang"}, kDotInbox, rules) == "INBOX");
  CHECK(name({"Posteingang", "x"}, kDotInbox, rules) == "INBOX.x");
  auto in_subfolder = rules;
  in_subfolder.subfolder = "Import";
  CHECK(name({"Archive"}, kSlash, in_subfolder) == "Old");
}

TEST_CASE("the first map rule that matches wins; one with wildcards takes what it matches") {
  const auto rules = maps({{"Archive/2019", "Y"}, {"Archive/*", "All"}, {"Archive", "Old"}});
  CHECK(name({"Archive", "2019"}, kSlash, rules) == "Y");
  CHECK(name({"Archive", "2019", "May"}, kSlash, rules) == "Y/May");
  CHECK(name({"Archive", "2020", "May"}, kSlash, rules) == "All");
  CHECK(name({"Archive"}, kSlash, rules) == "Old");
}

TEST_CASE("a map rule finds a folder whose accents are spelled the other way") {
  const auto rules = maps({{"\u00c9t\u00e9", "Summer"}, {"a\u0308*", "Umlaut"}});
  CHECK(name({"E\u0301te\u0301", "x"}, kSlash, rules) == "Summer/x");
  CHECK(name({"\u00e4rger"}, kSlash, rules) == "Umlaut");
}

TEST_CASE("a map rule for INBOX holds in any case, and one may end with a slash") {
  const auto rules = maps({{"inbox", "Old"}, {"Work/", "Job"}});
  CHECK(name({"Inbox"}, kSlash, rules) == "Old");
  CHECK(name({"INBOX", "x"}, kSlash, rules) == "Old/x");
  CHECK(name({"Inboxes"}, kSlash, rules) == "Inboxes");
  CHECK(name({"Work", "x"}, kSlash, rules) == "Job/x");
}

TEST_CASE("a mailbox that the user names and no server takes is refused") {
  for (const std::string bad : {"", "/a", "a//b", "a/", " a", "a/b ", "a*", "100%", "a\nb", "."}) {
    INFO(bad);
    const auto mailbox = Mapper::create(in_mailbox(bad), kSlash);
    REQUIRE_FALSE(mailbox);
    CHECK(mailbox.error().code == ErrorCode::configuration);
    CHECK_FALSE(Mapper::create(maps({{"a", bad}}), kSlash));
    if (!bad.empty()) CHECK_FALSE(Mapper::create(below(bad), kSlash));
  }
  CHECK_FALSE(Mapper::create(in_mailbox("a/b.c"), kDotInbox));
  CHECK(Mapper::create(in_mailbox("b.c"), kDotInbox));
}

TEST_CASE("what servers refuse in a name is replaced, and the rule is told") {
  check_renamed(mapped({"a.b", "c"}, kDotInbox), "INBOX.a_b.c", "a.b/c", "'.' replaced by '_'");
  check_unchanged(mapped({"a.b"}, kSlash), "a.b");
  check_renamed(mapped({"a/b"}, kSlash), "a_b", "a/b", "'/' replaced by '_'");
  check_renamed(mapped({"a/b"}, kDotInbox), "INBOX.a_b", "a/b", "'/' replaced by '_'");
  check_renamed(mapped({"50%*"}, kSlash), "50__", "50%*",
                "'%' replaced by '_', '*' replaced by '_'");
  check_renamed(mapped({"a\tb\xc2\x85"}, kSlash), "a_b_", "a\tb\xc2\x85",
                "control characters replaced by '_'");
  check_renamed(mapped({"  a  "}, kSlash), "a", "  a  ", "spaces at the ends removed");
  check_renamed(mapped({"a", "", "b"}, kSlash), "a/_/b", "a//b", "empty name replaced by '_'");
  check_renamed(mapped({"a", "..", "."}, kSlash), "a/__/_", "a/../.", "'.' replaced by '_'");
  check_renamed(mapped({"~a", "~b"}, kSlash), "_a/~b", "~a/~b", "'~' replaced by '_'");
  check_renamed(mapped({"~a"}, kDotInbox), "INBOX._a", "~a", "'~' replaced by '_'");
  check_renamed(mapped({"#a"}, kSlash), "_a", "#a", "'#' replaced by '_'");
  check_unchanged(mapped({"#a"}, kDotInbox), "INBOX.#a");
  CHECK(name({}, kSlash) == "_");
}

TEST_CASE("a level of more than 255 bytes is cut between two characters") {
  const std::string long_name = std::string(254, 'a') + "\u00e9\u00e9";
  const MappedName cut = mapped({long_name}, kSlash);
  check_renamed(cut, std::string(254, 'a'), long_name, "cut to 255 bytes");
  check_unchanged(mapped({std::string(255, 'a')}, kSlash), std::string(255, 'a'));
}

TEST_CASE("without a hierarchy the levels are joined") {
  check_renamed(mapped({"a", "b"}, kFlat), "a_b", "a/b", "levels joined by '_'");
  check_unchanged(mapped({"a.b"}, kFlat), "a.b");
  CHECK(name({"inbox", "b"}, kFlat) == "INBOX_b");
  CHECK(name({"a"}, kFlat, in_mailbox("Old")) == "Old_a");
}

TEST_CASE("a special folder goes to the mailbox that the server marks so") {
  const ServerNames server = with_special_use();
  check_renamed(mapped({"Gesendet"}, server), "Sent Messages", "Gesendet", "special use \\Sent");
  CHECK(mapped({"Gesendet"}, server).deliberate);
  check_unchanged(mapped({"Sent Messages"}, server), "Sent Messages");
  CHECK(name({"Sent"}, server) == "Sent Messages");
  CHECK(name({"Brouillons"}, server) == "Drafts");
  CHECK(name({"Posta indesiderata"}, server) == "Junk");
  CHECK(name({"Papelera"}, server) == "Trash");
  CHECK(name({"Arquivo"}, server) == "Archives");
  check_renamed(mapped({"Postvak IN", "x"}, server), "INBOX/x", "Postvak IN/x",
                "the inbox by another name");
  CHECK(name({"[Gmail]", "Sent Mail"}, server) == "Sent Messages");
  CHECK(name({"[Gmail]", "All Mail"}, server) == "[Gmail]/All Mail");
}

TEST_CASE("what is below a special folder goes below the mailbox") {
  check_renamed(mapped({"Gesendet", "2019"}, with_special_use()), "Sent Messages/2019",
                "Gesendet/2019", "special use \\Sent");
  CHECK(mapped({"Gesendet", "2019"}, with_special_use()).deliberate);
  CHECK_FALSE(mapped({"Gesendet", "20*"}, with_special_use()).deliberate);
  CHECK(name({"Work", "Gesendet"}, with_special_use()) == "Work/Gesendet");
}

TEST_CASE("case and accents do not count in the names of special folders") {
  const ServerNames server = with_special_use();
  CHECK(name({"GESENDETE OBJEKTE"}, server) == "Sent Messages");
  CHECK(name({"\u00c9l\u00e9ments envoy\u00e9s"}, server) == "Sent Messages");
  CHECK(name({"\u00e9L\u00c9MENTS ENVOY\u00c9S"}, server) == "Sent Messages");
  CHECK(name({"E\u0301le\u0301ments envoye\u0301s"}, server) == "Sent Messages");
  CHECK(name({"Elements envoyes"}, server) == "Sent Messages");
  CHECK(name({"ENTW\u00dcRFE"}, server) == "Drafts");
}

TEST_CASE("a server that marks nothing has a mailbox of the same purpose found by name") {
  ServerNames server = kDotInbox;
  CHECK(name({"Gesendet"}, server) == "INBOX.Gesendet");
  server.mailboxes.push_back({"INBOX.Gesendet", "", true});
  server.mailboxes.push_back({"INBOX.Sent", "", true});
  CHECK(name({"Elementi inviati"}, server) == "INBOX.Sent");
  check_unchanged(mapped({"Gesendet"}, server), "INBOX.Gesendet");
}

TEST_CASE(
    "special use is left alone when the user does not want it, or the mailbox cannot be opened") {
  MappingRules rules;
  rules.special_use = false;
  check_unchanged(mapped({"Gesendet"}, with_special_use(), rules), "Gesendet");
  ServerNames server = kSlash;
  server.mailboxes.push_back({"Sent Messages", "\\Sent", false});
  CHECK(name({"Gesendet"}, server) == "Gesendet");
}

TEST_CASE("a folder called like the server's own special mailbox is that mailbox") {
  ServerNames server = kSlash;
  server.mailboxes.push_back({"Objects sent", "\\Sent", true});
  const MappedName own = mapped({"Objects sent"}, server);
  check_unchanged(own, "Objects sent");
  CHECK(own.deliberate);
}

TEST_CASE("folders that only sound special keep their names") {
  for (const std::string other : {"Templates", "Outbox", "Unsent Messages", "Important", "Sent2"})
    check_unchanged(mapped({other}, with_special_use()), other);
}

TEST_CASE("an existing mailbox in another case is told") {
  ServerNames server = kSlash;
  server.mailboxes.push_back({"\u00c9t\u00e9", "", true});
  const auto mapper = Mapper::create({}, server);
  REQUIRE(mapper);
  const auto notice = mapper->case_notice(mapper->map_folder({"\u00e9t\u00c9"}, true));
  REQUIRE(notice);
  CHECK(notice->find("'\u00e9t\u00c9' is not '\u00c9t\u00e9'") != std::string::npos);
  CHECK_FALSE(mapper->case_notice(mapper->map_folder({"\u00c9t\u00e9"}, true)));
  CHECK_FALSE(mapper->case_notice(mapper->map_folder({"Ete"}, true)));
}

TEST_CASE("a single mbox that is named after the account is its INBOX") {
  MappingRules rules;
  rules.owner = "Alice@example.org";
  for (const std::string file : {"alice@example.org", "ALICE@Example.org", "alice"}) {
    check_renamed(mapped({file}, kDotInbox, rules, false), "INBOX", file,
                  "named after the account");
    CHECK(name({file}, kSlash, rules, true) == file);
  }
  CHECK(name({"alice.b"}, kSlash, rules, false) == "alice.b");
  CHECK(name({"example.org"}, kSlash, rules, false) == "example.org");
  CHECK(name({"alice", "alice"}, kSlash, rules, false) == "alice/alice");
  rules.subfolder = "Old";
  CHECK(name({"alice"}, kSlash, rules, false) == "Old/alice");
  rules.subfolder.clear();
  rules.maps = {{"alice", "Mine"}};
  CHECK(name({"alice"}, kSlash, rules, false) == "Mine");
  rules.maps.clear();
  rules.mailbox = "Here";
  CHECK(name({"alice"}, kSlash, rules, false) == "Here");
  CHECK(name({"alice"}, kSlash, {}, false) == "alice");
}
