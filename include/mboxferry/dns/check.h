// SPDX-License-Identifier: Apache-2.0
// Whether the records of a mail domain are as mail needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/dns/plan.h"
#include "mboxferry/dns/resolver.h"

namespace mboxferry::dns {

enum class Verdict {
  ok,
  note,     ///< works, and something about it is worth knowing
  problem,  ///< mail or a mail program will fail
  unknown   ///< no name server gave an answer
};
std::string_view verdict_name(Verdict verdict);

/// One thing that was looked at.
struct CheckItem {
  std::string id;  ///< "mx", "dkim NAME", "srv SERVICE"
  Verdict verdict = Verdict::ok;
  std::string text;    ///< what is there
  std::string advice;  ///< what to do; may be empty
};

/// `problem` when one item is, else `unknown` when one item is, else `ok`.
Verdict overall(const std::vector<CheckItem>& items);

/// Asks for MX, SPF (RFC 7208), DKIM, DMARC, MTA-STS (RFC 8461, the record only), TLS-RPT
/// (RFC 8460), SRV (RFC 6186), CAA and DNSSEC. What cannot be found out is an item, no error.
/// Error `interrupted`.
Result<std::vector<CheckItem>> check_domain(Resolver& resolver, const Name& domain,
                                            const std::vector<std::string>& dkim_selectors);

/// When the last cache has forgotten what was there before `plan` was applied at `applied`, of the
/// sets that `what` replaces: the plan itself, or a later one. Unix seconds.
std::int64_t forgotten_at(const Plan& plan, std::int64_t applied, const Plan& what);

/// Whether the old records, which caches have until `end`, are forgotten `now`.
CheckItem old_ttl_item(std::int64_t end, std::int64_t now);

}  // namespace mboxferry::dns
