// SPDX-License-Identifier: Apache-2.0
// Lists a Maildir whose files are renamed meanwhile.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/message_list.h"
#include "archive/tree_root.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// A mail program moves a message from `new` to `cur` and writes its flags into its name. readdir()
/// may then show it twice or not at all, and the name may be gone before it is looked at. So a
/// listing counts only when another look shows the same names apart from flags; otherwise looks go
/// on, up to a bound, and what any of them shows is taken. A message is what has one name apart
/// from flags and one inode: two files of one name that are there at once are two messages.
class MaildirListing {
 public:
  /// Visits a file: it is added to the collector, left out or noted as gone.
  using Visit = std::function<Result<void>(const std::string& relative)>;

  /// `parts` are the directories, `new` before `cur`: messages move in that direction.
  MaildirListing(const TreeRoot& root, MessageCollector& messages, std::string maildir,
                 std::vector<std::string> parts);

  /// The first look.
  void begin();
  /// The second look, while the files are visited.
  void see(std::string_view name) { seen_.add(name); }
  Result<void> note_gone(const std::string& relative);
  Result<void> note_left_out(const std::string& relative, std::uint64_t inode);
  /// Further looks when they are needed; `lost` gets the files that were gone and not found again.
  Result<void> finish(const Visit& visit,
                      const std::function<void(const std::string& relative)>& lost);

 private:
  /// The names that a look has shown, in whatever order, without their flags.
  struct Look {
    std::uint64_t names = 0;
    std::uint64_t sum = 0;

    void add(std::string_view name);
    bool operator==(const Look&) const = default;
  };

  Result<Look> look(const std::function<Result<void>(const std::string& relative)>& each) const;
  [[nodiscard]] std::vector<std::int64_t> written() const;
  Result<void> visit_again(const std::string& relative, const Visit& visit);

  const TreeRoot& root_;
  MessageCollector& messages_;
  const std::string maildir_;
  const std::vector<std::string> parts_;
  std::vector<std::int64_t> written_;  // when the directories were, before the first look
  Look first_;
  Look seen_;
  bool missed_ = false;  // a message was shown and gone before it could be looked at
};

}  // namespace mboxferry::archive
