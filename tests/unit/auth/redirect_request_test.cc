// SPDX-License-Identifier: Apache-2.0
// Only the request that belongs to this login ends it.
#include "auth/redirect_request.h"

#include <catch2/catch.hpp>
#include <string>

using namespace mboxferry::auth;

TEST_CASE("a request with the state of the login gives its code") {
  const auto redirect =
      read_redirect("GET /?state=S&code=4%2Fa-b&scope=x+y HTTP/1.1\r\nHost: x\r\n\r\n", "/", "S");
  REQUIRE(redirect);
  CHECK(redirect->code.reveal() == "4/a-b");
  CHECK(redirect->error.empty());
  const auto refused = read_redirect(
      "GET /?error=access_denied&error_description=no%0Away&state=S HTTP/1.0\r\n", "/", "S");
  REQUIRE(refused);
  CHECK(refused->error == "access_denied");
  CHECK(refused->description == "no?way");
  CHECK(refused->code.reveal().empty());
}

TEST_CASE("other requests end nothing") {
  for (const char* line : {"",
                           "GET",
                           "GET /",
                           "GET / HTTP/1.1",
                           "GET /? HTTP/1.1",
                           "GET /?code=a HTTP/1.1",
                           "GET /?code=a&state= HTTP/1.1",
                           "GET /?code=a&state=T HTTP/1.1",
                           "GET /?code=a&state=S&state=S HTTP/1.1",
                           "GET /?code=a&code=b&state=S HTTP/1.1",
                           "GET /x?code=a&state=S HTTP/1.1",
                           "POST /?code=a&state=S HTTP/1.1",
                           "GET /?code=a&state=S",
                           "GET /?code=&state=S HTTP/1.1",
                           "GET /?state=S HTTP/1.1",
                           "GET /?code=a%0Ab&state=S HTTP/1.1",
                           "GET /?code=a+b&state=S HTTP/1.1",
                           "GET /?code=a%&state=S HTTP/1.1",
                           "GET /?code=a&state=S#f HTTP/1.1",
                           "\r\nGET /?code=a&state=S HTTP/1.1",
                           "GET  HTTP/1.1",
                           "GET HTTP/1.1"}) {
    CAPTURE(line);
    CHECK(!read_redirect(line, "/", "S"));
  }
  CHECK(!read_redirect("GET /?code=a&state= HTTP/1.1", "/", ""));
}
