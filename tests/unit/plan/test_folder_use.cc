// SPDX-License-Identifier: Apache-2.0
// Which folders sender lists leave alone, and where mail of blocked senders goes.
#include <catch2/catch.hpp>

#include "mboxferry/plan/folder_use.h"
#include "mboxferry/plan/mapping.h"

using namespace mboxferry;
using plan::folder_use;
using plan::FolderUse;

namespace {

plan::MappedName junk_of(plan::MappingRules rules, plan::ServerNames names) {
  auto mapper = plan::Mapper::create(std::move(rules), std::move(names));
  REQUIRE(mapper);
  return mapper->map_junk();
}

}  // namespace

TEST_CASE("what the user wrote or threw away is known by its folder's name in any language") {
  CHECK(folder_use({"Sent"}) == FolderUse::own);
  CHECK(folder_use({"Gesendete Elemente"}) == FolderUse::own);
  CHECK(folder_use({"Brouillons", "2015"}) == FolderUse::own);
  CHECK(folder_use({"Archive", "Papierkorb"}) == FolderUse::own);
  CHECK(folder_use({"[Gmail]", "Sent Mail"}) == FolderUse::own);
  CHECK(folder_use({"vorlagen"}) == FolderUse::own);
  CHECK(folder_use({"Spam"}) == FolderUse::junk);
  CHECK(folder_use({"INBOX", "Sentinel"}) == FolderUse::any);
  CHECK(folder_use({}) == FolderUse::any);
}

TEST_CASE("labels say the same of a message") {
  CHECK(plan::labels_use({"Inbox", "Sent"}) == FolderUse::own);
  CHECK(plan::labels_use({"Spam"}) == FolderUse::junk);
  CHECK(plan::labels_use({"Spam", "Trash"}) == FolderUse::own);
  CHECK(plan::labels_use({"Work"}) == FolderUse::any);
}

TEST_CASE("mail of blocked senders goes where --map, the server or its name say") {
  const plan::ServerNames marked{
      "", '/', {{"Spamverdacht", "", true}, {"Unwanted", "\\Junk", true}}};
  CHECK(junk_of({}, marked).name == "Unwanted");
  CHECK(junk_of({}, {"", '/', {{"Spamverdacht", "", true}}}).name == "Spamverdacht");
  CHECK(junk_of({}, {"INBOX.", '.', {}}).name == "INBOX.Junk");
  plan::MappingRules rules;
  rules.mailbox = "Old";
  CHECK(junk_of(rules, marked).name == "Unwanted");
  rules.maps = {{"Junk", "Quarantine"}};
  CHECK(junk_of(rules, marked).name == "Quarantine");
  CHECK(junk_of(rules, marked).deliberate);
}
