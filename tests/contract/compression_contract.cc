// SPDX-License-Identifier: Apache-2.0
// Compression changes nothing that is stored.
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

TEST_CASE("compression is switched on and off between batches, and changes nothing that is stored",
          "[direct]") {
  const auto target = connected();
  CHECK(target->capabilities().compress == (server() != Server::courier));
  if (!target->capabilities().compress) return;
  const std::string mailbox = fresh_mailbox(*target, "Compressed");
  Texts source;
  for (std::size_t i = 0; i < 100; ++i) source.texts.push_back(text_of(i, 3000));
  const auto heads = heads_of(source);
  std::vector<std::uint64_t> on_the_wire;
  for (const std::uint64_t batch : {1u, 2u, 3u}) {
    const auto compressed = target->compress(batch == 2);
    if (!compressed) FAIL(describe(compressed.error()));
    CHECK(*compressed == (batch == 2));
    const std::uint64_t before = target->wire_usage().wire_sent;
    REQUIRE(target->append(batch, mailbox, heads, source));
    for (const AppendOutcome& outcome : all_outcomes(*target, heads.size()))
      CHECK(outcome.kind == AppendOutcome::Kind::stored);
    on_the_wire.push_back(target->wire_usage().wire_sent - before);
  }
  CHECK(on_the_wire[1] < on_the_wire[0] / 4);
  CHECK(on_the_wire[2] > on_the_wire[0] * 9 / 10);
  const auto messages = fetched(*target, mailbox);
  REQUIRE(messages.size() == 300);
  for (const std::size_t i : {5u, 150u, 299u}) {
    std::string body;
    REQUIRE(target->fetch_body(messages[i].uid, messages[i].size, [&](std::string_view bytes) {
      body += bytes;
      return ok();
    }));
    CHECK(body == source.texts[i % 100]);
  }
  target->log_out();
}
