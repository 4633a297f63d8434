// SPDX-License-Identifier: Apache-2.0
// What an archive holds that does not become messages.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::archive {

enum class NotReadKind : std::uint8_t {
  not_mail,  ///< index files, settings, pictures
  unread,    ///< mail for certain or likely
};

/// One file or member of an archive.
struct NotRead {
  NotReadKind kind = NotReadKind::not_mail;
  std::string name;         ///< below the archive, UTF-8
  std::string place;        ///< for people: the file, or `file: member`; UTF-8
  std::uint64_t bytes = 0;  ///< 0 as well when the size is not known
  std::string reason;       ///< "encrypted"
};

/// What a folder without any message separator is, by its name and first bytes.
NotReadKind kind_without_separator(std::string_view name, std::string_view head);

/// The files and members of one archive that are not read. They are kept in a temporary database,
/// so that memory is constant. Thread-safe.
class NotReadList {
 public:
  struct Count {
    std::uint64_t files = 0;
    std::uint64_t bytes = 0;
  };
  using Visitor = std::function<Result<void>(const NotRead&)>;

  NotReadList();
  NotReadList(const NotReadList&) = delete;
  NotReadList& operator=(const NotReadList&) = delete;
  ~NotReadList();

  /// An error is kept for result().
  void add(const NotRead& entry);
  /// The first error of add().
  [[nodiscard]] Result<void> result() const;

  [[nodiscard]] Count count(NotReadKind kind) const;
  /// Those of `kind` in byte order of their places. `visit` must not call this list; its error ends
  /// the walk.
  Result<void> each(NotReadKind kind, const Visitor& visit) const;
  /// Makes those that are no mail unread for which `unread_reason` returns one, which is kept in
  /// the place of the earlier. It must not call this list.
  Result<void> judge_again(const std::function<Result<std::string>(const NotRead&)>& unread_reason);
  /// The first that each() would visit.
  [[nodiscard]] std::optional<NotRead> first(NotReadKind kind) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::archive
