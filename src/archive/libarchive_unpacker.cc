// SPDX-License-Identifier: Apache-2.0
// bzip2, xz and Zstandard by libarchive's filters.
#include <archive.h>
#include <archive_entry.h>

#include <array>
#include <cerrno>
#include <new>
#include <optional>
#include <string>
#include <utility>

#include "archive/unpacker.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::archive {
namespace {

using Reader = struct ::archive;  // the name of our namespace hides libarchive's

class LibarchiveUnpacker final : public Unpacker {
 public:
  explicit LibarchiveUnpacker(const OpenFile& file) : file_(file) {
    if (!reader_) throw std::bad_alloc();
  }

  Result<void> start();
  Result<std::size_t> read(std::span<char> buffer) override;

 private:
  static la_ssize_t read_input(Reader* reader, void* client, const void** buffer) noexcept;
  Error failure();

  const OpenFile& file_;
  std::uint64_t input_offset_ = 0;
  std::uint64_t unpacked_ = 0;
  bool at_end_ = false;
  std::optional<Error> input_error_;
  std::array<char, 64 * 1024> input_{};
  Handle<Reader, archive_read_free> reader_{archive_read_new()};  // first to go: it reads input_
};

la_ssize_t LibarchiveUnpacker::read_input(Reader* reader, void* client,
                                          const void** buffer) noexcept {
  auto& self = *static_cast<LibarchiveUnpacker*>(client);
  auto got = self.file_.read_at(self.input_offset_, self.input_);
  if (!got) {
    self.input_error_ = std::move(got).error();
    archive_set_error(reader, EIO, "read error");
    return -1;
  }
  self.input_offset_ += *got;
  *buffer = self.input_.data();
  return static_cast<la_ssize_t>(*got);
}

Error LibarchiveUnpacker::failure() {
  if (input_error_) return *input_error_;
  const char* reason = archive_error_string(reader_.get());
  return damaged(file_, unpacked_, reason == nullptr ? "broken data" : reason);
}

Result<void> LibarchiveUnpacker::start() {
  Reader* reader = reader_.get();
  // "empty" is for compressed files with nothing inside, which "raw" does not take.
  const bool ready = archive_read_support_filter_bzip2(reader) == ARCHIVE_OK &&
                     archive_read_support_filter_xz(reader) == ARCHIVE_OK &&
                     archive_read_support_filter_zstd(reader) == ARCHIVE_OK &&
                     archive_read_support_format_raw(reader) == ARCHIVE_OK &&
                     archive_read_support_format_empty(reader) == ARCHIVE_OK;
  if (!ready) {
    return Error{ErrorCode::internal, "libarchive cannot unpack what this program needs",
                 "unpack " + file_.path() + " and use that"};
  }
  archive_entry* entry = nullptr;
  int status = archive_read_open(reader, this, nullptr, read_input, nullptr);
  if (status == ARCHIVE_OK) status = archive_read_next_header(reader, &entry);
  at_end_ = status == ARCHIVE_EOF;
  if (status != ARCHIVE_OK && !at_end_) return failure();
  return ok();
}

Result<std::size_t> LibarchiveUnpacker::read(std::span<char> buffer) {
  if (at_end_) return 0;
  const la_ssize_t got = archive_read_data(reader_.get(), buffer.data(), buffer.size());
  if (got < 0) return failure();
  at_end_ = got == 0;
  // The bzip2 filter takes anything behind the last member for the end.
  if (at_end_ &&
      static_cast<std::uint64_t>(archive_filter_bytes(reader_.get(), -1)) < file_.size()) {
    return damaged(file_, unpacked_, "other data follows");
  }
  unpacked_ += static_cast<std::uint64_t>(got);
  return static_cast<std::size_t>(got);
}

}  // namespace

Result<std::unique_ptr<Unpacker>> make_libarchive_unpacker(const OpenFile& file) {
  auto unpacker = std::make_unique<LibarchiveUnpacker>(file);
  MBOXFERRY_TRY(unpacker->start());
  return std::unique_ptr<Unpacker>(std::move(unpacker));
}

}  // namespace mboxferry::archive
