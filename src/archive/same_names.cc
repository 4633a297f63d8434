// SPDX-License-Identifier: Apache-2.0
// The first folder of each name.
#include "mboxferry/archive/same_names.h"

#include <fmt/format.h>

namespace mboxferry::archive {

std::optional<std::string> SameNames::see(const Folder& folder, const std::string& place) {
  const bool is_part = folder.root != nullptr || folder.container != nullptr;
  const std::string within =
      folder.root != nullptr ? fmt::format("{}", fmt::ptr(folder.root.get())) : folder.file;
  const std::string name = folder.label();
  const auto [known, is_new] =
      first_.emplace((is_part ? within : place.substr(0, place.rfind('/'))) + '\n' + name, place);
  if (is_new || known->second == place) return std::nullopt;
  return fmt::format(
      "{} and {} are both called '{}' and go into one mailbox; rename one of them to keep them "
      "apart",
      known->second, place, name);
}

}  // namespace mboxferry::archive
