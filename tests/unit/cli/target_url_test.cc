// SPDX-License-Identifier: Apache-2.0
// The URL of --to.
#include "cli/target_url.h"

#include <catch2/catch.hpp>

using namespace mboxferry;
using namespace mboxferry::cli;

TEST_CASE("a target URL is taken apart and percent-decoded") {
  const auto url = parse_target_url("imaps://a%40b.ch@imap.example.org:10993/Old%20mail/%C3%9Cber");
  REQUIRE(url);
  CHECK(url->user == "a@b.ch");
  CHECK(url->host == "imap.example.org");
  CHECK(url->port == 10993);
  CHECK(url->mailbox ==
        "Old mail/\xc3\x9c"
        "ber");
}

TEST_CASE("what a target URL leaves out stays empty") {
  for (const char* text : {"imaps://alice@host", "imaps://alice@host/", "IMAPS://alice@host:/"}) {
    const auto url = parse_target_url(text);
    REQUIRE(url);
    CHECK(url->user == "alice");
    CHECK(url->host == "host");
    CHECK_FALSE(url->port);
    CHECK_FALSE(url->mailbox);
  }
  CHECK(parse_target_url("imaps://host/Box")->user.empty());
}

TEST_CASE("an IPv6 address loses its brackets") {
  const auto url = parse_target_url("imaps://alice@[2001:db8::1]:993/A");
  REQUIRE(url);
  CHECK(url->host == "2001:db8::1");
  CHECK(url->port == 993);
  CHECK(parse_target_url("imaps://alice@[::1]")->host == "::1");
}

TEST_CASE("a user name with a bare @ works as people write it") {
  const auto url = parse_target_url("imaps://alice@example.org@imap.example.org/A@B");
  REQUIRE(url);
  CHECK(url->user == "alice@example.org");
  CHECK(url->host == "imap.example.org");
  CHECK(url->mailbox == "A@B");
}

TEST_CASE("a URL with a password is refused, and no error repeats any of it") {
  for (const char* text :
       {"imaps://alice:hunter2@host/A", "imaps://alice:hunter2@x@host", "imaps://al%3a:hunter2@h",
        "imaps://alice:hun/hunter2@host/A", "imaps://alice@host:hunter2/A", "hunter2",
        "imaps://alice@host/%hunter2", "imaps://alice@[hunter2", "imaps://alice@[::1]hunter2/",
        "imaps://alice:hunter2", "imap://alice:hunter2@host/"}) {
    INFO(text);
    const auto url = parse_target_url(text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::usage);
    CHECK(describe(url.error()).find("hunter2") == std::string::npos);
    CHECK(describe(url.error()).find("alice") == std::string::npos);
  }
}

TEST_CASE("a URL that cannot be is refused") {
  for (const char* text : {"", "imaps:", "imaps://", "imaps:///A", "imap://a@h/", "http://a@h/",
                           "imaps://a@h:0/", "imaps://a@h:65536/", "imaps://a@h:-1/",
                           "imaps://a@h:99x/", "imaps://a@h/%", "imaps://a@h/%4", "imaps://a@h/%zz",
                           "imaps://a@h/%00", "imaps://%00@h/", "imaps://a@h/%ff", "imaps://a@"}) {
    INFO(text);
    CHECK_FALSE(parse_target_url(text));
  }
}
