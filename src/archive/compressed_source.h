// SPDX-License-Identifier: Apache-2.0
// The bytes inside a compressed file, unpacked as they are read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "archive/open_file.h"
#include "archive/unpacker.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::archive {

/// Offsets count unpacked bytes. The last 1 MiB is kept, so that short steps back are cheap; a
/// longer one unpacks from the beginning again. Memory is constant.
class CompressedSource final : public ByteSource {
 public:
  explicit CompressedSource(OpenFile file);

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override;
  Result<void> check_unchanged() override { return file_.check_unchanged(); }
  [[nodiscard]] const std::string& name() const override { return file_.path(); }

 private:
  Result<void> start();
  Result<void> read_more();
  [[nodiscard]] std::uint64_t window_end() const { return window_begin_ + window_size_; }

  OpenFile file_;  // the unpacker reads it
  std::unique_ptr<Unpacker> unpacker_;
  std::vector<char> window_;
  std::uint64_t window_begin_ = 0;
  std::size_t window_size_ = 0;
  bool at_end_ = false;
};

}  // namespace mboxferry::archive
