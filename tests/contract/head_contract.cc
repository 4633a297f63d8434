// SPDX-License-Identifier: Apache-2.0
// Which heads wait for the server.
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

TEST_CASE("the first use of a flag waits for the server, known ones in any company do not") {
  std::vector<std::string> heads;
  ConnectionOptions options;
  options.trace = [&](std::string_view line) {
    if (line.starts_with("C: ") && line.ends_with('}')) heads.emplace_back(line);
  };
  const auto knowledge = std::make_shared<ServerKnowledge>();
  Texts source;
  for (std::size_t i = 0; i < 6; ++i) source.texts.push_back(text_of(i));
  auto messages = heads_of(source);
  const std::vector<std::uint8_t> flags{message::kSeen,
                                        message::kSeen,
                                        message::kSeen | message::kFlagged,
                                        message::kFlagged,
                                        0,
                                        message::kSeen | message::kFlagged};
  for (std::size_t i = 0; i < 6; ++i) messages[i].flags = flags[i];
  messages[4].keywords = {"NewOne"};
  messages[5].keywords = {"Other"};
  const auto send = [&](const std::string& name) {
    heads.clear();
    auto target = connect(test_account(), options, AppendMode::literal_plus, knowledge);
    REQUIRE(target);
    REQUIRE((*target)->open_mailbox(own_name(name), true));
    REQUIRE((*target)->append(1, own_name(name), messages, source));
    REQUIRE(all_outcomes(**target, 6).size() == 6);
    REQUIRE(heads.size() == 6);
    std::string waited;
    for (const std::string& head : heads) waited += head.ends_with("+}") ? '-' : 'W';
    return waited;
  };
  if (connected()->mode() == AppendMode::synchronizing) {
    CHECK(send("first use") == "WWWWWW");
    return;
  }
  CHECK(send("first use") == "W-W-W-");
  SECTION("another connection knows it too") {
    CHECK(send("first use") == "------");
  }
  SECTION("a mailbox that was selected has a name that the server takes") {
    CHECK(send("first use elsewhere") == "------");
  }
}
