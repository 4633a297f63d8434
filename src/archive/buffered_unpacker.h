// SPDX-License-Identifier: Apache-2.0
// What the unpackers that call a library of one format have in common.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "archive/input_stream.h"
#include "archive/unpacker.h"
#include "archive/window_watch.h"

namespace mboxferry::archive {

/// Unpacks through a buffer of packed bytes. What was unpacked before an error is given before the
/// error, to its last byte: libarchive's filters drop up to 64 KiB there.
class BufferedUnpacker : public InputStream {
 public:
  BufferedUnpacker(std::unique_ptr<InputStream> packed, UnpackCounter counter)
      : packed_(std::move(packed)), counter_(std::move(counter)) {}

  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return packed_->name(); }

 protected:
  /// Unpacks into `buffer` until something came out or the end is reached; `done` is how much, also
  /// with an error.
  virtual Result<void> unpack_into(std::span<char> buffer, std::size_t& done) = 0;

  /// Before the first read: ends with an error when a header asks for more memory than is allowed.
  void watch(WindowFormat format);
  /// The next packed bytes when there are none left; they may be empty only at the end.
  Result<void> fill();
  [[nodiscard]] std::string_view input() const { return input_; }
  void use(std::size_t count) { input_.remove_prefix(count); }
  void end() { at_end_ = true; }
  [[nodiscard]] bool at_end() const { return at_end_; }
  [[nodiscard]] Error broken(std::string_view reason) const {
    return damaged(name(), counter_.total(), reason);
  }

 private:
  std::unique_ptr<InputStream> packed_;
  UnpackCounter counter_;
  std::optional<WindowWatch> headers_;
  std::uint64_t of_library_ = 0;
  std::string_view input_;  // of buffer_
  bool at_end_ = false;
  std::optional<Error> error_;  // for the next read
  std::array<char, 64 * 1024> buffer_{};
};

}  // namespace mboxferry::archive
