// SPDX-License-Identifier: Apache-2.0
// Folders in memory and a sink that writes down everything, for the tests of the index pass.
#pragma once

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/transfer/indexer.h"

namespace mboxferry::test {

class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    bytes_read += buffer.size();
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t size = std::min(buffer.size(), bytes_.size() - at);
    std::memcpy(buffer.data(), bytes_.data() + at, size);
    return size;
  }
  Result<void> check_unchanged() override { return ok(); }
  const std::string& name() const override { return name_; }

  std::uint64_t bytes_read = 0;  ///< as asked for

 private:
  const std::string bytes_;
  const std::string name_ = "memory";
};

class FakeFiles final : public archive::MessageFiles {
 public:
  explicit FakeFiles(std::vector<archive::MessageFile> files) : files_(std::move(files)) {}
  Result<std::optional<archive::MessageFile>> next() override {
    if (next_ == files_.size()) return std::optional<archive::MessageFile>{};
    return std::optional(files_[next_++]);
  }

 private:
  std::vector<archive::MessageFile> files_;
  std::size_t next_ = 0;
};

struct Indexed {
  transfer::IndexedMessage message;
  std::uint64_t resume_at = 0;
  mbox::Accounting accounting;
};

/// Keeps what it is told.
class IndexRecorder final : public transfer::IndexSink {
 public:
  Result<void> message(const transfer::IndexedMessage& message, std::uint64_t resume_at,
                       const mbox::Accounting& accounting) override {
    messages.push_back({message, resume_at, accounting});
    return ok();
  }
  Result<void> doubt(const mbox::Doubt& doubt) override {
    doubts.push_back(doubt);
    return ok();
  }
  Result<void> problem(const mbox::Problem& problem) override {
    problems.push_back(problem);
    return ok();
  }

  std::vector<Indexed> messages;
  std::vector<mbox::Doubt> doubts;
  std::vector<mbox::Problem> problems;
};

}  // namespace mboxferry::test
