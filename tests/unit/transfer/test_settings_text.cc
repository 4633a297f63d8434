// SPDX-License-Identifier: Apache-2.0
// A job's settings as the journal keeps them.
#include <catch2/catch.hpp>

#include "mboxferry/transfer/settings.h"
#include "transfer/source/settings_text.h"

using namespace mboxferry;
using namespace mboxferry::transfer;

namespace {

JobSettings read_back(const JobSettings& settings) {
  const auto found = settings_of({"a@b:993", "/mail/a\n/mail/b c\n", settings_text(settings)});
  REQUIRE(found);
  CHECK(found->archives == std::vector<std::string>{"/mail/a", "/mail/b c"});
  CHECK(settings_text(*found) == settings_text(settings));
  return *found;
}

}  // namespace

TEST_CASE("settings that nobody changed come back from the journal") {
  const JobSettings found = read_back({});
  CHECK_FALSE(found.mapping.mailbox);
  CHECK(found.mapping.special_use);
  CHECK(found.dedupe == journal::Dedupe::none);
  CHECK(found.index.default_flags == message::kSeen);
  CHECK(found.index.date_order.empty());
}

TEST_CASE("every setting comes back from the journal") {
  JobSettings settings;
  settings.mapping.mailbox = "Old/\xC3\x9C";
  settings.mapping.subfolder = "Sub";
  settings.mapping.special_use = false;
  settings.mapping.maps = {{"a=b", "c=d"}, {"x\\y", "z"}, {"Lists/*", ""}};
  settings.include = {"one*", "two=2"};
  settings.exclude = {"three"};
  settings.labels = plan::LabelPolicy::all;
  settings.dedupe = journal::Dedupe::content;
  settings.skip_existing = true;
  settings.index.dialect = mbox::Dialect::mboxo;
  settings.index.date_order = {message::DateSource::header, message::DateSource::envelope};
  settings.index.default_flags = 0;
  settings.index.include_expunged = true;
  settings.index.keep_deleted_flag = true;
  settings.index.strip_status_headers = true;
  const JobSettings found = read_back(settings);
  REQUIRE(found.mapping.maps.size() == 3);
  CHECK(found.mapping.maps[0].from == "a=b");
  CHECK(found.mapping.maps[0].to == "c=d");
  CHECK(found.mapping.maps[1].from == "x\\y");
  CHECK(found.mapping.mailbox == settings.mapping.mailbox);
  CHECK(found.include == settings.include);
  CHECK(found.labels == settings.labels);
  CHECK(found.dedupe == settings.dedupe);
  CHECK(found.index.date_order == settings.index.date_order);
  CHECK(found.index.default_flags == 0);
}

TEST_CASE("what is done about senders is a setting, and which entries there are is none") {
  JobSettings settings;
  CHECK(settings_text(settings).find("blocked=") == std::string::npos);
  settings.senders.lists = std::make_shared<const policy::SenderLists>();
  settings.senders.blocked = transfer::BlockedMail::tag;
  settings.senders.rescue_allowed = true;
  settings.senders.judging = {true, true, "mx.example.org"};
  const JobSettings found = read_back(settings);
  CHECK(found.senders.any());
  CHECK(found.senders.blocked == transfer::BlockedMail::tag);
  CHECK(found.senders.rescue_allowed);
  CHECK(found.senders.judging.block_wins);
  CHECK(found.senders.judging.sender_field);
  CHECK(found.senders.judging.authserv_id == "mx.example.org");
  settings.senders.sources = {
      {"/a b/my list", policy::ListScope::account, policy::EntryKind::block},
      {"/all", policy::ListScope::global, policy::EntryKind::allow}};
  settings.senders.allow_wide = true;
  const auto files = transfer::rules_from_files_text(transfer::files_text(settings.senders));
  REQUIRE(files);
  REQUIRE(files->sources.size() == 2);
  CHECK(files->sources[0].path == "/a b/my list");
  CHECK(files->sources[1].scope == policy::ListScope::global);
  CHECK(files->sources[1].before_sections == policy::EntryKind::allow);
  CHECK(files->allow_wide);
  CHECK_FALSE(transfer::rules_from_files_text("nobody block /x\n"));
}

TEST_CASE("settings that are not understood are told, not guessed") {
  const std::string good = settings_text({});
  for (const std::string& text : {good + "new-setting=1\n", good.substr(1), std::string(),
                                  good.substr(0, good.size() - 1), good + "dedupe=sometimes\n"}) {
    INFO(text);
    const auto found = settings_of({"a@b:993", "/mail/a\n", text});
    REQUIRE_FALSE(found);
    CHECK(found.error().code == ErrorCode::configuration);
  }
}
