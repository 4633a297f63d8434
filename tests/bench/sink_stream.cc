// SPDX-License-Identifier: Apache-2.0
#include "bench/sink_stream.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace mboxferry::bench {
namespace {
constexpr std::size_t kBuffer = std::size_t{256} << 10U;
}  // namespace

SinkStream::SinkStream(SSL_CTX* context, int socket)
    : ssl_(SSL_new(context)), socket_(socket), in_(kBuffer) {
  good_ = ssl_ && SSL_set_fd(ssl_.get(), socket) == 1 && SSL_accept(ssl_.get()) == 1;
}

SinkStream::~SinkStream() {
  if (good_) SSL_shutdown(ssl_.get());
  ::close(socket_);
}

bool SinkStream::flush() {
  std::size_t done = 0;
  if (good_ && !out_.empty())
    good_ = SSL_write_ex(ssl_.get(), out_.data(), out_.size(), &done) == 1;
  out_.clear();
  return good_;
}

bool SinkStream::fill() {
  if (!flush()) return false;
  if (begin_ > 0) {
    std::copy(in_.begin() + static_cast<std::ptrdiff_t>(begin_),
              in_.begin() + static_cast<std::ptrdiff_t>(end_), in_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == in_.size()) in_.resize(in_.size() * 2);
  std::size_t got = 0;
  good_ = SSL_read_ex(ssl_.get(), in_.data() + end_, in_.size() - end_, &got) == 1;
  end_ += got;
  return good_;
}

std::optional<std::string> SinkStream::line() {
  for (std::size_t looked = 0;;) {
    const std::string_view there(in_.data() + begin_, end_ - begin_);
    if (const std::size_t at = there.find("\r\n", looked); at != std::string_view::npos) {
      begin_ += at + 2;
      return std::string(there.substr(0, at));
    }
    looked = there.empty() ? 0 : there.size() - 1;
    if (!fill()) return std::nullopt;
  }
}

std::string_view SinkStream::bytes(std::size_t count) {
  while (end_ - begin_ < count)
    if (!fill()) return {};
  const std::string_view found(in_.data() + begin_, count);
  begin_ += count;
  return found;
}

}  // namespace mboxferry::bench
