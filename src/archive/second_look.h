// SPDX-License-Identifier: Apache-2.0
// Mail that a file's name or its first bytes do not show.
#pragma once

#include <string_view>

#include "archive/input_stream.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// True for a file that is called like an index file of a mail program ("dovecot", "Proj.toc") and
/// begins like mail all the same, or is packed. Not for names of is_left_over_name().
bool is_mail_called_like_an_index(std::string_view name, std::string_view head);

/// True for a file that does not begin like anything known, and that may be an mbox file whose
/// beginning is damaged, cut off or text: it is worth reading more of it.
bool may_hold_mail_later(std::string_view name, std::string_view head);

/// Reads on, 1 MiB at most, until the separator of an mbox and a header field behind it.
Result<bool> holds_mail_later(InputStream& bytes);

}  // namespace mboxferry::archive
