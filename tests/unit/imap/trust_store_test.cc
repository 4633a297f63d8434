// SPDX-License-Identifier: Apache-2.0
#include "imap/tls/trust_store.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "support/temporary_folder.h"

using namespace mboxferry;
using namespace mboxferry::imap;

namespace {

constexpr const char* kOne = R"(-----BEGIN CERTIFICATE-----
MIIBczCCARmgAwIBAgIUYP8jZPfZfvWLxWbu/awAE8VC12YwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDb25lMCAXDTI2MTEzMDA1MjUzOVoYDzIxMjYxMTA2MDUyNTM5
WjAOMQwwCgYDVQQDDANvbmUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATfPdCO
gErdsgx5vg0dIWAZ6xSyGKdDQSjWQMOEZ315u1TzzHSilY85Ar/7lFSuKXF9xNNh
OMy62FGCCfoIexF8o1MwUTAdBgNVHQ4EFgQUpXmXvWmR/2faMP36MhvDtoBYePkw
HwYDVR0jBBgwFoAUpXmXvWmR/2faMP36MhvDtoBYePkwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiEA64F6cT2NBeRlVaEucWtzZ3NZ/nGJrdqX/tdY
P9HKRz8CIDRP6joxc7uQxaHnYiz6wPIa9aokskc5WlbA+BIL1tz9
-----END CERTIFICATE-----
)";
constexpr const char* kTwo = R"(-----BEGIN CERTIFICATE-----
MIIBcjCCARmgAwIBAgIUWnbR0AQ+f1B69LXff134Cu6rG2AwCgYIKoZIzj0EAwIw
DjEMMAoGA1UEAwwDdHdvMCAXDTI2MTEzMDA1MjUzOVoYDzIxMjYxMTA2MDUyNTM5
WjAOMQwwCgYDVQQDDAN0d28wWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATiLzsJ
LQVFe+vbxuv3qBwYga9Kr2rEa33oeVdZCJqB/0Miyvfp+UIJsEyzpmnqsezz5Sjw
6iEbfGY1ta8DX0UQo1MwUTAdBgNVHQ4EFgQUJDh3EJAXWv+f4JNGsh9VHWUR/Ykw
HwYDVR0jBBgwFoAUJDh3EJAXWv+f4JNGsh9VHWUR/YkwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNHADBEAiB5xukXlNY55u1qXniXYg+PAa3ZL/9mYQWmWiNq
ff5zPwIgB6tzJKrGxrQXB5nbadBb6EhnUhIzC15/2Wqe79OorbQ=
-----END CERTIFICATE-----
)";

void write(const std::string& path, const std::string& text) {
  // As programs replace a file that others may be reading.
  std::ofstream(path + ".new") << text;
  std::filesystem::rename(path + ".new", path);
}

int certificates_in(const TrustStore& store) {
  return sk_X509_OBJECT_num(X509_STORE_get0_objects(store.get()));
}

}  // namespace

TEST_CASE("a CA file is read once, and again when it was replaced") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("ca.pem");
  write(path, kOne);
  TrustStores stores;
  const auto first = stores.of(path);
  const auto second = stores.of(path);
  REQUIRE(first);
  REQUIRE(second);
  CHECK(first->get() == second->get());
  CHECK(certificates_in(*first) == 1);

  write(path, std::string(kOne) + kTwo);
  const auto third = stores.of(path);
  REQUIRE(third);
  CHECK(third->get() != first->get());
  CHECK(certificates_in(*third) == 2);
  CHECK(certificates_in(*first) == 1);
}

TEST_CASE("a CA file without certificates, or none, is an error each time it is asked for") {
  const test::TemporaryFolder folder;
  const std::string path = folder.file("ca.pem");
  TrustStores stores;
  CHECK(stores.of(path).error().code == ErrorCode::configuration);
  write(path, "no certificate\n");
  CHECK(stores.of(path).error().code == ErrorCode::configuration);
  write(path, kOne);
  CHECK(stores.of(path));
}

TEST_CASE("any number of CA files can be named") {
  const test::TemporaryFolder folder;
  TrustStores stores;
  for (int round = 0; round < 2; ++round) {
    for (int number = 0; number < 20; ++number) {
      const std::string path = folder.file(std::to_string(number) + ".pem");
      if (round == 0) write(path, number % 2 == 0 ? kOne : kTwo);
      const auto store = stores.of(path);
      REQUIRE(store);
      CHECK(certificates_in(*store) == 1);
    }
  }
}
