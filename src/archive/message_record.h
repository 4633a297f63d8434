// SPDX-License-Identifier: Apache-2.0
// Records for message files, from their bytes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/limits.h"
#include "archive/message_table.h"
#include "archive/open_file.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// eml or emlx when the name, which may end in ".gz" or the like, and the first bytes say so.
std::optional<FolderForm> message_form(std::string_view name, std::string_view head);

/// Where in the file the message is, and its flags when the form has any. `size` is that of the
/// file's bytes when it is known; otherwise, and for emlx, they are read to the end. A length of 0
/// means that there is no message. An eml that begins with a From_ line is read to the end in any
/// case: it may hold several messages.
Result<MessageRecord> read_record(FolderForm form, HeadedStream& bytes,
                                  std::optional<std::uint64_t> size);

/// Why a message with this name is read in part only, in words; empty when it is whole.
std::string unread_part(std::string_view name, const MessageRecord& record);

/// Why a delivery of a Maildir is not all there whose name says that it has `named_size` bytes.
std::string shorter_than_named(std::uint64_t named_size);

/// Why what a packed delivery holds is no message, by its first bytes; empty when it is one.
std::string packed_delivery_doubt(std::string_view head);

/// Dovecot may keep messages compressed under their own names: sets whether `file` is, and then the
/// length of what is inside. `has_other_size`: the name says that the file's size is not the
/// message's. `not_mail` when the message is encrypted, or no message is in it.
Result<void> look_for_compression(OpenFile file, const Limits& limits, bool has_other_size,
                                  MessageRecord& record);

}  // namespace mboxferry::archive
