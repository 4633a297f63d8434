// SPDX-License-Identifier: Apache-2.0
// What it costs receivers to look at an SPF record.
#pragma once

#include <string>
#include <string_view>

#include "mboxferry/dns/resolver.h"

namespace mboxferry::dns {

/// RFC 7208 section 4.6.4.
inline constexpr int kMostSpfLookups = 10;
inline constexpr int kMostVoidLookups = 2;

struct SpfCost {
  int lookups = 0;  ///< counting ends one above the limit
  int void_lookups = 0;
  std::string mistake;  ///< the first thing that makes receivers give up; empty: none
};

/// True for a record of version 1 (RFC 7208 section 4.5).
bool is_spf(const std::string& text);

/// The first term that makes receivers give up; empty: none.
std::string spf_mistake(std::string_view record);

/// Follows includes and redirects. Errors of the resolver.
Result<SpfCost> spf_cost(Resolver& resolver, const Name& domain, const std::string& record);

}  // namespace mboxferry::dns
