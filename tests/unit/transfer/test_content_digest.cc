// SPDX-License-Identifier: Apache-2.0
// The content digest of encoded bytes is that of any bytes.
#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "transfer/index/content_digest.h"

namespace mboxferry::test {
namespace {

constexpr transfer::ContentKey kKey{{7}, true};

message::Mac of_wire(std::string_view wire) {
  transfer::ContentDigest digest(kKey);
  digest.update(wire);
  return digest.finish();
}

/// What the index pass does: pieces of an encoder's output, as they come.
message::Mac of_raw(transfer::ContentDigest& digest, std::string_view raw, std::size_t piece,
                    std::string& wire) {
  message::WireEncoder encoder({});
  const message::ByteConsumer consume = [&](std::string_view bytes) {
    wire += bytes;
    digest.update_encoded(bytes);
  };
  for (std::size_t at = 0; at < raw.size(); at += piece)
    encoder.feed(raw.substr(at, piece), consume);
  encoder.finish(consume);
  return digest.finish();
}

TEST_CASE("the bytes of an encoder have the same digest whether or not their origin is known") {
  using namespace std::string_view_literals;
  constexpr auto kLetters = "\n\n\r\r>: aStatus\0From "sv;
  std::mt19937 random(11);
  transfer::ContentDigest digest(kKey);
  for (int round = 0; round < 3000; ++round) {
    std::string raw = round % 3 == 0 ? "Status: RO\nSubject: x\n\n" : "";
    for (auto left = random() % 80; left > 0; --left) raw += kLetters[random() % kLetters.size()];
    std::string wire;
    const message::Mac found = of_raw(digest, raw, 1 + random() % 40, wire);
    INFO(raw);
    REQUIRE(found == of_wire(wire));
  }
}

TEST_CASE("a dropped status field and a NUL shown as 0x80 leave the digest as it was") {
  const message::Mac expected = of_wire("Subject: x\r\n\r\nab\x80\r\n");
  CHECK(of_wire("Status: RO\r\nSubject: x\r\n\r\nab\x80\r\n") == expected);
  CHECK(of_wire(std::string_view("Subject: x\r\n\r\nab\0\r\n", 19)) == expected);
  CHECK(of_wire("Subject: x\r\n\r\nac\x80\r\n") != expected);
}

TEST_CASE("journals of before format 6 keep labels in their digests") {
  const auto digest_of = [](std::string_view wire, bool without_marks) {
    transfer::ContentDigest digest({{7}, without_marks});
    digest.update(wire);
    return digest.finish();
  };
  constexpr const char* kOne = "X-Gmail-Labels: a\r\nA: b\r\n\r\nx\r\n";
  constexpr const char* kOther = "X-Gmail-Labels: b,c\r\nA: b\r\n\r\nx\r\n";
  CHECK(digest_of(kOne, true) == digest_of(kOther, true));
  CHECK(digest_of(kOne, true) == digest_of("A: b\r\n\r\nx\r\n", false));
  CHECK(digest_of(kOne, false) != digest_of(kOther, false));
}

}  // namespace
}  // namespace mboxferry::test
