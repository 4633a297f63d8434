// SPDX-License-Identifier: Apache-2.0
// Which walker reads which member.
#include "archive/container.h"

#include <algorithm>
#include <utility>

#include "archive/stream_source.h"

namespace mboxferry::archive {
namespace {

// One for each thread that reads.
constexpr std::size_t kMostIdle = 2;

class MemberOpener final : public StreamOpener {
 public:
  MemberOpener(std::shared_ptr<Container> container, MemberPosition position,
               const std::string& member)
      : container_(std::move(container)),
        position_(position),
        name_(container_->file().path() + ": " + member) {}

  Result<std::unique_ptr<InputStream>> open(std::uint64_t /*start*/) override {
    auto stream = std::make_unique<MemberStream>(container_);
    MBOXFERRY_TRY(stream->go_to(position_));
    return std::unique_ptr<InputStream>(std::move(stream));
  }
  Result<void> check_unchanged() override { return container_->file().check_unchanged(); }
  [[nodiscard]] bool is_dear() const override { return true; }
  [[nodiscard]] bool ends_at_damage() const override { return true; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::shared_ptr<Container> container_;
  MemberPosition position_;
  std::string name_;
};

}  // namespace

Result<std::unique_ptr<MemberWalker>> Container::take(MemberPosition position) {
  {
    const std::lock_guard lock(mutex_);
    auto nearest = idle_.end();
    for (auto walker = idle_.begin(); walker != idle_.end(); ++walker) {
      if ((*walker)->position() >= position) continue;
      if (nearest == idle_.end() || (*nearest)->position() < (*walker)->position()) {
        nearest = walker;
      }
    }
    if (nearest != idle_.end()) {
      auto walker = std::move(*nearest);
      idle_.erase(nearest);
      return walker;
    }
    ++walks_;
  }
  return MemberWalker::open(file_, limits_, code_page_);
}

void Container::give_back(std::unique_ptr<MemberWalker> walker) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() == kMostIdle) idle_.erase(idle_.begin());
  idle_.push_back(std::move(walker));
}

Result<MemberPosition> Container::position_of(const std::string& member) const {
  const auto found = positions_.find(member);
  if (found != positions_.end()) return found->second;
  return Error{ErrorCode::internal, file_->path() + " has no member " + member, ""};
}

std::uint64_t Container::walks() const {
  const std::lock_guard lock(mutex_);
  return walks_;
}

MemberStream::~MemberStream() {
  if (walker_) container_->give_back(std::move(walker_));
}

Result<void> MemberStream::go_to(MemberPosition position) {
  if (walker_ && walker_->position() >= position) container_->give_back(std::move(walker_));
  if (!walker_) {
    MBOXFERRY_ASSIGN(walker_, container_->take(position));
  }
  const auto reached = walker_->go_to(position);
  auto bytes = reached ? walker_->bytes() : Result<HeadedStream*>(reached.error());
  if (!bytes) {
    walker_.reset();  // after an error it is used up
    return std::move(bytes).error();
  }
  bytes_ = *bytes;
  return ok();
}

Result<std::size_t> MemberStream::read(std::span<char> buffer) {
  auto got = bytes_->read(buffer);
  if (!got) walker_.reset();
  return got;
}

std::unique_ptr<StreamOpener> member_opener(std::shared_ptr<Container> container,
                                            MemberPosition position, const std::string& member) {
  return std::make_unique<MemberOpener>(std::move(container), position, member);
}

std::unique_ptr<ByteSource> open_member(std::shared_ptr<Container> container,
                                        MemberPosition position, const std::string& member) {
  return std::make_unique<StreamSource>(member_opener(std::move(container), position, member));
}

}  // namespace mboxferry::archive
