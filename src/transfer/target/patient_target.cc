// SPDX-License-Identifier: Apache-2.0
// Repeats what a busy server refused.
#include "mboxferry/transfer/patient_target.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "transfer/pace/backoff.h"
#include "transfer/pace/waiting.h"
#include "transfer/target/forwarding_target.h"
#include "transfer/target/rest_of_body.h"

namespace mboxferry::transfer {
namespace {

using std::chrono::milliseconds;

constexpr int kMostWaits = 6;

class Repeats {
 public:
  Repeats(imap::ReadOnlyTarget& target, const Waits& waits) : target_(target), waits_(waits) {}

  /// True when the wait is over and the same may be asked again.
  bool may_follow(const Error& error) {
    const bool plea = error.code == ErrorCode::try_later &&
                      error.retry.when == Retry::When::later && target_.is_alive();
    if (!plea || backoff_.tries() >= kMostWaits) return false;
    const milliseconds wait = backoff_.next(error.retry.after);
    if (waits_.tell)
      waits_.tell(fmt::format("{}; asking again in {:.1f} s", error.what,
                              static_cast<double>(wait.count()) / 1000));
    return wait_unless(waits_.interrupt, waits_.clock, wait);
  }

 private:
  imap::ReadOnlyTarget& target_;
  const Waits& waits_;
  Backoff backoff_{{milliseconds(1000)}};
};

template <typename Attempt>
auto patiently(imap::ReadOnlyTarget& target, const Waits& waits, const Attempt& attempt)
    -> decltype(attempt()) {
  for (Repeats repeats(target, waits);;) {
    auto done = attempt();
    if (done || !repeats.may_follow(done.error())) return done;
  }
}

/// Goes on behind the last message that came.
class PatientWalk final : public imap::MessageWalk {
 public:
  PatientWalk(std::unique_ptr<imap::MessageWalk> walk, imap::UidRange range,
              imap::WalkOptions options, imap::ReadOnlyTarget& target, const Waits& waits)
      : walk_(std::move(walk)), range_(range), options_(options), target_(target), waits_(waits) {
    options_.just_selected = false;
  }

  Result<std::optional<imap::FetchedMessage>> next() override {
    return patiently(target_, waits_, [this]() -> Result<std::optional<imap::FetchedMessage>> {
      // The last one came before the refusal.
      if (!walk_ && ended_) return std::optional<imap::FetchedMessage>();
      if (!walk_) {
        MBOXFERRY_ASSIGN(walk_, target_.walk(range_, options_));
      }
      auto fetched = walk_->next();
      if (!fetched) {
        // It reads what is on its way before another one may begin.
        walk_.reset();
      } else if (*fetched) {
        if ((*fetched)->uid == range_.last) ended_ = true;
        range_.first = (*fetched)->uid + (ended_ ? 0 : 1);
      }
      return fetched;
    });
  }

 private:
  std::unique_ptr<imap::MessageWalk> walk_;
  imap::UidRange range_;
  imap::WalkOptions options_;
  imap::ReadOnlyTarget& target_;
  const Waits& waits_;
  bool ended_ = false;
};

/// What can be read, for both kinds of targets.
template <typename Forwarding>
class PatientReader : public Forwarding {
 public:
  PatientReader(std::unique_ptr<typename Forwarding::Target> target, Waits waits)
      : Forwarding(std::move(target)), waits_(std::move(waits)) {}

  Result<imap::Namespace> personal_namespace() override {
    return repeat([&] { return target_->personal_namespace(); });
  }
  Result<std::vector<imap::ListedMailbox>> list() override {
    return repeat([&] { return target_->list(); });
  }
  Result<imap::MailboxTree> mailbox_tree() override {
    return repeat([&] { return target_->mailbox_tree(); });
  }
  Result<imap::SelectedMailbox> select(const std::string& mailbox) override {
    return repeat([&] { return target_->select(mailbox); });
  }
  Result<imap::SelectedMailbox> status(const std::string& mailbox) override {
    return repeat([&] { return target_->status(mailbox); });
  }
  Result<std::optional<imap::Quota>> quota(const std::string& mailbox) override {
    return repeat([&] { return target_->quota(mailbox); });
  }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions options) override {
    MBOXFERRY_ASSIGN(auto walk, repeat([&] { return target_->walk(range, options); }));
    return std::unique_ptr<imap::MessageWalk>(
        std::make_unique<PatientWalk>(std::move(walk), range, options, *target_, waits_));
  }
  Result<std::vector<imap::InquiryAnswer>> inquire(
      std::span<const imap::Inquiry> inquiries) override {
    return repeat([&] { return target_->inquire(inquiries); });
  }
  Result<void> fetch_body(imap::Uid uid, std::uint64_t size,
                          const imap::ReadOnlyTarget::ByteVisitor& visit) override {
    RestOfBody rest(visit);
    return repeat([&] { return target_->fetch_body(uid, size, rest.from_the_beginning()); });
  }
  Result<void> fetch_bodies(std::span<const imap::WantedBody> bodies,
                            const imap::ReadOnlyTarget::BodyVisitor& visit) override {
    RestOfBodies rest(bodies, visit);
    return repeat([&] { return rest.ask(*target_); });
  }

 protected:
  template <typename Attempt>
  auto repeat(const Attempt& attempt) -> decltype(attempt()) {
    return patiently(*target_, waits_, attempt);
  }
  using Forwarding::target_;

 private:
  Waits waits_;
};

class PatientTarget final : public PatientReader<ForwardingTarget> {
 public:
  using PatientReader::PatientReader;

  Result<void> create(const std::string& mailbox) override {
    return repeat([&] { return target_->create(mailbox); });
  }
  Result<imap::SelectedMailbox> open_mailbox(const std::string& mailbox, bool create) override {
    return repeat([&] { return target_->open_mailbox(mailbox, create); });
  }
  Result<void> subscribe(const std::string& mailbox) override {
    return repeat([&] { return target_->subscribe(mailbox); });
  }
  Result<void> add_flags(imap::Uid uid, std::uint8_t flags,
                         const std::vector<std::string>& keywords) override {
    return repeat([&] { return target_->add_flags(uid, flags, keywords); });
  }
  Result<void> delete_mailbox(const std::string& mailbox) override {
    return repeat([&] { return target_->delete_mailbox(mailbox); });
  }
  Result<void> expunge(std::span<const imap::Uid> uids) override {
    return repeat([&] { return target_->expunge(uids); });
  }
};

}  // namespace

std::unique_ptr<imap::Target> patient(std::unique_ptr<imap::Target> target, Waits waits) {
  return std::make_unique<PatientTarget>(std::move(target), std::move(waits));
}

std::unique_ptr<imap::ReadOnlyTarget> patient(std::unique_ptr<imap::ReadOnlyTarget> target,
                                              Waits waits) {
  return std::make_unique<PatientReader<ForwardingReader<imap::ReadOnlyTarget>>>(std::move(target),
                                                                                 std::move(waits));
}

}  // namespace mboxferry::transfer
