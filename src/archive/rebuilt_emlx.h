// SPDX-License-Identifier: Apache-2.0
// Puts the attachments back that Apple Mail keeps outside of a message.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/input_stream.h"
#include "archive/message_table.h"
#include "archive/stripped_parts.h"
#include "archive/tree_root.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// A part whose content is put back as the message had it, byte by byte.
struct RestoredPart {
  StrippedPart part;
  std::string file;             ///< below the root
  std::uint64_t file_size = 0;  ///< of it
  std::string version;          ///< file_version() of it
  unsigned line_length = 0;     ///< of Base64; 0: the file's bytes are what the message had
  bool ends_line = false;       ///< a line end follows that is not the boundary's
  std::uint64_t size = 0;       ///< of what comes into the message
};

struct RebuiltEmlx {
  std::vector<RestoredPart> restored;
  std::uint64_t length = 0;  ///< of the message with them
  std::string version;       ///< another one when one of the files is another
  std::string unread;        ///< why the rest is not put back; empty when the message is whole
};

/// True for a file of Apple Mail with the content of a part: "Attachments/7/1.2/x.pdf" beside the
/// message "Messages/7.partial.emlx", or "7.2.emlxpart". `path` is below the archive.
bool is_apple_attachment(std::string_view path);
inline constexpr std::string_view kAppleAttachment = "attachment of a message of Apple Mail";

/// Looks for the attachments of the message in `path`, below `root`, which `record` is about.
/// Content is put back only when it has the length that the message says: then its encoding was the
/// one that mail programs use, and it is as it was.
Result<RebuiltEmlx> find_attachments(const std::shared_ptr<const TreeRoot>& root,
                                     const std::string& path, const MessageRecord& record);

/// The rebuilt message; `record` is as it was for find_attachments(), but for the length, which is
/// that of the rebuilt message. `archive_changed` when it has another one now.
Result<std::unique_ptr<InputStream>> open_rebuilt(const std::shared_ptr<const TreeRoot>& root,
                                                  const std::string& path,
                                                  const MessageRecord& record);

}  // namespace mboxferry::archive
