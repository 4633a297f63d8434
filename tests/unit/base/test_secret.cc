// SPDX-License-Identifier: Apache-2.0
#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>
#include <utility>

#include "mboxferry/base/secret.h"

namespace mboxferry {
namespace {

/// The entry of the memory map that an address is in, with its flags.
std::string memory_of(const void* address) {
  std::ifstream map("/proc/self/smaps");
  const auto wanted = reinterpret_cast<std::uintptr_t>(address);
  std::string entry;
  bool inside = false;
  for (std::string line; std::getline(map, line);) {
    unsigned long begin = 0;
    unsigned long end = 0;
    char dash = 0;
    std::istringstream fields(line);
    if (fields >> std::hex >> begin >> dash >> end && dash == '-')
      inside = begin <= wanted && wanted < end;
    if (inside) entry += line + "\n";
  }
  return entry;
}

TEST_CASE("a secret is in one read-only place between pages that cannot be touched") {
  const Secret secret(std::string("correct horse"));
  const Secret copy = secret;
  CHECK(copy.reveal().data() == secret.reveal().data());
  CHECK(secret.reveal() == "correct horse");
  const char* const place = secret.reveal().data();
  CHECK_THAT(memory_of(place), Catch::Contains(" r--p ") && Catch::Contains("dd"));
  CHECK_THAT(memory_of(place - 1), Catch::Contains(" ---p "));
  CHECK_THAT(memory_of(place + 5000), Catch::Contains(" ---p "));
}

TEST_CASE("what a secret is made of is wiped") {
  std::string text("a password that is longer than a short string");
  const char* const place = text.data();
  const std::size_t size = text.size();
  const Secret secret(std::move(text));
  CHECK(secret.reveal().size() == size);
  CHECK(std::string(place, size) == std::string(size, '\0'));
}

TEST_CASE("secrets hold any bytes, none, and more than a page") {
  CHECK(Secret().reveal().empty());
  CHECK(Secret(std::string()).reveal().empty());
  const std::string large(10'000, '\xff');
  CHECK(Secret(std::string(large)).reveal() == large);
  CHECK(Secret(std::string("a\0b", 3)).reveal().size() == 3);
}

}  // namespace
}  // namespace mboxferry
