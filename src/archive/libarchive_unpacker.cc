// SPDX-License-Identifier: Apache-2.0
// lz4 and compress by libarchive's filters.
#include <archive.h>
#include <archive_entry.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "archive/libarchive_input.h"
#include "archive/unpacker.h"

namespace mboxferry::archive {
namespace {

class LibarchiveUnpacker final : public InputStream {
 public:
  LibarchiveUnpacker(std::unique_ptr<InputStream> packed, UnpackCounter counter)
      : input_(std::move(packed)), counter_(std::move(counter)) {}

  Result<void> start();
  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return input_.name(); }

 private:
  [[nodiscard]] Error failure() const {
    if (input_.stream_error()) return *input_.stream_error();
    return damaged(name(), counter_.total(), input_.reason());
  }
  Result<void> check_nothing_follows();

  LibarchiveInput input_;
  UnpackCounter counter_;
  bool at_end_ = false;
  std::optional<Error> error_;
};

Result<void> LibarchiveUnpacker::start() {
  LibarchiveReader* reader = input_.get();
  // "empty" is for compressed files with nothing inside, which "raw" does not take.
  const bool ready = archive_read_support_filter_lz4(reader) == ARCHIVE_OK &&
                     archive_read_support_filter_compress(reader) == ARCHIVE_OK &&
                     archive_read_support_format_raw(reader) == ARCHIVE_OK &&
                     archive_read_support_format_empty(reader) == ARCHIVE_OK;
  if (!ready) {
    return Error{ErrorCode::internal, "libarchive cannot unpack what this program needs",
                 "unpack " + name() + " and use that"};
  }
  archive_entry* entry = nullptr;
  int status = input_.open();
  if (status == ARCHIVE_OK) status = archive_read_next_header(reader, &entry);
  at_end_ = status == ARCHIVE_EOF;
  if (status != ARCHIVE_OK && !at_end_) return failure();
  return at_end_ ? check_nothing_follows() : ok();
}

// A filter may take anything behind the last member for the end.
Result<void> LibarchiveUnpacker::check_nothing_follows() {
  const auto used = static_cast<std::uint64_t>(archive_filter_bytes(input_.get(), -1));
  char more = 0;
  if (used >= input_.given()) {
    MBOXFERRY_ASSIGN(const std::size_t got, input_.stream().read({&more, 1}));
    if (got == 0) return ok();
  }
  return damaged(name(), counter_.total(), "other data follows");
}

Result<std::size_t> LibarchiveUnpacker::read(std::span<char> buffer) {
  if (at_end_) return 0;
  if (error_) return *error_;
  const la_ssize_t got = input_.read_data(buffer);
  if (got < 0) {
    error_ = failure();  // libarchive says another thing when it is asked again
    return *error_;
  }
  at_end_ = got == 0;
  if (at_end_) MBOXFERRY_TRY(check_nothing_follows());
  MBOXFERRY_TRY(counter_.count(static_cast<std::uint64_t>(got), name()));
  return static_cast<std::size_t>(got);
}

}  // namespace

Result<std::unique_ptr<InputStream>> unpack_by_libarchive(std::unique_ptr<HeadedStream> packed,
                                                          UnpackCounter counter) {
  auto unpacker = std::make_unique<LibarchiveUnpacker>(std::move(packed), std::move(counter));
  MBOXFERRY_TRY(unpacker->start());
  return std::unique_ptr<InputStream>(std::move(unpacker));
}

}  // namespace mboxferry::archive
