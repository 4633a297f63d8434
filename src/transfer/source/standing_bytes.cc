// SPDX-License-Identifier: Apache-2.0
// The beginning of a growing file.
#include "transfer/source/standing_bytes.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "transfer/source/placed_files.h"

namespace mboxferry::transfer {
namespace {

class StandingBytes final : public ByteSource {
 public:
  StandingBytes(std::unique_ptr<ByteSource> file, std::uint64_t end)
      : file_(std::move(file)), end_(end) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= end_) return std::size_t{0};
    const std::uint64_t left = std::min<std::uint64_t>(end_ - offset, buffer.size());
    return file_->read_at(offset, buffer.first(static_cast<std::size_t>(left)));
  }
  [[nodiscard]] bool reads_anywhere() const override { return file_->reads_anywhere(); }
  Result<void> check_unchanged() override {
    char last = 0;
    if (end_ == 0) return ok();
    MBOXFERRY_ASSIGN(const std::size_t size, file_->read_at(end_ - 1, {&last, 1}));
    if (size == 1) return ok();
    return Error{ErrorCode::archive_changed,
                 name() + " became shorter while it was being read",
                 "run again when no other program writes to it",
                 ErrorScope::job,
                 {Retry::When::now, {}}};
  }
  [[nodiscard]] const std::string& name() const override { return file_->name(); }

 private:
  std::unique_ptr<ByteSource> file_;
  const std::uint64_t end_;
};

}  // namespace

void take_what_stands(SourceFolder& source) {
  const bool in_file =
      source.place.form == archive::FolderForm::mbox && !source.place.container && !source.damage;
  const auto identity = identity_from_text(source.row.identity);
  if (!in_file || !identity) return;
  const auto bytes = archive::open_folder(source.place);
  if (bytes && (*bytes)->reads_anywhere()) source.stands_to = identity->size;
}

Result<bool> is_being_written(const SourceFolder& source, Clock& clock) {
  constexpr std::int64_t kMoment = 5;
  const auto identity = identity_from_text(source.row.identity);
  const bool in_file = source.place.form == archive::FolderForm::mbox && !source.place.container;
  if (!in_file || !identity || identity->size == 0) return false;
  const std::int64_t age = clock.unix_seconds() - identity->modified_ns / 1'000'000'000;
  if (std::abs(age) > kMoment) return false;
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(source.place));
  if (!bytes->reads_anywhere()) return false;
  char last = 0;
  MBOXFERRY_ASSIGN(const std::size_t got, bytes->read_at(identity->size - 1, {&last, 1}));
  return got == 1 && last != '\n' && last != '\r';
}

Result<std::unique_ptr<ByteSource>> open_bytes(const SourceFolder& source) {
  if (!source.stands_to) {
    MBOXFERRY_ASSIGN(auto bytes,
                     source.shared ? source.shared->open() : archive::open_folder(source.place));
    if (!source.placed) return bytes;
    return open_placed(*source.placed, source.row.id, std::move(bytes));
  }
  MBOXFERRY_ASSIGN(auto file, archive::open_folder(source.place));
  return std::unique_ptr<ByteSource>(
      std::make_unique<StandingBytes>(std::move(file), *source.stands_to));
}

}  // namespace mboxferry::transfer
