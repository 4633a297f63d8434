// SPDX-License-Identifier: Apache-2.0
// Where text goes: standard output, a file that appears whole, or a spool for later.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mboxferry/base/file.h"
#include "mboxferry/base/result.h"

namespace mboxferry::report {

/// Takes text in order. One thread at a time.
class TextOutput {
 public:
  TextOutput() = default;
  TextOutput(const TextOutput&) = delete;
  TextOutput& operator=(const TextOutput&) = delete;
  virtual ~TextOutput() = default;

  virtual Result<void> write(std::string_view text) = 0;
  /// Hands on what is still buffered.
  virtual Result<void> flush() = 0;
};

/// Text kept in memory.
class TextBuffer final : public TextOutput {
 public:
  Result<void> write(std::string_view text) override {
    text_ += text;
    return ok();
  }
  Result<void> flush() override { return ok(); }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

/// Buffered writing to a file descriptor that someone else owns.
class DescriptorOutput final : public TextOutput {
 public:
  /// `name` is used in error texts.
  DescriptorOutput(int descriptor, std::string name);
  Result<void> write(std::string_view text) override;
  Result<void> flush() override;

 private:
  int descriptor_;
  std::string name_;
  std::string buffer_;
};

/// A file that appears under its name only when it is complete: written beside it, synced and
/// renamed by commit(). What is not committed is removed. A name that is no regular file (a pipe,
/// a device) is written directly.
class WholeFile final : public TextOutput {
 public:
  /// Fails with `cannot_create`.
  static Result<std::unique_ptr<WholeFile>> create(const std::string& path);
  ~WholeFile() override;
  Result<void> write(std::string_view text) override;
  Result<void> flush() override;
  Result<void> commit();

 private:
  WholeFile(std::string path, std::string temporary, FileDescriptor file);

  std::string path_;
  std::string temporary_;  ///< empty: written directly
  FileDescriptor file_;
  DescriptorOutput output_;
};

/// Fails with `cannot_create` when WholeFile::create would, without leaving anything behind.
Result<void> check_creatable(const std::string& path);

/// Text kept until it is its turn: in memory while it is short, else in an unlinked temporary
/// file, so that memory stays constant.
class Spool final : public TextOutput {
 public:
  Result<void> write(std::string_view text) override;
  Result<void> flush() override { return ok(); }
  [[nodiscard]] std::uint64_t size() const { return spilled_ + memory_.size(); }
  /// Writes everything to `out`, in order.
  Result<void> copy_to(TextOutput& out) const;
  /// Forgets everything; the temporary file is kept for the next text.
  Result<void> clear();

 private:
  Result<void> spill();

  std::string memory_;
  FileDescriptor file_;
  std::uint64_t spilled_ = 0;
};

}  // namespace mboxferry::report
