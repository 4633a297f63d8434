// SPDX-License-Identifier: Apache-2.0
// Lines of a file with their places.
#include "job/line_reader.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace mboxferry::job {

Result<bool> LineReader::next(std::string& line) {
  line.clear();
  while (line.size() < longest_ || line.ends_with('\r')) {
    if (begin_ == end_) {
      const ssize_t got = ::read(file_.get(), buffer_.data(), buffer_.size());
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) {
        return Error{ErrorCode::io, "cannot read " + path_ + ": " + errno_text(errno), ""};
      }
      begin_ = 0;
      end_ = static_cast<std::size_t>(got);
      if (end_ == 0) break;
    }
    if (line.ends_with('\r')) {
      if (buffer_[begin_] == '\n') {
        line += '\n';
        ++begin_;
      }
      break;
    }
    const auto first = buffer_.begin() + static_cast<std::ptrdiff_t>(begin_);
    const auto most = std::min(end_ - begin_, longest_ - line.size());
    const auto last = first + static_cast<std::ptrdiff_t>(most);
    const auto end = std::find_if(first, last, [](char c) { return c == '\n' || c == '\r'; });
    const auto stop = end == last ? last : end + 1;
    line.append(first, stop);
    begin_ += static_cast<std::size_t>(stop - first);
    if (line.ends_with('\n')) break;
  }
  offset_ += line.size();
  return !line.empty();
}

Result<void> LineReader::seek(std::uint64_t offset) {
  if (::lseek(file_.get(), static_cast<off_t>(offset), SEEK_SET) < 0) {
    return Error{ErrorCode::io, "cannot read " + path_ + ": " + errno_text(errno), ""};
  }
  begin_ = end_ = 0;
  offset_ = offset;
  return ok();
}

}  // namespace mboxferry::job
