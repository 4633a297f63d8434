// SPDX-License-Identifier: Apache-2.0
// A zip or tar file whose members are read by several sources, one after the other or at once.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "archive/input_stream.h"
#include "archive/limits.h"
#include "archive/member_walker.h"
#include "archive/open_file.h"
#include "archive/stream_source.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Reading a member of a compressed tar archive means unpacking what lies before it. So walkers
/// that are not in use are kept, and the next member is read by the one that stands nearest before
/// it: members that are read in order cost one walk. Thread-safe.
class Container {
 public:
  Container(std::shared_ptr<const OpenFile> file, const Limits& limits)
      : file_(std::move(file)), limits_(limits) {}

  /// A walker that stands before `position`; it is the caller's until it is given back.
  Result<std::unique_ptr<MemberWalker>> take(MemberPosition position);
  void give_back(std::unique_ptr<MemberWalker> walker);

  /// For names in a zip archive that are not UTF-8. Before the first take().
  void set_code_page(CodePage code_page) { code_page_ = code_page; }
  /// Names a member for Folder::member. Only while the archive is opened, by one thread.
  void set_position(const std::string& member, MemberPosition position) {
    positions_[member] = position;
  }
  [[nodiscard]] bool has_member(const std::string& member) const {
    return positions_.contains(member);
  }
  [[nodiscard]] Result<MemberPosition> position_of(const std::string& member) const;

  [[nodiscard]] const OpenFile& file() const { return *file_; }
  /// How often a walk was begun at the first member.
  [[nodiscard]] std::uint64_t walks() const;

 private:
  const std::shared_ptr<const OpenFile> file_;
  const Limits limits_;
  CodePage code_page_;
  std::map<std::string, MemberPosition> positions_;
  mutable std::mutex mutex_;
  std::vector<std::unique_ptr<MemberWalker>> idle_;
  std::uint64_t walks_ = 0;
};

/// The bytes of one member, and then of others behind it, by one walker, which goes back to its
/// container in the end.
class MemberStream final : public InputStream {
 public:
  explicit MemberStream(std::shared_ptr<Container> container) : container_(std::move(container)) {}
  ~MemberStream() override;

  /// Begins the member at `position`.
  Result<void> go_to(MemberPosition position);
  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return container_->file().path(); }

 private:
  std::shared_ptr<Container> container_;
  std::unique_ptr<MemberWalker> walker_;
  HeadedStream* bytes_ = nullptr;
};

/// For open_member().
std::unique_ptr<StreamOpener> member_opener(std::shared_ptr<Container> container,
                                            MemberPosition position, const std::string& member);
/// A folder that is one member. Nothing is read before the first read_at().
std::unique_ptr<ByteSource> open_member(std::shared_ptr<Container> container,
                                        MemberPosition position, const std::string& member);

}  // namespace mboxferry::archive
