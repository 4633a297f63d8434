// SPDX-License-Identifier: Apache-2.0
// Streams through libarchive's decompression filters.
#include "archive/compressed_source.h"

#include <archive.h>
#include <archive_entry.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <new>
#include <optional>
#include <utility>

#include "mboxferry/base/handle.h"

namespace mboxferry::archive {
namespace {

// In the global namespace libarchive's handle has the name of ours.
using Reader = struct ::archive;

constexpr std::size_t kWindow = 1024 * 1024;
constexpr std::size_t kInput = 64 * 1024;

}  // namespace

struct CompressedSource::Unpacker {
  explicit Unpacker(const OpenFile& opened) : file(opened) {}

  const OpenFile& file;
  std::uint64_t input_offset = 0;
  std::optional<Error> input_error;
  std::array<char, kInput> input{};
  Handle<Reader, archive_read_free> reader{archive_read_new()};

  static la_ssize_t read(Reader* reader, void* client, const void** buffer) noexcept;
};

la_ssize_t CompressedSource::Unpacker::read(Reader* reader, void* client,
                                            const void** buffer) noexcept {
  auto& self = *static_cast<Unpacker*>(client);
  auto got = self.file.read_at(self.input_offset, self.input);
  if (!got) {
    self.input_error = std::move(got).error();
    archive_set_error(reader, EIO, "read error");
    return -1;
  }
  self.input_offset += *got;
  *buffer = self.input.data();
  return static_cast<la_ssize_t>(*got);
}

CompressedSource::CompressedSource(OpenFile file) : file_(std::move(file)), window_(kWindow) {}
CompressedSource::~CompressedSource() = default;

Result<void> CompressedSource::start() {
  window_begin_ = 0;
  window_size_ = 0;
  at_end_ = false;
  unpacker_ = std::make_unique<Unpacker>(file_);
  Reader* reader = unpacker_->reader.get();
  if (reader == nullptr) throw std::bad_alloc();
  // "empty" is for compressed files with nothing inside, which "raw" does not take.
  const bool ready = archive_read_support_filter_gzip(reader) == ARCHIVE_OK &&
                     archive_read_support_filter_bzip2(reader) == ARCHIVE_OK &&
                     archive_read_support_filter_xz(reader) == ARCHIVE_OK &&
                     archive_read_support_filter_zstd(reader) == ARCHIVE_OK &&
                     archive_read_support_format_raw(reader) == ARCHIVE_OK &&
                     archive_read_support_format_empty(reader) == ARCHIVE_OK;
  if (!ready) {
    return Error{ErrorCode::internal, "libarchive lacks a decompression filter",
                 "unpack " + name()};
  }
  archive_entry* entry = nullptr;
  int status = archive_read_open(reader, unpacker_.get(), nullptr, Unpacker::read, nullptr);
  if (status == ARCHIVE_OK) status = archive_read_next_header(reader, &entry);
  if (status == ARCHIVE_EOF) {
    at_end_ = true;
    return ok();
  }
  if (status != ARCHIVE_OK) return damaged();
  return ok();
}

// The next read starts anew, and fails at the same place.
Error CompressedSource::damaged() {
  const auto failed = std::exchange(unpacker_, nullptr);
  if (failed->input_error) return *failed->input_error;
  const char* reason = archive_error_string(failed->reader.get());
  return Error{ErrorCode::not_mail,
               name() + " is damaged: it cannot be unpacked behind byte " +
                   std::to_string(window_end()) + " of what it holds" +
                   (reason == nullptr ? "" : ": " + std::string(reason)),
               "get a good copy, or unpack what can be saved and use that"};
}

Result<void> CompressedSource::read_more() {
  if (window_size_ == window_.size()) {  // keep the newer half
    const std::size_t kept = window_.size() / 2;
    std::memmove(window_.data(), window_.data() + window_size_ - kept, kept);
    window_begin_ += window_size_ - kept;
    window_size_ = kept;
  }
  const la_ssize_t got = archive_read_data(unpacker_->reader.get(), window_.data() + window_size_,
                                           window_.size() - window_size_);
  // A partial success is data of doubtful worth as well.
  if (got < 0) return damaged();
  window_size_ += static_cast<std::size_t>(got);
  at_end_ = got == 0;
  return ok();
}

Result<std::size_t> CompressedSource::read_at(std::uint64_t offset, std::span<char> buffer) {
  if (!unpacker_ || offset < window_begin_) MBOXFERRY_TRY(start());
  std::size_t done = 0;
  while (done < buffer.size()) {
    const std::uint64_t position = offset + done;
    if (position < window_end()) {
      const auto from = static_cast<std::size_t>(position - window_begin_);
      const std::size_t count = std::min(window_size_ - from, buffer.size() - done);
      std::memcpy(buffer.data() + done, window_.data() + from, count);
      done += count;
    } else if (at_end_) {
      break;
    } else {
      MBOXFERRY_TRY(read_more());
    }
  }
  return done;
}

}  // namespace mboxferry::archive
