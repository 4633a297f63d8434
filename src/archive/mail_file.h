// SPDX-License-Identifier: Apache-2.0
// Whether a file or member is one message, and of which folder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "archive/layout.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct MailFile {
  FolderForm form = FolderForm::eml;
  std::string directory;         ///< of the folder, below the archive
  std::optional<Layout> layout;  ///< that has a place of its own for such files
};

/// Decides by the path below the archive and the first bytes, so that a tree and a container with
/// the same files give the same messages. Nothing when the file is not one message.
std::optional<MailFile> as_mail_file(const std::string& path, std::string_view head);

/// The same when the path alone says that it is a delivery of a Maildir.
std::optional<MailFile> as_delivery(const std::string& path);

/// Whether a file in a directory called `tmp` is a delivery that has not ended, and no message file
/// or mbox that a user keeps there.
bool is_unfinished_delivery(std::string_view name, std::string_view head);

/// Collects which of the directories `cur`, `new` and `tmp` there are, because a Maildir without a
/// message is a folder too. Bounded by the number of directories.
class MaildirParts {
 public:
  void see_directory(const std::string& path);

  /// The directories that are Maildirs whatever is in them.
  template <typename Visitor>
  Result<void> each(const Visitor& visit) const {
    for (const auto& [directory, parts] : parts_) {
      if (parts == kCurrent || parts == kNew || parts == kTemporary) continue;
      if ((parts & kCurrent) != 0) MBOXFERRY_TRY(visit(directory));
    }
    return ok();
  }

 private:
  static constexpr unsigned kCurrent = 1;
  static constexpr unsigned kNew = 2;
  static constexpr unsigned kTemporary = 4;

  std::map<std::string, unsigned> parts_;
};

}  // namespace mboxferry::archive
