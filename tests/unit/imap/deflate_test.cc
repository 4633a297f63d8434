// SPDX-License-Identifier: Apache-2.0
// Raw deflate streams: exact, flushed on demand, bounded.
#include "imap/wire/deflate.h"

#include <array>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

/// Both directions, with what is between them.
class DeflatedWire {
 public:
  DeflatedWire() {
    REQUIRE(deflater);
    REQUIRE(inflater);
  }
  /// All that the other end can read, in pieces of `piece`.
  std::string received(std::size_t piece = 1000) {
    std::string plain;
    std::vector<char> out(piece);
    std::string_view left = sent;
    for (;;) {
      const auto count = inflater->inflate(left, out);
      REQUIRE(count);
      plain.append(out.data(), *count);
      if (*count < piece) break;
    }
    CHECK(left.empty());
    sent.clear();
    return plain;
  }

  std::string sent;
  std::vector<std::size_t> pieces;
  std::unique_ptr<Deflater> deflater = Deflater::create([this](std::string_view bytes) {
    sent += bytes;
    pieces.push_back(bytes.size());
    return ok();
  });
  std::unique_ptr<Inflater> inflater = Inflater::create();
};

std::string random_bytes(std::size_t count) {
  std::mt19937 random(1);
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

}  // namespace

TEST_CASE("what is flushed can be read, all of it, whatever the pieces") {
  DeflatedWire wire;
  for (const std::size_t size : {1u, 100u, 16383u, 16384u, 16385u, 300'000u}) {
    const std::string text = random_bytes(size) + std::string(size, ' ');
    REQUIRE(wire.deflater->write(text));
    REQUIRE(wire.deflater->flush());
    CHECK(wire.received(size % 2 == 0 ? 1 : 777) == text);
  }
}

TEST_CASE("nothing is flushed twice, and small writes wait for more") {
  DeflatedWire wire;
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.empty());
  for (int i = 0; i < 1000; ++i) REQUIRE(wire.deflater->write("a1 NOOP\r\n"));
  CHECK(wire.sent.empty());
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.size() < 500);
  const std::size_t size = wire.sent.size();
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.size() == size);
}

TEST_CASE("output goes away in records") {
  DeflatedWire wire;
  REQUIRE(wire.deflater->write(random_bytes(100'000)));
  REQUIRE(wire.deflater->flush());
  for (std::size_t i = 0; i + 1 < wire.pieces.size(); ++i) CHECK(wire.pieces[i] == 16384);
}

TEST_CASE("text and base64 in turns come out as they went in, and both shrink") {
  DeflatedWire wire;
  std::string mixed;
  std::mt19937 random(2);
  for (int part = 0; part < 40; ++part) {
    for (int i = 0; i < 40'000; ++i) {
      const bool encoded = part % 2 == 0;
      mixed +=
          encoded
              ? "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"[random() % 64]
              : "the quick brown fox jumps over it\n"[random() % 34];
    }
  }
  REQUIRE(wire.deflater->write(mixed));
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.size() < mixed.size() * 3 / 4);
  CHECK(wire.received() == mixed);
}

TEST_CASE("compression can be switched off and on in the middle of the stream") {
  DeflatedWire wire;
  const std::string text(50'000, ' ');
  REQUIRE(wire.deflater->write(text));
  wire.deflater->compress(false);
  REQUIRE(wire.deflater->write(text));
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.size() > text.size());
  CHECK(wire.received() == text + text);
  wire.deflater->compress(true);
  REQUIRE(wire.deflater->write(text));
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.size() < 1000);
  CHECK(wire.received() == text);
}

TEST_CASE("an error of the sink ends the writing") {
  const auto deflater = Deflater::create([](std::string_view) {
    return Error{ErrorCode::unavailable, "gone", ""};
  });
  const auto written = deflater->write(random_bytes(100'000));
  REQUIRE_FALSE(written);
  CHECK(written.error().what == "gone");
}

TEST_CASE("a bomb is unpacked no further than asked for") {
  DeflatedWire wire;
  REQUIRE(wire.deflater->write(std::string(50'000'000, ' ')));
  REQUIRE(wire.deflater->flush());
  CHECK(wire.sent.size() < 300'000);
  std::string_view left = wire.sent;
  std::array<char, 100> out{};
  REQUIRE(wire.inflater->inflate(left, out) == 100);
  CHECK(left.size() > wire.sent.size() / 2);
}

TEST_CASE("bytes that are no stream, and a stream's end, are told") {
  std::array<char, 100> out{};
  std::string_view garbage = "\xff\xff\xff\xff";
  CHECK_FALSE(Inflater::create()->inflate(garbage, out));
  std::string_view end("\x03\x00", 2);  // an empty last block
  CHECK_FALSE(Inflater::create()->inflate(end, out));
}
