// SPDX-License-Identifier: Apache-2.0
// A DMARC record with some of its tags changed.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/dmarc/record.h"

namespace mboxferry::dmarc {

/// What is named is changed, and nothing else.
struct Edit {
  std::optional<Policy> policy;            ///< p
  std::optional<Policy> subdomain_policy;  ///< sp
  /// Addresses as people write them, or mailto: URIs; empty: the tag goes.
  std::optional<std::vector<std::string>> rua;
  std::optional<std::vector<std::string>> ruf;  ///< likewise
};

/// `text` with the edit done; the other tags stay as they are written, in their order. An empty
/// `text` is a record that is not there yet, and begins with the policy. Errors: `usage` when an
/// address is none, `configuration` when the record would still be wrong by either standard.
Result<std::string> edited_record(std::string_view text, const Edit& edit);

}  // namespace mboxferry::dmarc
