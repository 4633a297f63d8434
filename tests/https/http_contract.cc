// SPDX-License-Identifier: Apache-2.0
// The HTTPS client against the stand-in service of tests/support/https_contract.py.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <string>
#include <thread>

#include "mboxferry/http/client.h"

using namespace mboxferry;
using namespace mboxferry::http;
using namespace std::chrono_literals;

namespace {

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  REQUIRE(value != nullptr);
  return value;
}

std::string url(const std::string& path) { return environment("MBOXFERRY_TEST_HTTPS_URL") + path; }

ClientOptions trusting() {
  ClientOptions options;
  options.ca_file = environment("MBOXFERRY_TEST_HTTPS_CA");
  return options;
}

Error error_of(const Request& request, const ClientOptions& options) {
  const auto answer = send(request, options);
  REQUIRE(!answer);
  CHECK_THAT(describe(answer.error()), !Catch::Contains("opensesame"));
  return answer.error();
}

}  // namespace

TEST_CASE("a form is posted, and the answer comes back whole") {
  const auto answer =
      send({url("/echo"), {{"X-Word", "given"}}, Secret(std::string("a=1&secret=opensesame"))},
           trusting());
  if (!answer) FAIL(describe(answer.error()));
  CHECK(answer->status == 200);
  CHECK(answer->content_type == "text/x-echo");
  CHECK(answer->body.reveal() ==
        "POST given application/x-www-form-urlencoded a=1&secret=opensesame");
}

TEST_CASE("a document is sent by PATCH with the token, and goes nowhere else") {
  Request request{url("/echo")};
  request.patch = Secret(std::string("{\"opensesame\":1}"));
  request.bearer = Secret(std::string("opensesame"));
  const auto answer = send(request, trusting());
  if (!answer) FAIL(describe(answer.error()));
  CHECK(answer->body.reveal() == "PATCH  application/json {\"opensesame\":1} Bearer opensesame");
  request.url = url("/moved");
  CHECK(error_of(request, trusting()).code == ErrorCode::protocol);
  request.url = url("/echo");
  request.bearer = Secret(std::string("opensesame\r\nX: y"));
  CHECK(error_of(request, trusting()).code == ErrorCode::usage);
}

TEST_CASE("any status is an answer, with the time to wait") {
  const auto answer = send({url("/busy"), {}, {}}, trusting());
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->retry_after == 7s);
  CHECK(send({url("/nothing"), {}, {}}, trusting())->status == 404);
}

TEST_CASE("nothing is sent to a server that is not trusted") {
  ClientOptions system = trusting();
  system.ca_file.clear();
  CHECK(error_of({url("/echo"), {}, Secret(std::string("opensesame"))}, system).code ==
        ErrorCode::tls);
  Error error = error_of({environment("MBOXFERRY_TEST_HTTPS_WRONG_HOST"), {}, {}}, trusting());
  CHECK(error.code == ErrorCode::tls);
  error = error_of({environment("MBOXFERRY_TEST_HTTPS_EXPIRED"), {}, {}}, trusting());
  CHECK(error.code == ErrorCode::tls);
  CHECK_THAT(error.hint, Catch::Contains("--ca-file"));
}

TEST_CASE("what is no https URL is not asked") {
  for (const char* text :
       {"", "x", "http://localhost/", "ftp://localhost/", "file:///etc/passwd", "https://",
        "https:///path", "https:/localhost/", "https:localhost", "https://opensesame@localhost/",
        "https://u:opensesame@localhost/", "https://local host/", "https://localhost/\r\nX: y",
        "HTTP://localhost/", "opensesame"}) {
    CAPTURE(text);
    CHECK(error_of({text, {}, {}}, trusting()).code == ErrorCode::usage);
  }
  CHECK(error_of({url("/echo"), {{"X", "a\r\nY: b"}}, {}}, trusting()).code == ErrorCode::usage);
}

TEST_CASE("a redirection is followed within the service, and nowhere else") {
  const auto answer = send({url("/moved"), {}, {}}, trusting());
  if (!answer) FAIL(describe(answer.error()));
  CHECK(answer->body.reveal().starts_with("GET"));
  for (const char* path : {"/elsewhere", "/to-http", "/to-other-port", "/loop"}) {
    CAPTURE(path);
    CHECK(error_of({url(path), {}, {}}, trusting()).code == ErrorCode::protocol);
  }
  // A form is for the one who was asked.
  CHECK(error_of({url("/moved"), {}, Secret(std::string("opensesame"))}, trusting()).code ==
        ErrorCode::protocol);
}

TEST_CASE("an answer has bounds in size and time") {
  ClientOptions options = trusting();
  options.most_bytes = 1000;
  CHECK(send({url("/thousand"), {}, {}}, options)->body.reveal().size() == 1000);
  options.most_bytes = 999;
  CHECK_THAT(error_of({url("/thousand"), {}, {}}, options).what, Catch::Contains("too long"));
  CHECK(error_of({url("/headers"), {}, {}}, trusting()).code == ErrorCode::protocol);
  options.timeout = 300ms;
  const Error slow = error_of({url("/slow"), {}, {}}, options);
  CHECK(slow.code == ErrorCode::unavailable);
  CHECK(slow.retry.when == Retry::When::later);
}

TEST_CASE("an interrupt ends the wait") {
  Cancellation interrupt;
  ClientOptions options = trusting();
  options.interrupt = &interrupt;
  interrupt.request();
  CHECK(error_of({url("/slow"), {}, {}}, options).code == ErrorCode::interrupted);
}

TEST_CASE("text is escaped for forms") {
  CHECK(url_encoded("aZ9-._~ &=+/\xc3\xa4") == "aZ9-._~%20%26%3D%2B%2F%C3%A4");
}
