// SPDX-License-Identifier: Apache-2.0
// Connects again, and asks again.
#include "mboxferry/transfer/returning_target.h"

#include <fmt/format.h>

#include <optional>
#include <string>
#include <utility>

#include "transfer/pace/backoff.h"
#include "transfer/pace/waiting.h"
#include "transfer/target/forwarding_target.h"
#include "transfer/target/rest_of_body.h"

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

constexpr int kMostReturns = 8;  ///< in a row without an answer between them

class ReturningTarget final : public ForwardingReader<imap::ReadOnlyTarget> {
 public:
  ReturningTarget(std::unique_ptr<imap::ReadOnlyTarget> target, ConnectToRead connect, Waits waits)
      : ForwardingReader(std::move(target)),
        connect_(std::move(connect)),
        waits_(std::move(waits)),
        label_(target_->label()),
        capabilities_(target_->capabilities()) {}

  [[nodiscard]] const imap::Capabilities& capabilities() const override { return capabilities_; }
  [[nodiscard]] const std::string& label() const override { return label_; }
  Result<imap::Namespace> personal_namespace() override {
    return again([&] { return target_->personal_namespace(); });
  }
  Result<std::vector<imap::ListedMailbox>> list() override {
    return again([&] { return target_->list(); });
  }
  Result<imap::MailboxTree> mailbox_tree() override {
    return again([&] { return target_->mailbox_tree(); });
  }
  Result<imap::SelectedMailbox> select(const std::string& mailbox) override {
    selected_.reset();
    auto selected = again([&] { return target_->select(mailbox); });
    if (selected) selected_ = Selected{mailbox, selected->uid_validity};
    return selected;
  }
  Result<imap::SelectedMailbox> status(const std::string& mailbox) override {
    return again([&] { return target_->status(mailbox); });
  }
  Result<std::optional<imap::Quota>> quota(const std::string& mailbox) override {
    return again([&] { return target_->quota(mailbox); });
  }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions options) override;
  /// Only a hint; a connection that is lost is found by the next question.
  Result<void> look_ahead(std::span<const imap::Look> looks) override {
    static_cast<void>(target_->look_ahead(looks).has_value());
    return ok();
  }
  Result<std::vector<imap::InquiryAnswer>> inquire(
      std::span<const imap::Inquiry> inquiries) override {
    selected_.reset();
    return again([&] { return target_->inquire(inquiries); });
  }
  Result<void> fetch_body(imap::Uid uid, std::uint64_t size, const ByteVisitor& visit) override {
    RestOfBody rest(visit);
    return again([&] { return target_->fetch_body(uid, size, rest.from_the_beginning()); });
  }
  Result<void> fetch_bodies(std::span<const imap::WantedBody> bodies,
                            const BodyVisitor& visit) override {
    RestOfBodies rest(bodies, visit);
    return again([&] { return rest.ask(*target_); });
  }
  Result<bool> lists_to_everybody(const std::string& mailbox) override {
    return again([&] { return target_->lists_to_everybody(mailbox); });
  }

 private:
  class Walk;
  struct Selected {
    std::string mailbox;
    std::uint32_t uid_validity;
  };

  template <typename Attempt>
  auto again(const Attempt& attempt) -> decltype(attempt()) {
    for (;;) {
      auto done = attempt();
      if (done || target_->is_alive() || !may_pass(done.error())) {
        if (target_->is_alive()) returns_.reset();
        return done;
      }
      MBOXFERRY_TRY(come_back(done.error()));
    }
  }
  /// Whether another connection may help.
  static bool may_pass(const Error& error) {
    return error.scope == ErrorScope::session && error.retry.when != Retry::When::never;
  }
  Result<void> come_back(Error why);
  Result<void> open_again();

  const ConnectToRead connect_;
  const Waits waits_;
  const std::string label_;
  const imap::Capabilities capabilities_;
  std::optional<Selected> selected_;
  Backoff returns_{Backoff::Settings{}};
};

/// Until there is a connection that has the mailbox open.
Result<void> ReturningTarget::come_back(Error why) {
  for (;;) {
    if (returns_.tries() >= kMostReturns) return why;
    const milliseconds wait = returns_.next(why.retry.after);
    if (waits_.tell)
      waits_.tell(fmt::format("{}; connecting again in {:.1f} s", why.what,
                              static_cast<double>(wait.count()) / 1000));
    if (!wait_unless(waits_.interrupt, waits_.clock, wait))
      return interrupted("interrupted while waiting for the server");
    const auto opened = open_again();
    if (opened || !may_pass(opened.error())) return opened;
    why = opened.error();
  }
}

Result<void> ReturningTarget::open_again() {
  auto connected = connect_();
  if (!connected) return Error(connected.error());
  target_ = patient(*std::move(connected), waits_);
  if (!selected_) return ok();
  MBOXFERRY_ASSIGN(const imap::SelectedMailbox now, target_->select(selected_->mailbox));
  if (now.uid_validity == selected_->uid_validity) return ok();
  return Error{ErrorCode::try_later,
               label_ + ": mailbox " + selected_->mailbox + " was made anew meanwhile",
               "run the same command again", ErrorScope::session};
}

/// Goes on behind the last message that came.
class ReturningTarget::Walk final : public imap::MessageWalk {
 public:
  Walk(ReturningTarget& target, imap::UidRange range, imap::WalkOptions options)
      : target_(target), range_(range), options_(options) {}

  Result<std::optional<imap::FetchedMessage>> next() override {
    return target_.again([this]() -> Result<std::optional<imap::FetchedMessage>> {
      if (!walk_ && ended_) return std::optional<imap::FetchedMessage>();
      if (!walk_) {
        MBOXFERRY_ASSIGN(walk_, target_.target_->walk(range_, options_));
        options_.just_selected = false;
      }
      auto fetched = walk_->next();
      if (!fetched) {
        walk_.reset();  // before its connection
      } else if (*fetched) {
        if ((*fetched)->uid >= range_.last) ended_ = true;
        range_.first = (*fetched)->uid + (ended_ ? 0 : 1);
      }
      return fetched;
    });
  }

 private:
  ReturningTarget& target_;
  imap::UidRange range_;
  imap::WalkOptions options_;
  std::unique_ptr<imap::MessageWalk> walk_;
  bool ended_ = false;
};

/// What is asked for ahead must be on its way before anything else is said.
Result<std::unique_ptr<imap::MessageWalk>> ReturningTarget::walk(imap::UidRange range,
                                                                 imap::WalkOptions options) {
  return std::unique_ptr<imap::MessageWalk>(std::make_unique<Walk>(*this, range, options));
}

}  // namespace

Result<std::unique_ptr<imap::ReadOnlyTarget>> returning(ConnectToRead connect, Waits waits) {
  MBOXFERRY_ASSIGN(auto first, connect());
  auto target = patient(std::move(first), waits);
  return std::unique_ptr<imap::ReadOnlyTarget>(
      std::make_unique<ReturningTarget>(std::move(target), std::move(connect), std::move(waits)));
}

}  // namespace mboxferry::transfer
