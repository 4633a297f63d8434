// SPDX-License-Identifier: Apache-2.0
// One walk for all folders.
#include "archive/container_messages.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace mboxferry::archive {
namespace {

constexpr std::uint64_t kArrangedPage = 200;

class ArrangedStream final : public InputStream {
 public:
  ArrangedStream(std::shared_ptr<Container> container, std::shared_ptr<MessageTable> table)
      : container_(std::move(container)), table_(std::move(table)), member_(container_) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    if (left_ == 0) {
      MBOXFERRY_ASSIGN(const bool more, open_next_member());
      if (!more) return std::size_t{0};
    }
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
    MBOXFERRY_ASSIGN(const std::size_t got, member_.read(buffer.first(size)));
    if (got == 0) return shorter();
    left_ -= got;
    return got;
  }
  [[nodiscard]] const std::string& name() const override { return container_->file().path(); }

 private:
  [[nodiscard]] Error shorter() const {
    return Error{ErrorCode::archive_changed, name() + " changed while it was being read",
                 "run again when no other program writes to it"};
  }

  Result<bool> open_next_member() {
    if (used_ == page_.size()) {
      const MemberPosition behind = page_.empty() ? MemberPosition{} : page_.back().position;
      MBOXFERRY_ASSIGN(page_, table_->arranged_after(behind, kArrangedPage));
      used_ = 0;
      if (page_.empty()) return false;
    }
    const ArrangedMessage& next = page_[used_++];
    MBOXFERRY_TRY(member_.go_to(next.position));
    MBOXFERRY_ASSIGN(const std::uint64_t skipped, member_.skip(next.skip));
    if (skipped < next.skip) return shorter();
    left_ = next.length;
    return true;
  }

  std::shared_ptr<Container> container_;
  std::shared_ptr<MessageTable> table_;
  MemberStream member_;
  std::vector<ArrangedMessage> page_;
  std::size_t used_ = 0;
  std::uint64_t left_ = 0;  // bytes of the present message
};

class ArrangedOpener final : public StreamOpener {
 public:
  ArrangedOpener(std::shared_ptr<Container> container, std::shared_ptr<MessageTable> table)
      : container_(std::move(container)), table_(std::move(table)) {}

  Result<std::unique_ptr<InputStream>> open(std::uint64_t /*start*/) override {
    return std::unique_ptr<InputStream>(std::make_unique<ArrangedStream>(container_, table_));
  }
  Result<void> check_unchanged() override { return container_->file().check_unchanged(); }
  [[nodiscard]] const std::string& name() const override { return container_->file().path(); }

 private:
  std::shared_ptr<Container> container_;
  std::shared_ptr<MessageTable> table_;
};

}  // namespace

std::unique_ptr<StreamOpener> container_messages(std::shared_ptr<Container> container,
                                                 std::shared_ptr<MessageTable> table) {
  return std::make_unique<ArrangedOpener>(std::move(container), std::move(table));
}

}  // namespace mboxferry::archive
