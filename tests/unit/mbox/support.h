// SPDX-License-Identifier: Apache-2.0
// Folders in memory and a sink that keeps everything, for the mbox tests.
#pragma once

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/mbox/splitter.h"

namespace mboxferry::mbox::testing {

/// A folder in memory that hands out at most `at_most` bytes a read.
class MemorySource final : public ByteSource {
 public:
  explicit MemorySource(std::string bytes, std::size_t at_most = SIZE_MAX)
      : bytes_(std::move(bytes)), at_most_(at_most) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    ++reads;
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t size = std::min({buffer.size(), bytes_.size() - at, at_most_});
    std::memcpy(buffer.data(), bytes_.data() + at, size);
    return size;
  }
  Result<void> check_unchanged() override { return ok(); }
  const std::string& name() const override { return name_; }

  int reads = 0;

 private:
  const std::string bytes_;
  const std::size_t at_most_;
  const std::string name_ = "memory";
};

struct Message {
  std::uint64_t offset = 0;
  Envelope envelope;
  std::string bytes;
  std::uint64_t length = 0;
  std::uint64_t resume_at = 0;
  Accounting accounting;
};

/// Keeps what it is told; pieces are checked against the announced length in end().
class Recorder final : public MessageSink {
 public:
  Result<void> begin(std::uint64_t offset, const Envelope& envelope) override {
    messages.push_back({});
    messages.back().offset = offset;
    messages.back().envelope = envelope;
    return ok();
  }
  Result<void> bytes(std::string_view raw) override {
    messages.back().bytes.append(raw);
    return ok();
  }
  Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                   const Accounting& accounting) override {
    messages.back().length = length;
    messages.back().resume_at = resume_at;
    messages.back().accounting = accounting;
    return ok();
  }
  Result<void> doubt(const Doubt& doubt) override {
    doubts.push_back(doubt);
    return ok();
  }
  Result<void> problem(const Problem& problem) override {
    problems.push_back(problem);
    return ok();
  }

  [[nodiscard]] std::size_t count(std::string_view code) const {
    return static_cast<std::size_t>(std::count_if(problems.begin(), problems.end(),
                                                  [&](const auto& p) { return p.code == code; }));
  }

  std::vector<Message> messages;
  std::vector<Doubt> doubts;
  std::vector<Problem> problems;
};

struct Outcome {
  FolderProfile profile;
  Recorder found;
  Accounting total;
};

/// Surveys and splits `bytes`.
inline void split_bytes(const std::string& bytes, Outcome& outcome,
                        Dialect requested = Dialect::automatic) {
  MemorySource source(bytes);
  MemorySource peek(bytes);
  const Cancellation never;
  outcome.profile = survey(source, requested).value();
  outcome.total = split(source, peek, outcome.profile, outcome.found, never).value();
}

inline std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace mboxferry::mbox::testing
