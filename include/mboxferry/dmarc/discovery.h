// SPDX-License-Identifier: Apache-2.0
// Which policy holds for a domain, as each standard finds it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/dmarc/record.h"
#include "mboxferry/dmarc/txt_source.h"

namespace mboxferry::dmarc {

/// What was found at one name.
struct Step {
  std::string query;           ///< "_dmarc.example.com"
  std::string domain;          ///< "example.com"
  unsigned records = 0;        ///< that begin with v=DMARC1
  unsigned others = 0;         ///< TXT records that do not
  std::optional<Record> used;  ///< where there was exactly one
};

/// How one standard came to its policy.
struct Finding {
  Standard standard = Standard::rfc7489;
  std::vector<Step> steps;  ///< in the order of the questions
  std::string organizational_domain;
  std::string policy_domain;     ///< where the record is; empty: there is no DMARC
  std::optional<Record> record;  ///< the one at `policy_domain`
  std::optional<Policy> policy;  ///< what holds for the domain; none: there is no DMARC
  Policy asked = Policy::none;   ///< what the record says before t=y weakens it
  std::string tag;               ///< the tag that says so: "p", "sp" or "np"
  bool tested = false;           ///< weakened by t=y
  bool exists = true;            ///< the domain does
  std::string why;               ///< why there is none, or why it is not what the tag says
};

/// The policy that RFC 7489 section 6.6.3 finds for mail from `domain` (small letters, A-labels).
Result<Finding> find_policy_7489(const std::string& domain, TxtSource& source);
/// The same by the tree walk of RFC 9989 section 4.10, which asks at most eight names.
Result<Finding> find_policy_9989(const std::string& domain, TxtSource& source);

/// Whether reports may go to an address outside of the domain (RFC 7489 section 7.1, RFC 9990
/// section 4).
struct ExternalAddress {
  std::string tag;  ///< "rua" or "ruf"
  std::string uri;
  std::string query;  ///< "example.com._report._dmarc.reports.example"
  bool authorized = false;
  std::string unanswered = {};  ///< why it is not known; empty: it is
};

/// Asks about each address of the record at `domain` that is in another organizational domain. A
/// question without an answer concerns that address alone. Error `interrupted`.
Result<std::vector<ExternalAddress>> check_external_addresses(const std::string& domain,
                                                              const Record& record,
                                                              TxtSource& source);

/// `text` as names are compared here, or an error (`usage`) that says why it is no domain name.
Result<std::string> domain_named(std::string_view text);

/// The organizational domain of RFC 7489 section 3.2: the public suffix and one label more; the
/// domain itself where there is none.
std::string organizational_domain_7489(std::string_view domain);

}  // namespace mboxferry::dmarc
