// SPDX-License-Identifier: Apache-2.0
// Which files beside the mail are read, and for which messages.
#pragma once

#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/message_list.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Reads a file that says something about messages beside it, and tells `messages`. What was read,
/// for the list of files that are no mail; empty when `path`, below the archive, is no such file or
/// its content is not what its name promises. `bytes` is used up then, too.
Result<std::string_view> read_side_file(const std::string& path, InputStream& bytes,
                                        MessageCollector& messages);

/// True when the name is one that read_side_file() looks into.
bool is_side_file_name(std::string_view name);

/// Why the names of labels in a file of Proton Mail's that begins with `head` are not used; empty
/// when it is another file.
inline constexpr std::string_view kUnreadLabelNames = "names of Proton Mail's labels, not read";
std::string_view unread_label_names(std::string_view name, std::string_view head);

/// Makes those of the files that are no mail unread which `readpst -S` has taken out of messages:
/// `2-name` beside the message `2`. After finish() of `messages`. `before_members`: what stands
/// before the members' names in the places of a container; empty for a tree.
Result<void> list_taken_out(NotReadList& not_read, const MessageCollector& messages,
                            const std::string& before_members);

/// By what the messages of `path`, below the archive, and the files beside them are matched: the
/// path without `.eml` and the suffixes of compressed files.
std::string side_key(const std::string& path);

}  // namespace mboxferry::archive
