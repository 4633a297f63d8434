// SPDX-License-Identifier: Apache-2.0
// Wildcards as users write them in --include, --exclude and --map.
#pragma once

#include <string_view>

namespace mboxferry {

/// True when `pattern` matches all of `text`: `*` stands for any run of characters, also for none
/// and across `/`; `?` for one character (a UTF-8 code point; a byte that begins none counts as
/// one); everything else for itself. Time is at most the product of the two lengths, whatever they
/// hold.
bool glob_matches(std::string_view pattern, std::string_view text);

/// True when `text` holds `*` or `?`.
bool is_glob(std::string_view text);

}  // namespace mboxferry
