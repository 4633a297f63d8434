// SPDX-License-Identifier: Apache-2.0
// Mailboxes: made, opened, listed, absent, empty.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "contract_server.h"
#include "mboxferry/imap/server_knowledge.h"
#include "mboxferry/message/metadata.h"

using namespace mboxferry;
using namespace mboxferry::imap;
using namespace mboxferry::contract;

namespace {

const ListedMailbox* find(const std::vector<ListedMailbox>& listed, const std::string& name) {
  const auto found = std::find_if(listed.begin(), listed.end(),
                                  [&](const ListedMailbox& one) { return one.name == name; });
  return found == listed.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("the server offers what its variant does not hide") {
  const auto target = connected();
  const Capabilities& can = target->capabilities();
  CHECK(can.uidplus == !is_hidden("UIDPLUS"));
  // Courier has neither.
  const bool has_batches = server() != Server::courier;
  CHECK(can.multiappend == (has_batches && !is_hidden("MULTIAPPEND")));
  CHECK(can.literal_plus == (has_batches && !is_hidden("LITERAL+")));
  CHECK(can.name_space == !is_hidden("NAMESPACE"));
  CHECK(target->mode() == choose_append_mode(can, AppendMode::automatic));
}

TEST_CASE("a mailbox is created once and listed under its own name") {
  const auto target = connected();
  const auto space = target->personal_namespace();
  REQUIRE(space);
  CHECK(space->prefix == (is_hidden("NAMESPACE") ? "" : name_space().prefix));
  CHECK(space->separator == name_space().separator);
  std::vector<std::string> names{
      "Gr\xc3\xbc\xc3\x9f"
      "e & \xe6\x97\xa5\xe6\x9c\xac",
      "a-&-b", "with (parentheses)", "Parent/Child"};
  // Cyrus takes none of these.
  if (server() != Server::cyrus) {
    names.insert(names.end(), {"\"quotes\"", "back\\slash", "{braces}"});
  }
  for (const std::string& plain : names) {
    INFO(plain);
    const std::string name = fresh_mailbox(*target, plain);
    CHECK(target->create(name));
    CHECK(target->subscribe(name));
    const auto mailboxes = target->list();
    if (!mailboxes) FAIL(describe(mailboxes.error()));
    const ListedMailbox* listed = find(*mailboxes, name);
    REQUIRE(listed != nullptr);
    CHECK(listed->selectable);
    CHECK(listed->separator == name_space().separator);
    CHECK(std::count_if(mailboxes->begin(), mailboxes->end(),
                        [&](const ListedMailbox& one) { return one.name == name; }) == 1);
    CHECK(target->select(name));
  }
  CHECK(target->create("inbox"));
  target->log_out();
}

TEST_CASE("a mailbox is made, subscribed to and opened at once, also when it is there") {
  const auto target = connected();
  const std::string name = own_name("Open \xc3\xa9");
  std::uint32_t uid_validity = 0;
  for (int i = 0; i < 2; ++i) {
    const auto opened = target->open_mailbox(name, true);
    if (!opened) FAIL(describe(opened.error()));
    CHECK(opened->uid_validity > 0);
    // Courier does not say it, and it is not asked about an empty mailbox.
    CHECK(opened->uid_next == (server() == Server::courier ? 0 : 1));
    CHECK(opened->exists == 0);
    if (i > 0) CHECK(opened->uid_validity == uid_validity);
    uid_validity = opened->uid_validity;
  }
  CHECK(target->open_mailbox(name, false));
  const auto refused = target->open_mailbox("bad\nname", true);
  REQUIRE(!refused);
  CHECK(refused.error().scope == ErrorScope::mailbox);
  const auto tree = target->mailbox_tree();
  if (!tree) FAIL(describe(tree.error()));
  CHECK(find(tree->listed, name) != nullptr);
  CHECK(tree->name_space.separator == name_space().separator);
  target->log_out();
}

TEST_CASE("UIDNEXT and the number of messages are told for a mailbox that is not selected") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "counted");
  const std::string other = fresh_mailbox(*target, "other");
  const auto before = target->status(name);
  if (!before) FAIL(describe(before.error()));
  CHECK(before->exists == 0);
  CHECK(before->uid_next == 1);
  Texts source = texts_of(3);
  store(*target, name, heads_of(source), source);
  REQUIRE(target->select(other));
  const auto after = target->status(name);
  REQUIRE(after);
  CHECK(after->exists == 3);
  CHECK(after->uid_next == 4);
  CHECK(after->uid_validity == before->uid_validity);
  const auto selected = target->select(name);
  REQUIRE(selected);
  CHECK(selected->exists == 3);
  CHECK(selected->uid_next == 4);
  CHECK(selected->uid_validity == before->uid_validity);
  CHECK(selected->permanent_flags.any_keyword);
  CHECK((selected->permanent_flags.system & message::kSeen) != 0);
}

TEST_CASE("the selected mailbox shows what came from elsewhere") {
  const auto target = connected();
  const std::string name = fresh_mailbox(*target, "shared");
  REQUIRE(target->select(name));
  const auto elsewhere = connected();
  Texts source = texts_of(2);
  store(*elsewhere, name, heads_of(source), source);
  CHECK(target->status(name)->exists == 2);
  std::size_t seen = 0;
  REQUIRE(target->fetch({1, 0xffffffff}, {}, [&](const FetchedMessage&) {
    ++seen;
    return ok();
  }));
  CHECK(seen == 2);
}

TEST_CASE("an absent mailbox is an error of scope mailbox, and the connection goes on") {
  const auto target = connected();
  const std::string name = own_name("No such mailbox");
  const auto selected = target->select(name);
  REQUIRE(!selected);
  CHECK(selected.error().code == ErrorCode::refused);
  CHECK(selected.error().scope == ErrorScope::mailbox);
  const auto status = target->status(name);
  REQUIRE(!status);
  CHECK(status.error().scope == ErrorScope::mailbox);
  CHECK(!target->open_mailbox(name, false));
  const auto created = target->create("bad\nname");
  REQUIRE(!created);
  CHECK(created.error().scope == ErrorScope::mailbox);
  CHECK(target->select("INBOX"));
}

TEST_CASE("quota is told where there is one and is no error where there is none") {
  const auto target = connected();
  const auto quota = target->quota("INBOX");
  if (!quota) FAIL(describe(quota.error()));
  if (!target->capabilities().quota) CHECK(!*quota);
  CHECK(target->quota(own_name("absent too")));
  CHECK(target->select("INBOX"));
}
