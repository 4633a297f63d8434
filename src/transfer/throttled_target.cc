// SPDX-License-Identifier: Apache-2.0
// Paces what is appended.
#include "transfer/throttled_target.h"

#include <algorithm>
#include <utility>

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLongestSleep{50};

class ThrottledTarget final : public imap::Target {
 public:
  ThrottledTarget(std::unique_ptr<imap::Target> target, Throttle& throttle, Clock& clock,
                  Tracker& tracker)
      : target_(std::move(target)), throttle_(throttle), clock_(clock), tracker_(tracker) {}

  [[nodiscard]] const imap::Capabilities& capabilities() const override {
    return target_->capabilities();
  }
  [[nodiscard]] const std::string& label() const override { return target_->label(); }
  Result<imap::Namespace> personal_namespace() override { return target_->personal_namespace(); }
  Result<std::vector<imap::ListedMailbox>> list() override { return target_->list(); }
  Result<imap::SelectedMailbox> select(const std::string& mailbox) override {
    return target_->select(mailbox);
  }
  Result<imap::SelectedMailbox> status(const std::string& mailbox) override {
    return target_->status(mailbox);
  }
  Result<std::optional<imap::Quota>> quota(const std::string& mailbox) override {
    return target_->quota(mailbox);
  }
  Result<imap::MailboxTree> mailbox_tree() override { return target_->mailbox_tree(); }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions options) override {
    return target_->walk(range, options);
  }
  Result<std::vector<imap::InquiryAnswer>> inquire(
      std::span<const imap::Inquiry> inquiries) override {
    return target_->inquire(inquiries);
  }
  Result<void> look_ahead(std::span<const imap::Look> looks) override {
    return target_->look_ahead(looks);
  }
  Result<void> fetch_body(imap::Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    return target_->fetch_body(uid, size, visit);
  }
  void log_out() override { target_->log_out(); }
  Result<void> create(const std::string& mailbox) override { return target_->create(mailbox); }
  Result<imap::SelectedMailbox> open_mailbox(const std::string& mailbox, bool create) override {
    return target_->open_mailbox(mailbox, create);
  }
  Result<void> subscribe(const std::string& mailbox) override {
    return target_->subscribe(mailbox);
  }
  Result<void> add_flags(imap::Uid uid, std::uint8_t flags,
                         const std::vector<std::string>& keywords) override {
    return target_->add_flags(uid, flags, keywords);
  }
  Result<void> delete_mailbox(const std::string& mailbox) override {
    return target_->delete_mailbox(mailbox);
  }
  Result<void> expunge(std::span<const imap::Uid> uids) override { return target_->expunge(uids); }
  Result<void> append(std::uint64_t batch, const std::string& mailbox,
                      std::span<const imap::AppendMessage> messages,
                      imap::LiteralSource& literals) override {
    PacedLiterals paced(*this, literals);
    return target_->append(batch, mailbox, messages, paced);
  }
  Result<imap::AppendOutcome> receive() override { return target_->receive(); }
  bool answer_ready() override { return target_->answer_ready(); }
  [[nodiscard]] std::vector<imap::Unanswered> unanswered() const override {
    return target_->unanswered();
  }
  void be_careful(bool careful) override { target_->be_careful(careful); }
  Result<bool> compress(bool on) override { return target_->compress(on); }
  [[nodiscard]] imap::WireUsage wire_usage() const override { return target_->wire_usage(); }
  [[nodiscard]] imap::AppendMode mode() const override { return target_->mode(); }

 private:
  class PacedLiterals final : public imap::LiteralSource {
   public:
    PacedLiterals(ThrottledTarget& owner, imap::LiteralSource& literals)
        : owner_(owner), literals_(literals) {}

    Result<void> write(std::size_t index, const imap::LiteralWriter& out) override {
      Throttle& throttle = owner_.throttle_;
      owner_.pause(throttle.book_message());
      return literals_.write(index, [&](std::string_view bytes) -> Result<void> {
        while (!bytes.empty()) {
          const std::string_view piece = bytes.substr(0, throttle.piece());
          bytes.remove_prefix(piece.size());
          owner_.pause(throttle.book_bytes(piece.size()));
          MBOXFERRY_TRY(out(piece));
        }
        return ok();
      });
    }
    [[nodiscard]] bool approves_at_once() const override { return literals_.approves_at_once(); }
    Result<void> approve() override { return literals_.approve(); }

   private:
    ThrottledTarget& owner_;
    imap::LiteralSource& literals_;
  };

  void pause(std::chrono::steady_clock::duration wait);

  std::unique_ptr<imap::Target> target_;
  Throttle& throttle_;
  Clock& clock_;
  Tracker& tracker_;
};

void ThrottledTarget::pause(std::chrono::steady_clock::duration wait) {
  const auto until = clock_.now() + wait;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock_.now());
    if (left < milliseconds(1)) return;
    tracker_.limited(throttle_.description());
    clock_.sleep(std::min(left, kLongestSleep));
    // An error is found by the write that follows.
    target_->answer_ready();
  }
}

}  // namespace

std::unique_ptr<imap::Target> throttled(std::unique_ptr<imap::Target> target, Throttle& throttle,
                                        Clock& clock, Tracker& tracker) {
  return std::make_unique<ThrottledTarget>(std::move(target), throttle, clock, tracker);
}

}  // namespace mboxferry::transfer
