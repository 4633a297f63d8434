// SPDX-License-Identifier: Apache-2.0
// SCRAM against the RFCs' own examples, and against servers that cheat.
#include "sasl/scram.h"

#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/base/base64.h"

using namespace mboxferry;
using namespace mboxferry::sasl;

namespace {

ScramClient client(ScramHash hash, std::string nonce, ScramBinding binding = {},
                   std::string_view authorisation = {}) {
  return {hash,
          authorisation,
          "user",
          Secret(std::string("pencil")),
          std::move(binding),
          std::move(nonce)};
}

const std::string kFirst =
    "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096";

}  // namespace

TEST_CASE("SCRAM-SHA-256 says what RFC 7677 section 3 has") {
  ScramClient scram = client(ScramHash::sha256, "rOprNGfwEbeRWgbNEkqO");
  CHECK(scram.first() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  const auto answer = scram.final_for(kFirst);
  REQUIRE(answer);
  CHECK(*answer ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  CHECK(scram.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  CHECK(!scram.check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G8="));
  CHECK(!scram.check("v="));
  CHECK(!scram.check(""));
}

TEST_CASE("SCRAM-SHA-1 says what RFC 5802 section 5 has") {
  ScramClient scram = client(ScramHash::sha1, "fyko+d2lbbFgONRv9qkxdawL");
  const auto answer =
      scram.final_for("r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096");
  REQUIRE(answer);
  CHECK(*answer ==
        "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=");
  CHECK(scram.check("v=rmF9pqV8S7suAoZWja4dJRkFsKQ="));
}

TEST_CASE("a SCRAM login is bound to its TLS connection, and to the mailbox's user") {
  const std::string nonce = "rOprNGfwEbeRWgbNEkqO";
  ScramClient bound = client(ScramHash::sha256, nonce, {false, Secret(std::string("EXPORTED"))});
  CHECK(bound.first() == "p=tls-exporter,,n=user,r=" + nonce);
  const auto answer = bound.final_for(kFirst);
  REQUIRE(answer);
  CHECK(answer->starts_with("c=" + base64("p=tls-exporter,,EXPORTED") + ",r="));

  CHECK(client(ScramHash::sha256, nonce, {true, {}}).first() == "y,,n=user,r=" + nonce);
  CHECK(client(ScramHash::sha256, nonce, {}, "a,b=c").first() == "n,a=a=2Cb=3Dc,n=user,r=" + nonce);
}

TEST_CASE("what a server may not say in SCRAM ends it before anything is proven") {
  const std::string nonce = "rOprNGfwEbeRWgbNEkqO";
  for (const char* text : {
           "",
           "r=",
           "x",
           "r=rOprNGfwEbeRWgbNEkqO,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
           "r=Another,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
           "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=1",
           "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4095",
           "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=2000001",
           "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=99999999999999999999",
           "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=-1",
           "r=rOprNGfwEbeRWgbNEkqOx,s=W22Z",
           "r=rOprNGfwEbeRWgbNEkqOx,s=,i=4096",
           "r=rOprNGfwEbeRWgbNEkqOx,s=?,i=4096",
           "m=ext,r=rOprNGfwEbeRWgbNEkqOx,s=W22Z,i=4096",
       }) {
    CAPTURE(text);
    const auto answer = client(ScramHash::sha256, nonce).final_for(text);
    REQUIRE(!answer);
    CHECK(answer.error().code == ErrorCode::protocol);
  }
  CHECK(!client(ScramHash::sha256, nonce).check("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
  CHECK(!client(ScramHash::sha256, "").final_for("r=all,s=W22Z,i=4096"));
}
