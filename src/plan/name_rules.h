// SPDX-License-Identifier: Apache-2.0
// What one level of a mailbox name may be, and what is done to a folder's name that is not so.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::plan {

/// Short phrases that say what was changed, each once, in the order in which they came up.
class Reasons {
 public:
  void add(std::string phrase);
  [[nodiscard]] bool empty() const { return phrases_.empty(); }
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::string> phrases_;
};

/// One level of a name (valid UTF-8) that servers take. Replaced by `_`: the separator, `/`, `%`,
/// `*`, control characters (U+0000 to U+001F, U+007F to U+009F, U+2028, U+2029), all of `.` and
/// `..`. Spaces at the ends go; more than 255 bytes are cut between two characters; an empty level
/// becomes `_`.
std::string sanitized(std::string_view segment, char separator, Reasons& reasons);

/// The first level of a name without a prefix: a `~` or `#` in front, which stand for other users'
/// and other kinds of mailboxes on some servers, becomes `_`.
std::string sanitized_first(std::string_view segment, char separator, Reasons& reasons);

/// The levels of a path with `/` between them.
std::vector<std::string> split_path(std::string_view path);
std::string join_path(const std::vector<std::string>& levels, std::string_view separator);

/// The levels of a mailbox that the user named, with `/` or, when there is none in it, the server's
/// separator between them. Error `configuration`: a level is not as servers take it; it names the
/// `option` that the name is from.
Result<std::vector<std::string>> user_levels(const std::string& mailbox, char separator,
                                             const std::string& option);

}  // namespace mboxferry::plan
