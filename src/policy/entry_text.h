// SPDX-License-Identifier: Apache-2.0
// One entry of a list, from how users write it to how it is compared.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "policy/address_glob.h"

namespace mboxferry::policy {

/// How much an entry matches.
enum class EntryWidth {
  normal,
  suffix,  ///< all addresses below a public suffix
  wide,    ///< more than that
};

struct ParsedEntry {
  std::string pattern;
  bool is_domain = false;   ///< written as a domain alone
  bool is_unicode = false;  ///< has a label with wildcards beyond ASCII: compared with U-labels
};

/// Splits an address or pattern at the `@` before its domain; npos: there is none.
std::size_t find_domain_at(std::string_view text);

/// Why `text`, which is not empty and has no blanks around it, is no entry; empty: it is one.
std::string parse_entry(std::string_view text, ParsedEntry& entry);

/// Judges the width of patterns. One thread at a time.
class WidthJudge {
 public:
  WidthJudge();
  EntryWidth width_of(std::string_view pattern);

 private:
  [[nodiscard]] bool covers(std::string_view pattern, std::string_view other);

  std::vector<GlobSubject> probes_;  ///< everything below some top-level domains
  std::unique_ptr<GlobSubject> subject_ = std::make_unique<GlobSubject>();
};

}  // namespace mboxferry::policy
