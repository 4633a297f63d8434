// SPDX-License-Identifier: Apache-2.0
// A job's settings as the journal keeps them.
#include "transfer/settings_text.h"

#include <catch2/catch.hpp>

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
