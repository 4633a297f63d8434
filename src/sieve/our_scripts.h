// SPDX-License-Identifier: Apache-2.0
// Which scripts of a server are ours, and which scripts include which.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/sieve/manage_sieve.h"

namespace mboxferry::sieve {

/// By its first line.
bool is_ours(std::string_view content);

/// True for NAME-1, NAME-2 and so on, which may be anybody's.
bool has_part_name(std::string_view script, std::string_view name);

/// A script that includes these, in this order.
std::string wrapper_of(const std::vector<std::string>& included);

/// The personal scripts that `script` includes, wherever in it; up to a mistake in its grammar.
std::vector<std::string> included_in(std::string_view script);

struct Includer {
  std::string name;
  std::string included;
  bool ours = false;
};

/// Which script includes one for which `wanted` holds, of `first` and all that it leads to; nothing
/// when there is none. Scripts that are not among `there` are passed over.
Result<std::optional<Includer>> who_includes(
    ManageSieve& server, const std::set<std::string>& there, const std::string& first,
    const std::function<bool(const std::string& script)>& wanted);

/// `configuration`: nothing was changed.
Error stands_against(const ManageSieve& server, const std::string& what, std::string hint);

Error not_as_sent(const ManageSieve& server, const std::string& name);

}  // namespace mboxferry::sieve
