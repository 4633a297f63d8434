// SPDX-License-Identifier: Apache-2.0
// Lines of a file with their places.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::job {

/// Reads line by line: LF, CRLF and CR end a line; one longer than the limit comes in pieces.
class LineReader {
 public:
  LineReader(FileDescriptor file, std::string path, std::size_t longest)
      : file_(std::move(file)), path_(std::move(path)), longest_(longest), buffer_(kBuffer) {}

  /// The next line with its line end, into `line`; false at the end of the file.
  Result<bool> next(std::string& line);
  Result<void> seek(std::uint64_t offset);
  /// Of the line that comes next.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  [[nodiscard]] int descriptor() const { return file_.get(); }

 private:
  static constexpr std::size_t kBuffer = std::size_t{64} << 10U;

  FileDescriptor file_;
  std::string path_;
  std::size_t longest_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;  ///< of what is unread in the buffer
  std::size_t end_ = 0;
  std::uint64_t offset_ = 0;
};

}  // namespace mboxferry::job
