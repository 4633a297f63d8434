// SPDX-License-Identifier: Apache-2.0
// Gmac: known codes and reuse.
#include <catch2/catch.hpp>
#include <utility>

#include "mboxferry/message/gmac.h"

namespace mboxferry::message {
namespace {

constexpr MacKey kKey{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
// printf abc | openssl mac -cipher AES-128-GCM -macopt hexkey:000102…0e0f \
//   -macopt hexiv:000000000000000000000000 -in - GMAC
constexpr Mac kAbc{0x71, 0xc9, 0x7e, 0x72, 0x65, 0x17, 0x6a, 0xbb,
                   0x1e, 0xa4, 0x35, 0x38, 0x47, 0x43, 0x29, 0x3d};
// The first test case of the proposal of GCM by McGrew and Viega: key, nonce and text all zero or
// empty.
constexpr Mac kEmptyOfZeroKey{0x58, 0xe2, 0xfc, 0xce, 0xfa, 0x7e, 0x30, 0x61,
                              0x36, 0x7f, 0x1d, 0x57, 0xa4, 0xe7, 0x45, 0x5a};

Mac mac_of(std::string_view text, const MacKey& key = kKey) {
  Gmac mac(key);
  mac.update(text);
  return mac.finish();
}

TEST_CASE("the code of known text is what others compute") {
  CHECK(mac_of("abc") == kAbc);
  CHECK(mac_of("", MacKey{}) == kEmptyOfZeroKey);
}

TEST_CASE("pieces and whole give one code, and a finished one starts anew") {
  Gmac mac(kKey);
  mac.update("a");
  mac.update("");
  mac.update("bc");
  CHECK(mac.finish() == kAbc);
  CHECK(mac.finish() == mac_of(""));
  Gmac moved = std::move(mac);
  moved.update("abc");
  CHECK(moved.finish() == kAbc);
}

TEST_CASE("another key or another text gives another code") {
  CHECK(mac_of("abc", MacKey{}) != kAbc);
  CHECK(mac_of("abd") != kAbc);
  CHECK(mac_of(std::string_view("abc\0", 4)) != kAbc);
}

}  // namespace
}  // namespace mboxferry::message
