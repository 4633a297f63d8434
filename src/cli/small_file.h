// SPDX-License-Identifier: Apache-2.0
// Files of a few kilobytes that are read and written whole.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::cli {

/// What a file must be before its content counts.
enum class Trust {
  any,    ///< whoever wrote it
  own,    ///< no one else can change it
  secret  ///< likewise, and others who can read it are warned of
};

/// `kind` names it in errors ("plan"): `configuration` when it cannot be read, is larger than
/// `most` bytes, or is not to be trusted.
Result<std::string> read_small_file(const std::string& path, const std::string& kind,
                                    std::size_t most, Trust trust);

/// Replaces the file as a whole. Fails with `cannot_create` where something is there that does not
/// begin with `beginning`.
Result<void> replace_own_file(const std::string& path, std::string_view text,
                              std::string_view beginning);

}  // namespace mboxferry::cli
