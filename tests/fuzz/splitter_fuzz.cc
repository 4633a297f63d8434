// SPDX-License-Identifier: Apache-2.0
// Any bytes, read in pieces of any size: each byte is accounted for once, messages ascend, and a
// pass that is resumed at any boundary finds what the whole pass found.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

#include "mbox/scanner.h"
#include "mboxferry/mbox/splitter.h"

namespace {

using mboxferry::ByteSource;
using mboxferry::ok;
using mboxferry::Result;
using mboxferry::mbox::Accounting;

void require(bool condition) {
  if (!condition) std::abort();
}

class Memory final : public ByteSource {
 public:
  Memory(std::string_view bytes, std::size_t at_most) : bytes_(bytes), at_most_(at_most) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t size = std::min({buffer.size(), bytes_.size() - at, at_most_});
    std::memcpy(buffer.data(), bytes_.data() + at, size);
    return size;
  }
  Result<void> check_unchanged() override { return ok(); }
  const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  std::size_t at_most_;
  std::string name_ = "fuzz";
};

struct Found {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t resume_at = 0;
  Accounting accounting;
  friend bool operator==(const Found&, const Found&) = default;
};

class Checker final : public mboxferry::mbox::MessageSink {
 public:
  explicit Checker(std::string_view bytes) : bytes_(bytes) {}
  Result<void> begin(std::uint64_t offset, const mboxferry::mbox::Envelope&) override {
    require(!inside_ && offset >= last_end_ && offset <= bytes_.size());
    inside_ = true;
    current_ = {.offset = offset, .length = 0, .resume_at = 0, .accounting = {}};
    return ok();
  }
  Result<void> bytes(std::string_view raw) override {
    require(inside_ && bytes_.substr(current_.offset + current_.length, raw.size()) == raw);
    current_.length += raw.size();
    return ok();
  }
  Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                   const Accounting& accounting) override {
    require(inside_ && length == current_.length && accounting.sum() == resume_at);
    require(resume_at >= current_.offset + length && resume_at <= bytes_.size());
    inside_ = false;
    last_end_ = resume_at;
    current_.resume_at = resume_at;
    current_.accounting = accounting;
    found.push_back(current_);
    return ok();
  }
  Result<void> doubt(const mboxferry::mbox::Doubt& doubt) override {
    require(doubt.offset < bytes_.size() && doubt.line.size() <= 200);
    return ok();
  }
  Result<void> problem(const mboxferry::mbox::Problem& problem) override {
    require(problem.offset <= bytes_.size());
    return ok();
  }

  std::vector<Found> found;

 private:
  std::string_view bytes_;
  Found current_;
  std::uint64_t last_end_ = 0;
  bool inside_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t at_most = std::size_t{data[0]} + 1;
  const std::size_t step = (std::size_t{data[1]} + 1) * 16;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  Memory source(bytes, at_most);
  Memory peek(bytes, bytes.size());
  const auto profile = mboxferry::mbox::survey(source, mboxferry::mbox::Dialect::automatic);
  require(profile.has_value() && profile->empty == bytes.empty());

  const mboxferry::Cancellation never;
  Checker whole(bytes);
  const auto total = split(source, peek, *profile, whole, never);
  require(total.has_value() && total->sum() == bytes.size());

  // The lookahead bounds what a decision may use, so that only the step may differ.
  const mboxferry::mbox::WindowSizes sizes{.behind = 8192, .step = step, .lookahead = 512 << 10};
  Checker pieces(bytes);
  mboxferry::mbox::Scanner scanner(source, peek, *profile, pieces, never, 0, {}, sizes);
  const auto again = scanner.run();
  require(again.has_value() && *again == *total && pieces.found == whole.found);

  for (std::size_t i = 0; i < whole.found.size(); i += 1 + whole.found.size() / 8) {
    Checker rest(bytes);
    const auto resumed = split(source, peek, *profile, rest, never, whole.found[i].resume_at,
                               whole.found[i].accounting);
    require(resumed.has_value() && *resumed == *total);
    require(std::equal(rest.found.begin(), rest.found.end(),
                       whole.found.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       whole.found.end()));
  }
  return 0;
}
