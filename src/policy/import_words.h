// SPDX-License-Identifier: Apache-2.0
// Words by which sources are known and read.
#pragma once

#include <string_view>
#include <vector>

namespace mboxferry::policy {

/// The words between blanks.
std::vector<std::string_view> words_of(std::string_view line);

/// True for a directive of SpamAssassin's that lists addresses.
bool is_list_directive(std::string_view word);

/// True for an action of Postfix's access(5).
bool is_access_action(std::string_view word);

}  // namespace mboxferry::policy
