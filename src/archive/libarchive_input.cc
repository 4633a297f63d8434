// SPDX-License-Identifier: Apache-2.0
// Our streams as what libarchive reads.
#include "archive/libarchive_input.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <new>
#include <span>
#include <string_view>
#include <utility>

namespace mboxferry::archive {

LibarchiveInput::LibarchiveInput(std::unique_ptr<InputStream> stream)
    : stream_(std::move(stream)),
      file_(dynamic_cast<FileStream*>(stream_.get())),
      reader_(archive_read_new()) {
  if (!reader_) throw std::bad_alloc();
}

int LibarchiveInput::open() {
  LibarchiveReader* reader = reader_.get();
  archive_read_set_callback_data(reader, this);
  archive_read_set_read_callback(reader, read);
  if (file_ != nullptr) {
    archive_read_set_skip_callback(reader, skip);
    archive_read_set_seek_callback(reader, seek);
  }
  return archive_read_open1(reader);
}

/// While it lives, what libarchive takes is counted.
class LibarchiveInput::AtOnce {
 public:
  explicit AtOnce(LibarchiveInput& input) : input_(input) {
    if (input.most_at_once_) input.at_once_ = 0;
  }
  AtOnce(const AtOnce&) = delete;
  AtOnce& operator=(const AtOnce&) = delete;
  ~AtOnce() { input_.at_once_.reset(); }

 private:
  LibarchiveInput& input_;
};

// What is left of an entry may be as long as it likes, so it is not for next_header() to pass over.
int LibarchiveInput::leave_entry() {
  block_ = {};
  block_offset_ = entry_offset_ = 0;
  entry_ended_ = false;
  if (!std::exchange(in_entry_, false)) return ARCHIVE_OK;
  const int status = archive_read_data_skip(reader_.get());
  if (status != ARCHIVE_EOF) return status;
  archive_set_error(reader_.get(), EIO, "Premature end-of-file.");
  return ARCHIVE_FATAL;
}

int LibarchiveInput::next_header(archive_entry** entry) {
  if (const int left = leave_entry(); left == ARCHIVE_FATAL) return left;
  const AtOnce counted(*this);
  const int status = archive_read_next_header(reader_.get(), entry);
  in_entry_ = status == ARCHIVE_OK || status == ARCHIVE_WARN;
  return status;
}

Result<void> LibarchiveInput::count_at_once(std::string_view bytes) {
  if (!at_once_ || bytes.find_last_not_of('\0') == bytes.npos) return ok();
  *at_once_ += bytes.size();
  if (*at_once_ <= *most_at_once_ + buffer_.size()) return ok();
  return Error{ErrorCode::not_mail,
               name() + " has a header or a list of holes of more than " +
                   std::to_string(*most_at_once_) + " bytes",
               "if it is genuine, unpack it by hand and name what comes out"};
}

la_ssize_t LibarchiveInput::read_data(std::span<char> buffer) {
  while (block_.empty() && !entry_ended_) {
    const void* data = nullptr;
    std::size_t size = 0;
    la_int64_t offset = 0;
    const AtOnce counted(*this);
    const int status = archive_read_data_block(reader_.get(), &data, &size, &offset);
    if (status != ARCHIVE_OK && status != ARCHIVE_EOF) return status;
    entry_ended_ = status == ARCHIVE_EOF;
    if (entry_ended_) break;
    if (offset < entry_offset_) return ARCHIVE_FATAL;
    block_offset_ = offset;
    block_ = {static_cast<const char*>(data), size};
  }
  if (entry_ended_) return 0;
  // The holes of a sparse member.
  if (block_offset_ > entry_offset_) {
    const auto hole = static_cast<std::uint64_t>(block_offset_ - entry_offset_);
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(hole, buffer.size()));
    std::memset(buffer.data(), 0, count);
    entry_offset_ += static_cast<std::int64_t>(count);
    return static_cast<la_ssize_t>(count);
  }
  const std::size_t count = block_.copy(buffer.data(), buffer.size());
  block_.remove_prefix(count);
  block_offset_ += static_cast<std::int64_t>(count);
  entry_offset_ = block_offset_;
  return static_cast<la_ssize_t>(count);
}

std::string LibarchiveInput::reason() const {
  const char* text = archive_error_string(reader_.get());
  return text == nullptr ? "broken data" : text;
}

Result<std::size_t> LibarchiveInput::fill() {
  if (ahead_.empty()) return stream_->read(buffer_);
  const std::size_t size = std::min(ahead_.size(), buffer_.size());
  std::memcpy(buffer_.data(), ahead_.data(), size);
  ahead_.erase(0, size);
  return size;
}

// The first bytes at `position`, enough for any header.
Result<std::string> LibarchiveInput::bytes_at(std::uint64_t position) {
  constexpr std::size_t kHeader = 12 + 1024;  // xz has the longest
  std::string bytes(kHeader, '\0');
  std::size_t size = 0;
  if (file_ != nullptr) {
    const std::uint64_t before = file_->offset();
    file_->seek(position);
    Result<std::size_t> got = std::size_t{1};
    while (size < kHeader && got && *got > 0) {
      got = file_->read(std::span(bytes).subspan(size));
      if (got) size += *got;
    }
    file_->seek(before);
    if (!got) return got.error();
    bytes.resize(size);
    return bytes;
  }
  const std::uint64_t buffer_begin = given_ - last_given_;
  if (position < buffer_begin || position > given_) return std::string();
  bytes.assign(buffer_.data() + (position - buffer_begin), given_ - position);
  while (bytes.size() + ahead_.size() < kHeader) {
    std::array<char, kHeader> more{};
    MBOXFERRY_ASSIGN(const std::size_t got, stream_->read(more));
    if (got == 0) break;
    ahead_.append(more.data(), got);
  }
  return bytes + ahead_;
}

Result<void> LibarchiveInput::watch(WindowFormat format, std::uint64_t position, std::uint64_t most,
                                    const std::string& name) {
  Watched first{WindowWatch(format), position, most, library_limit(format), name};
  watched_ = first;
  MBOXFERRY_ASSIGN(const std::string bytes, bytes_at(position));
  MBOXFERRY_TRY(look(position, bytes));
  watched_ = std::move(first);
  return look(stream_offset() - last_given_, {buffer_.data(), last_given_});
}

Result<void> LibarchiveInput::look(std::uint64_t begin, std::string_view bytes) {
  if (!watched_ || begin + bytes.size() <= watched_->position) return ok();
  if (begin > watched_->position) {  // it was passed over
    watched_.reset();
    return ok();
  }
  const std::uint64_t needed = watched_->headers.feed(bytes.substr(watched_->position - begin));
  watched_->position = begin + bytes.size();
  if (needed <= std::min(watched_->most, watched_->of_library)) return ok();
  const Error error = needs_memory(watched_->name, needed, watched_->most, watched_->of_library);
  watched_.reset();
  return error;
}

la_ssize_t LibarchiveInput::read(LibarchiveReader* reader, void* client,
                                 const void** buffer) noexcept {
  auto& self = *static_cast<LibarchiveInput*>(client);
  const std::uint64_t begin = self.stream_offset();
  auto got = self.fill();
  if (got) {
    const auto looked = self.look(begin, {self.buffer_.data(), *got});
    if (!looked) got = looked.error();
  }
  if (got) {
    const auto counted = self.count_at_once({self.buffer_.data(), *got});
    if (!counted) got = counted.error();
  }
  if (!got) {
    self.error_ = std::move(got).error();
    archive_set_error(reader, EIO, "read error");
    return -1;
  }
  self.given_ += *got;
  self.last_given_ = *got;
  const std::string_view bytes(self.buffer_.data(), *got);
  const std::size_t last = bytes.find_last_not_of('\0');
  if (last == std::string_view::npos) {
    self.zeros_ += *got;
  } else {
    self.zeros_ = *got - last - 1;
  }
  *buffer = self.buffer_.data();
  return static_cast<la_ssize_t>(*got);
}

la_int64_t LibarchiveInput::skip(LibarchiveReader*, void* client, la_int64_t count) noexcept {
  auto& self = *static_cast<LibarchiveInput*>(client);
  self.zeros_ = 0;
  self.last_given_ = 0;
  const auto skipped = self.stream_->skip(static_cast<std::uint64_t>(count));
  return skipped ? static_cast<la_int64_t>(*skipped) : 0;  // 0: libarchive reads instead
}

la_int64_t LibarchiveInput::seek(LibarchiveReader*, void* client, la_int64_t offset,
                                 int whence) noexcept {
  auto& self = *static_cast<LibarchiveInput*>(client);
  FileStream& file = *self.file_;
  std::uint64_t base = 0;
  if (whence == SEEK_CUR) base = file.offset();
  if (whence == SEEK_END) base = file.size();
  const auto target = static_cast<la_int64_t>(base) + offset;
  if (target < 0) return ARCHIVE_FATAL;
  file.seek(static_cast<std::uint64_t>(target));
  self.last_given_ = 0;  // libarchive drops what it has
  return target;
}

}  // namespace mboxferry::archive
