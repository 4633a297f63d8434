// SPDX-License-Identifier: Apache-2.0
// Apple Mail's message files.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/message_table.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// True when the first line is a number and a message follows.
bool looks_like_emlx(std::string_view head);

/// Reads a file to its end: a line with the size of the message, the message, an XML property list
/// whose integer "flags" has bits. Fills in where the message is and its flags; without a property
/// list there are no flags. When neither the list nor the end of the file is where the size says,
/// the message goes on up to there. One that is cut off is as long as there are bytes, and the
/// others are missing. `size` is that of the file, when it is known.
Result<void> read_emlx(InputStream& file, std::optional<std::uint64_t> size, MessageRecord& record);

/// The directory that stands for the folder of the file at `path`: Apple keeps it in
/// "Name.mbox/.../Messages", anything else is a directory of its own.
std::string emlx_directory(const std::string& path);

}  // namespace mboxferry::archive
