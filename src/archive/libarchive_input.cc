// SPDX-License-Identifier: Apache-2.0
// Our streams as what libarchive reads.
#include "archive/libarchive_input.h"

#include <cerrno>
#include <cstdio>
#include <limits>
#include <new>
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

std::string LibarchiveInput::reason() const {
  const char* text = archive_error_string(reader_.get());
  return text == nullptr ? "broken data" : text;
}

la_ssize_t LibarchiveInput::read(LibarchiveReader* reader, void* client,
                                 const void** buffer) noexcept {
  auto& self = *static_cast<LibarchiveInput*>(client);
  auto got = self.stream_->read(self.buffer_);
  if (!got) {
    self.error_ = std::move(got).error();
    archive_set_error(reader, EIO, "read error");
    return -1;
  }
  self.given_ += *got;
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
  const auto skipped = self.stream_->skip(static_cast<std::uint64_t>(count));
  return skipped ? static_cast<la_int64_t>(*skipped) : 0;  // 0: libarchive reads instead
}

la_int64_t LibarchiveInput::seek(LibarchiveReader*, void* client, la_int64_t offset,
                                 int whence) noexcept {
  FileStream& file = *static_cast<LibarchiveInput*>(client)->file_;
  std::uint64_t base = 0;
  if (whence == SEEK_CUR) base = file.offset();
  if (whence == SEEK_END) base = file.size();
  const auto target = static_cast<la_int64_t>(base) + offset;
  if (target < 0) return ARCHIVE_FATAL;
  file.seek(static_cast<std::uint64_t>(target));
  return target;
}

}  // namespace mboxferry::archive
