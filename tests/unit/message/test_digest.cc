// SPDX-License-Identifier: Apache-2.0
// Digest: known vectors and reuse.
#include <catch2/catch.hpp>

#include "mboxferry/message/digest.h"

namespace mboxferry::message {
namespace {

constexpr const char* kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* kDigestOfAbc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST_CASE("the digest of known text is the published one") {
  Digest digest;
  CHECK(to_hex(digest.finish()) == kEmpty);
  digest.update("abc");
  CHECK(to_hex(digest.finish()) == kDigestOfAbc);
}

TEST_CASE("pieces and whole give one digest, and a finished digest starts anew") {
  Digest digest;
  digest.update("a");
  digest.update("");
  digest.update("bc");
  CHECK(to_hex(digest.finish()) == kDigestOfAbc);
  CHECK(to_hex(digest.finish()) == kEmpty);
  Digest moved = std::move(digest);
  moved.update("abc");
  CHECK(to_hex(moved.finish()) == kDigestOfAbc);
}

TEST_CASE("a short hash is the first eight bytes of the digest, the first one highest") {
  CHECK(short_hash("abc") == static_cast<std::int64_t>(0xba7816bf8f01cfeaULL));
  CHECK(short_hash("") == static_cast<std::int64_t>(0xe3b0c44298fc1c14ULL));
}

}  // namespace
}  // namespace mboxferry::message
