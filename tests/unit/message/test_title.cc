// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "mboxferry/message/envelope.h"

namespace mboxferry::message {
namespace {

Title title(std::string_view bytes) {
  HeaderText header;
  for (const char& byte : bytes) header.feed({&byte, 1});
  return title_of(header);
}

TEST_CASE("a title is one line of decoded text") {
  const Title found = title(
      "from: =?utf-8?q?Ana_=C3=84lter?=\r\n <ana@example.org>\r\nX-Subject: no\r\n"
      "SUBJECT:   =?iso-8859-1?q?Gr=FC=DFe?=\r\n\t=?utf-8?b?IGF1cyBLw7ZsbgoK?=  \r\n"
      "Subject: second\r\n\r\nFrom: body\r\n");
  CHECK(found.from == "Ana Älter <ana@example.org>");
  CHECK(found.subject == "Grüße aus Köln");
}

TEST_CASE("a title is bounded, and cut where a character ends") {
  std::string subject = "Subject: ";
  for (int i = 0; i < 2000; ++i) subject += "€";
  const Title found = title(subject + "\n\n");
  CHECK(found.subject.size() == 996);
  CHECK(found.subject.ends_with("€"));
}

TEST_CASE("a message without fields has no title") {
  for (const char* const bytes : {"", "\n", "no field\n\n", ":\n\n", "subject\n: x\n\n"}) {
    CHECK(title(bytes).subject.empty());
    CHECK(title(bytes).from.empty());
  }
}

}  // namespace
}  // namespace mboxferry::message
