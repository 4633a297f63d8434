// SPDX-License-Identifier: Apache-2.0
// Records that are edited: what is named changes, everything else stays as it is written.
#include <catch2/catch.hpp>

#include "mboxferry/dmarc/edit.h"

namespace mboxferry::dmarc {
namespace {

struct EditCase {
  std::string before;
  Edit edit;
  std::string after;
};

Edit with_policy(Policy policy) {
  Edit edit;
  edit.policy = policy;
  return edit;
}

Edit with_rua(std::vector<std::string> addresses) {
  Edit edit;
  edit.rua = std::move(addresses);
  return edit;
}

Edit with_ruf(std::vector<std::string> addresses) {
  Edit edit;
  edit.ruf = std::move(addresses);
  return edit;
}

Edit with_subdomain_policy(Policy policy) {
  Edit edit;
  edit.subdomain_policy = policy;
  return edit;
}

TEST_CASE("an edit changes the tags that it names and leaves the others as written") {
  const std::vector<EditCase> cases{
      {"v=DMARC1; p=none; rua=mailto:d@a.org", with_policy(Policy::quarantine),
       "v=DMARC1; p=quarantine; rua=mailto:d@a.org"},
      {"v=DMARC1;p=none;pct=5;", with_policy(Policy::reject), "v=DMARC1;p=reject;pct=5;"},
      {"v=DMARC1; P = None ;xown=1", with_policy(Policy::reject), "v=DMARC1; p=reject;xown=1"},
      {"v=DMARC1; rua=mailto:d@a.org", with_policy(Policy::none),
       "v=DMARC1; p=none; rua=mailto:d@a.org"},
      {"", with_policy(Policy::none), "v=DMARC1; p=none"},
      {"v=DMARC1; p=none; adkim=s", with_rua({"d@a.org", "e@b.org"}),
       "v=DMARC1; p=none; adkim=s; rua=mailto:d@a.org,mailto:e@b.org"},
      {"v=DMARC1; p=none; adkim=s; ", with_rua({"d@a.org"}),
       "v=DMARC1; p=none; adkim=s; rua=mailto:d@a.org; "},
      {"v=DMARC1; p=none; rua=mailto:old@a.org!10m; fo=1; ruf=mailto:f@a.org",
       with_rua({"mailto:new@a.org"}),
       "v=DMARC1; p=none; rua=mailto:new@a.org; fo=1; ruf=mailto:f@a.org"},
      {"v=DMARC1; p=none; rua=mailto:d@a.org; sp=reject", with_rua({}),
       "v=DMARC1; p=none; sp=reject"},
      {"v=DMARC1; p=none", with_rua({}), "v=DMARC1; p=none"},
      {"v=DMARC1; p=none", with_rua({"a,b!c;d@a.org"}),
       "v=DMARC1; p=none; rua=mailto:a%2Cb%21c%3Bd@a.org"},
      {"v=DMARC1; p=none; rua=mailto:d@a.org", with_ruf({"f@a.org"}),
       "v=DMARC1; p=none; rua=mailto:d@a.org; ruf=mailto:f@a.org"},
      {"v=DMARC1; p=none; rua=mailto:d@a.org", with_subdomain_policy(Policy::reject),
       "v=DMARC1; p=none; sp=reject; rua=mailto:d@a.org"},
      {"v=DMARC1; p=rejct", with_policy(Policy::reject), "v=DMARC1; p=reject"},
  };
  for (const EditCase& one : cases) {
    INFO(one.before);
    const auto edited = edited_record(one.before, one.edit);
    REQUIRE(edited);
    CHECK(*edited == one.after);
  }
}

TEST_CASE("an edit that leaves a wrong record is refused") {
  for (const std::string before :
       {"v=DMARC1; p=none; p=reject", "v=DMARC1; p=none; nonsense", "v=DMARC1; p=none; adkim=x"}) {
    INFO(before);
    const auto edited = edited_record(before, with_policy(Policy::reject));
    REQUIRE_FALSE(edited);
    CHECK(edited.error().code == ErrorCode::configuration);
  }
  // A record that is not there begins with a policy.
  REQUIRE_FALSE(edited_record("", with_rua({"d@a.org"})));
}

TEST_CASE("an address that no report reaches is refused") {
  for (const std::string address : {"", "nobody", "@a.org", "d@", "d@b\xc3\xbc.org", "d @a.org\n",
                                    "mailto:", "mailto:d@a.org,"}) {
    INFO(address);
    const auto edited = edited_record("v=DMARC1; p=none", with_rua({address}));
    REQUIRE_FALSE(edited);
    CHECK(edited.error().code == ErrorCode::usage);
  }
}

}  // namespace
}  // namespace mboxferry::dmarc
