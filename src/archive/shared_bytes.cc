// SPDX-License-Identifier: Apache-2.0
// The unpacked copy and its readers.
#include "archive/shared_bytes.h"

#include <algorithm>
#include <utility>

namespace mboxferry::archive {
namespace {

constexpr std::size_t kUnpackPiece = std::size_t{256} << 10;
// Other programs need the disk too.
constexpr std::uint64_t kLeftFree = std::uint64_t{512} << 20;
constexpr std::uint64_t kBetweenChecks = std::uint64_t{64} << 20;

class SharedSource final : public ByteSource {
 public:
  SharedSource(std::shared_ptr<SharedBytes> shared, std::unique_ptr<StreamOpener> opener)
      : shared_(std::move(shared)), own_(std::move(opener)) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (shared_) {
      if (const auto got = shared_->read_at(offset, buffer)) return *got;
      shared_.reset();
    }
    return own_.read_at(offset, buffer);
  }
  Result<void> check_unchanged() override { return own_.check_unchanged(); }
  [[nodiscard]] std::optional<Error> damage() const override {
    return shared_ ? shared_->damage() : own_.damage();
  }
  [[nodiscard]] const std::string& name() const override { return own_.name(); }

 private:
  std::shared_ptr<SharedBytes> shared_;
  StreamSource own_;  // opens nothing before its first read
};

}  // namespace

bool SharedBytes::has_room() const {
  const auto left = file_->free_space();
  return !left || *left > kLeftFree;
}

bool SharedBytes::start() {
  auto file = TemporaryFile::create_large();
  if (!file) return false;
  file_ = std::make_shared<TemporaryFile>(std::move(*file));
  if (!has_room()) return false;
  auto stream = opener_->open(0);
  if (!stream) return false;
  stream_ = std::move(*stream);
  buffer_.resize(kUnpackPiece);
  return true;
}

bool SharedBytes::unpack_more() {
  const auto got = stream_->read(buffer_);
  if (!got) {
    const bool ends = opener_->ends_at_damage() && got.error().code == ErrorCode::not_mail;
    if (ends) damage_ = got.error();
    at_end_ = ends;
  } else {
    at_end_ = *got == 0;
  }
  if (at_end_) {
    stream_.reset();
    return true;
  }
  if (!got || !file_->append(std::span(buffer_).first(*got))) return false;
  if (file_->size() < checked_ + kBetweenChecks) return true;
  checked_ = file_->size();
  return has_room();
}

std::optional<SharedBytes::Copy> SharedBytes::copy_up_to(std::uint64_t end) {
  const std::lock_guard lock(mutex_);
  if (!file_ && !given_up_) given_up_ = !start();
  while (!given_up_ && !at_end_ && file_->size() < end) given_up_ = !unpack_more();
  if (!given_up_) return Copy{file_, file_->size()};
  stream_.reset();
  file_.reset();
  return std::nullopt;
}

std::optional<std::size_t> SharedBytes::read_at(std::uint64_t offset, std::span<char> buffer) {
  const auto copy = copy_up_to(offset + buffer.size());
  if (!copy) return std::nullopt;
  const std::uint64_t there = offset < copy->size ? copy->size - offset : 0;
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(there, buffer.size()));
  if (!copy->file->read_at(offset, buffer.first(size))) return std::nullopt;
  return size;
}

std::optional<Error> SharedBytes::damage() const {
  const std::lock_guard lock(mutex_);
  return damage_;
}

std::unique_ptr<ByteSource> open_shared_bytes(std::shared_ptr<SharedBytes> shared,
                                              std::unique_ptr<StreamOpener> opener) {
  return std::make_unique<SharedSource>(std::move(shared), std::move(opener));
}

}  // namespace mboxferry::archive
