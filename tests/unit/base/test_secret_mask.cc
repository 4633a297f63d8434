// SPDX-License-Identifier: Apache-2.0
// Secrets in texts of others.
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "mboxferry/base/base64.h"
#include "mboxferry/base/secret_mask.h"

namespace mboxferry {
namespace {

SecretMask mask_of(std::string_view secret) {
  SecretMask mask;
  mask.hide(Secret(std::string(secret)));
  return mask;
}

TEST_CASE("a secret is masked in every spelling that services give what they were told") {
  const SecretMask mask = mask_of("Tr0ub4dor&3-\"Z\\\xc3\xa9 b");
  for (const std::string_view spelled :
       {"Tr0ub4dor&3-\"Z\\\xc3\xa9 b", "Tr0ub4dor%263-%22Z%5C%C3%A9%20b",
        "Tr0ub4dor%263-%22Z%5c%c3%a9+b",
        "%54%72%30%75%62%34%64%6f%72%26%33%2d%22%5a%5c%c3%a9%20%62", "Tr0ub4dor&3-=22Z\\=C3=A9 b",
        "Tr0ub4dor&3-\\\"Z\\\\\xc3\xa9 b", "Tr0ub4dor\\u00263-\\\"Z\\\\\\u00e9 b",
        "Tr0ub4dor\\x263-\\\"Z\\\\\\xc3\\xa9 b", "547230756234646f7226332d225a5cc3a92062",
        "547230756234646F7226332D225A5CC3A92062"}) {
    INFO(spelled);
    CHECK(mask.masked("<" + std::string(spelled) + ">") == "<***>");
  }
  CHECK(mask.masked("Tr0ub4dor&3-\"Z\\") == "Tr0ub4dor&3-\"Z\\");
}

TEST_CASE("beyond the first plane a character is two escapes of JSON") {
  CHECK(mask_of("key\U0001f511.").masked("\"key\\ud83d\\udd11.\"") == "\"***\"");
  CHECK(mask_of("key").masked("\\ud83d\\u0041 \\udd11 \\ud83d \\u12") ==
        "\\ud83d\\u0041 \\udd11 \\ud83d \\u12");
}

TEST_CASE("of Base64 that holds a secret, nothing is shown that the secret alone decides") {
  const std::string secret = "correct?>horse~battery";
  const SecretMask mask = mask_of(secret);
  for (std::string before = "\x01"; before.size() < 8; before += "u") {
    for (const std::string behind : {"", "\x02", "bcd"}) {
      const std::string all = before + secret + behind;
      for (const std::string& text : {base64(all), base64url(all)}) {
        const std::string shown = mask.masked("NO " + text + " is wrong");
        INFO(text << " became " << shown);
        CHECK(shown.find("***") != std::string::npos);
        // A digit at each end belongs to its neighbour as well.
        CHECK(shown.size() <= text.size() + 15 - secret.size() * 4 / 3 + 3);
      }
    }
  }
  CHECK(mask_of("a").masked("YQ== or yQ") == "YQ== or yQ");
}

TEST_CASE("several secrets, one within another, and again and again") {
  SecretMask mask = mask_of("open");
  mask.hide(Secret(std::string("opensesame")));
  mask.hide({});
  CHECK(mask.masked("opensesameopen openly") == "****** ***ly");
  CHECK(SecretMask().masked("open") == "open");
}

TEST_CASE("a secret that begins within what is shown is masked, and none behind it") {
  const SecretMask mask = mask_of("sesame");
  CHECK(mask.masked("open sesame", 5) == "open ");
  CHECK(mask.masked("open sesame", 6) == "open ***");
  CHECK(mask.masked("open%73%65%73%61%6d%65", 5) == "open***");
  CHECK(mask.longest_spelling() == 36);
}

}  // namespace
}  // namespace mboxferry
