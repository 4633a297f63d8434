// SPDX-License-Identifier: Apache-2.0
// The bytes of an uncompressed file.
#pragma once

#include "archive/open_file.h"
#include "mboxferry/base/byte_source.h"

namespace mboxferry::archive {

class PlainSource final : public ByteSource {
 public:
  /// Tells the kernel that the file is going to be read from front to back.
  explicit PlainSource(OpenFile file);

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    return file_.read_at(offset, buffer);
  }
  [[nodiscard]] bool reads_anywhere() const override { return true; }
  Result<void> check_unchanged() override { return file_.check_unchanged(); }
  [[nodiscard]] const std::string& name() const override { return file_.path(); }

 private:
  OpenFile file_;
};

}  // namespace mboxferry::archive
