// SPDX-License-Identifier: Apache-2.0
// The members of a container file and of the containers inside of it, from front to back.
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/entry_reader.h"
#include "archive/input_stream.h"
#include "archive/limits.h"
#include "archive/open_file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// A member's number in the container, and its number in the container that this member is.
struct MemberPosition {
  std::uint64_t outer = 0;
  std::uint64_t inner = 0;

  friend auto operator<=>(const MemberPosition&, const MemberPosition&) = default;
};

/// Moves forward only. One thread at a time.
class MemberWalker {
 public:
  /// Names in zip archives that are not UTF-8 are read as `code_page`. `not_mail` when `file` is no
  /// container, not even unpacked.
  static Result<std::unique_ptr<MemberWalker>> open(std::shared_ptr<const OpenFile> file,
                                                    const Limits& limits,
                                                    CodePage code_page = CodePage());

  /// Goes to the next member, in the inner container as long as there is one; false at the end.
  Result<bool> next();
  /// True when next() has passed over something damaged that is no member; asked once.
  bool take_passed_damage() { return std::exchange(passed_damage_, false); }
  /// True when next() has come to the end of a tar archive that is not marked as such; asked once.
  bool take_lacking_end() { return std::exchange(lacks_end_, false); }
  /// What no member of a zip archive leads to that next() has come to the end of; asked once.
  std::vector<ZipRemark> take_remarks() { return std::exchange(remarks_, {}); }
  /// Goes on to the member at `position`, which is behind the present one.
  Result<void> go_to(MemberPosition position);
  [[nodiscard]] MemberPosition position() const;

  [[nodiscard]] const Entry& entry() const { return innermost().entry(); }
  /// Whether the present member is one of a tar archive.
  [[nodiscard]] bool is_in_tar() const { return innermost().is_tar(); }
  [[nodiscard]] bool is_inside() const { return inner_ != nullptr; }
  /// The member that is a container and that next() walks through; only when is_inside().
  [[nodiscard]] const Entry& container_entry() const { return outer_->entry(); }

  /// The member's bytes; those of a compressed member of the outer container are unpacked.
  Result<HeadedStream*> bytes();
  /// Only after bytes().
  [[nodiscard]] bool is_compressed() const { return is_compressed_; }
  /// Makes next() walk through the present member, a container of this format.
  Result<void> enter(ContainerFormat format);
  /// Makes next() pass over the rest of the inner container.
  void leave();

 private:
  MemberWalker(std::shared_ptr<UnpackMeter> meter, CodePage code_page)
      : meter_(std::move(meter)), code_page_(code_page) {}
  [[nodiscard]] EntryReader& innermost() const { return inner_ ? *inner_ : *outer_; }

  // Each reads the one before.
  std::shared_ptr<UnpackMeter> meter_;
  CodePage code_page_;
  std::unique_ptr<EntryReader> outer_;
  std::unique_ptr<EntryReader> inner_;
  std::unique_ptr<HeadedStream> bytes_;
  bool is_compressed_ = false;
  bool passed_damage_ = false;
  bool lacks_end_ = false;
  std::vector<ZipRemark> remarks_;
};

}  // namespace mboxferry::archive
