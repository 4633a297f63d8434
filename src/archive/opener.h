// SPDX-License-Identifier: Apache-2.0
// Finds out what a path is and which folders it holds.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "archive/limits.h"
#include "archive/open_file.h"
#include "archive/split_parts.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

class Opener {
 public:
  explicit Opener(const Limits& limits = {}, const OpenOptions& options = {})
      : limits_(limits), options_(options) {
    limits_.most_memory = options.unpack_memory;
  }

  /// A file, a directory, or `-` for standard input.
  [[nodiscard]] Result<Archive> open(const std::string& path) const;
  /// Containers whose folders belong together, in this order; `notices` tell how they were found,
  /// `missing` are those that are not there or no containers, which are unread.
  [[nodiscard]] Result<Archive> open_containers(const std::vector<std::string>& paths,
                                                std::vector<std::string> notices,
                                                const std::vector<UnreadPart>& missing) const;
  /// Files of one message each in one directory, as one folder.
  [[nodiscard]] Result<Archive> open_messages(FolderForm form,
                                              const std::vector<std::string>& paths) const;

  [[nodiscard]] bool follows_links() const { return options_.follow_links; }

  /// What a file is, so that those that belong together can be found.
  struct Kind {
    bool is_container = false;
    std::optional<FolderForm> message_form;
  };
  /// Neither for what cannot be read.
  [[nodiscard]] Kind kind_of(const std::string& path) const;

 private:
  [[nodiscard]] Result<Archive> open_standard_input() const;
  [[nodiscard]] Result<Archive> open_tree(const std::string& path) const;
  [[nodiscard]] Result<Archive> open_file(OpenFile file) const;

  Limits limits_;
  OpenOptions options_;
};

}  // namespace mboxferry::archive
