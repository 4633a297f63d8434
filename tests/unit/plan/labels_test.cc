// SPDX-License-Identifier: Apache-2.0
// Gmail labels to mailboxes and keywords.
#include "mboxferry/plan/labels.h"

#include <catch2/catch.hpp>

#include "mboxferry/plan/mapping.h"

using namespace mboxferry;
using namespace mboxferry::plan;

namespace {

using Names = std::vector<std::string>;

const ServerNames kGermanServer{"",
                                '/',
                                {{"INBOX", "", true},
                                 {"Gesendet", "\\Sent", true},
                                 {"Entwürfe", "\\Drafts", true},
                                 {"Spam", "\\Junk", true},
                                 {"Papierkorb", "\\Trash", true},
                                 {"Archiv", "\\Archive", true}}};
const ServerNames kBare{"INBOX.", '.', {{"INBOX", "", true}}};

MappedName mapped_label(const std::string& label, const ServerNames& server,
                        MappingRules rules = {}) {
  const auto mapper = Mapper::create(std::move(rules), server);
  REQUIRE(mapper);
  return mapper->map_label(label);
}

std::string label_name(const std::string& label, const ServerNames& server,
                       MappingRules rules = {}) {
  return mapped_label(label, server, std::move(rules)).name;
}

}  // namespace

TEST_CASE("the first label that names a mailbox gets the message, the user's others are keywords") {
  const auto choice = choose_labels(
      {"Unread", "Important", "Inbox", "Work", "Home", "Category Updates"}, LabelPolicy::first);
  CHECK(choice.mailboxes == Names{"Inbox"});
  CHECK(choice.keywords == Names{"$Important", "Category Updates", "Work", "Home"});
  CHECK(choose_labels({"Opened", "Work", "Inbox"}, LabelPolicy::first).mailboxes == Names{"Work"});
  CHECK(choose_labels({"Work", "Home"}, LabelPolicy::first).keywords == Names{"Home"});
}

TEST_CASE("with all labels a message goes into every mailbox once") {
  const auto choice =
      choose_labels({"Inbox", "Work", "Archived", "Work", "Sent", "Starred"}, LabelPolicy::all);
  CHECK(choice.mailboxes == Names{"Inbox", "Work", "Sent"});
  CHECK(choice.keywords.empty());
}

TEST_CASE("a message in Spam or Trash goes only there") {
  for (const LabelPolicy policy : {LabelPolicy::first, LabelPolicy::all}) {
    const auto choice = choose_labels({"Inbox", "Work", "Trash"}, policy);
    CHECK(choice.mailboxes == Names{"Trash"});
    CHECK(choice.keywords == Names{"Work"});
    CHECK(choose_labels({"Sent", "Spam"}, policy).mailboxes == Names{"Spam"});
  }
}

TEST_CASE("archived counts where nothing else names a mailbox") {
  for (const LabelPolicy policy : {LabelPolicy::first, LabelPolicy::all}) {
    CHECK(choose_labels({"Archived", "Opened"}, policy).mailboxes == Names{"Archived"});
    CHECK(choose_labels({"Archived", "Sent"}, policy).mailboxes == Names{"Sent"});
    CHECK(choose_labels({"Opened", "Starred"}, policy).mailboxes.empty());
    CHECK(choose_labels({}, policy).mailboxes.empty());
    CHECK(choose_labels({"Chat"}, policy).mailboxes == Names{"Chats"});
  }
}

TEST_CASE("keywords that Gmail was given over IMAP stay keywords") {
  const auto choice = choose_labels({"IMAP_$Forwarded", "Inbox"}, LabelPolicy::all);
  CHECK(choice.mailboxes == Names{"Inbox"});
  CHECK(choice.keywords == Names{"$Forwarded"});
}

TEST_CASE("labels in another language go where the English ones do") {
  const auto choice = choose_labels({"Posteingang", "Wichtig", "Arbeit"}, LabelPolicy::first);
  CHECK(choice.mailboxes == Names{"Posteingang"});
  CHECK(choice.keywords == Names{"$Important", "Arbeit"});
  CHECK(label_name("Posteingang", kBare) == "INBOX");
  CHECK(label_name("送信済み", kGermanServer) == "Gesendet");
  CHECK(label_name("Archiviert", kGermanServer) == "Archiv");
  CHECK(label_name("Archiviert", kBare) == "INBOX.Archive");
}

TEST_CASE("without a policy labels name no mailbox, and the user's stay as keywords") {
  const auto choice = choose_labels({"Inbox", "Trash", "Work", "Important"}, LabelPolicy::none);
  CHECK(choice.mailboxes.empty());
  CHECK(choice.keywords == Names{"$Important", "Work"});
}

TEST_CASE("the user's labels become mailboxes with their levels") {
  CHECK(label_name("Work/2019", kGermanServer) == "Work/2019");
  CHECK(label_name("Work/2019", kBare) == "INBOX.Work.2019");
  CHECK(label_name("a.b", kBare) == "INBOX.a_b");
  CHECK(label_name("[Imap]/Work", kGermanServer) == "Work");
  CHECK(label_name("[Gmail]/Sent Mail", kGermanServer) == "Gesendet");
  CHECK_FALSE(mapped_label("Work", kGermanServer).deliberate);
  CHECK(mapped_label("[Imap]/Work", kGermanServer).renamed_from == "[Imap]/Work");
  CHECK(mapped_label("[Imap]/Work", kGermanServer).why == "without [Imap]");
  CHECK(mapped_label("[Gmail]/Sent Mail", kGermanServer).why == "special use \\Sent");
  CHECK(label_name("[Gmail]/", kGermanServer) == "[Gmail]/_");
}

TEST_CASE("Gmail's own labels go by their special use") {
  CHECK(label_name("Inbox", kGermanServer) == "INBOX");
  CHECK(label_name("Sent", kGermanServer) == "Gesendet");
  CHECK(label_name("Drafts", kGermanServer) == "Entwürfe");
  CHECK(label_name("Spam", kGermanServer) == "Spam");
  CHECK(label_name("Trash", kGermanServer) == "Papierkorb");
  CHECK(label_name("Archived", kGermanServer) == "Archiv");
  CHECK(mapped_label("Sent", kGermanServer).deliberate);
  CHECK(label_name("Sent", kBare) == "INBOX.Sent");
  CHECK(label_name("Inbox", kBare) == "INBOX");
  CHECK(label_name("Archived", kBare) == "INBOX.Archive");
  CHECK(label_name("Chats", kBare) == "INBOX.Chats");
}

TEST_CASE("labels follow --map, --subfolder and --no-special-use as folders do") {
  MappingRules rules;
  rules.maps = {{"Sent", "Mine"}, {"Work", "INBOX"}};
  CHECK(label_name("Sent", kGermanServer, rules) == "Mine");
  CHECK(label_name("[Gmail]/Sent", kGermanServer, rules) == "Mine");
  CHECK(label_name("Work/2019", kGermanServer, rules) == "INBOX/2019");
  MappingRules below;
  below.subfolder = "Takeout";
  CHECK(label_name("Sent", kGermanServer, below) == "Takeout/Sent");
  CHECK(label_name("Inbox", kGermanServer, below) == "Takeout/Inbox");
  CHECK(label_name("Archived", kGermanServer, below) == "Takeout/Archive");
  CHECK(label_name("Work/2019", kBare, below) == "INBOX.Takeout.Work.2019");
  MappingRules plain;
  plain.special_use = false;
  CHECK(label_name("Sent", kGermanServer, plain) == "Sent");
  CHECK(label_name("Inbox", kGermanServer, plain) == "INBOX");
}
