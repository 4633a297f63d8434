// SPDX-License-Identifier: Apache-2.0
// What reading DMARC reports cannot do without: Base64, inflate and XML, and nothing else. Reads an
// mbox of mails that have one gzip attachment each.
#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "dmarc/mail_parts.h"
#include "dmarc/unpack.h"

int main(int count, char** arguments) {
  using namespace mboxferry::dmarc;
  if (count != 2) return 64;
  std::ifstream file(arguments[1], std::ios::binary);
  const std::string mails{std::istreambuf_iterator<char>(file), {}};
  const auto begun = std::chrono::steady_clock::now();
  constexpr std::string_view kField = "Content-Transfer-Encoding: base64\n\n";
  Inflater inflater;
  pugi::xml_document document;
  std::string packed;
  std::string xml;
  MailPart part;
  part.encoding = "base64";
  std::size_t reports = 0;
  std::size_t elements = 0;
  for (std::size_t at = 0; (at = mails.find(kField, at)) != std::string::npos;) {
    at += kField.size();
    part.body = std::string_view(mails).substr(at, mails.find("\n--", at) - at);
    inflater.gzip(decoded(part, 1 << 20, packed), 1 << 20, xml);
    document.load_buffer(xml.data(), xml.size());
    elements += document.child("feedback").child("record") ? std::size_t{1} : 0;
    ++reports;
  }
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begun).count();
  fmt::print("{} {} {:.6f}\n", reports, elements, seconds);
  return reports == elements ? 0 : 1;
}
