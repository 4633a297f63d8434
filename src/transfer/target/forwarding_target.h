// SPDX-License-Identifier: Apache-2.0
// Targets that pass everything on to another one: the base of those that change a little.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// What can be read. `Base` is imap::ReadOnlyTarget or imap::Target.
template <typename Base>
class ForwardingReader : public Base {
 public:
  using Target = Base;

  explicit ForwardingReader(std::unique_ptr<Base> target) : target_(std::move(target)) {}

  [[nodiscard]] const imap::Capabilities& capabilities() const override {
    return target_->capabilities();
  }
  [[nodiscard]] const std::string& label() const override { return target_->label(); }
  [[nodiscard]] bool is_alive() const override { return target_->is_alive(); }
  Result<imap::Namespace> personal_namespace() override { return target_->personal_namespace(); }
  Result<std::vector<imap::ListedMailbox>> list() override { return target_->list(); }
  Result<imap::MailboxTree> mailbox_tree() override { return target_->mailbox_tree(); }
  Result<imap::SelectedMailbox> select(const std::string& mailbox) override {
    return target_->select(mailbox);
  }
  Result<imap::SelectedMailbox> status(const std::string& mailbox) override {
    return target_->status(mailbox);
  }
  Result<std::optional<imap::Quota>> quota(const std::string& mailbox) override {
    return target_->quota(mailbox);
  }
  Result<std::unique_ptr<imap::MessageWalk>> walk(imap::UidRange range,
                                                  imap::WalkOptions options) override {
    return target_->walk(range, options);
  }
  Result<void> look_ahead(std::span<const imap::Look> looks) override {
    return target_->look_ahead(looks);
  }
  Result<std::vector<imap::InquiryAnswer>> inquire(
      std::span<const imap::Inquiry> inquiries) override {
    return target_->inquire(inquiries);
  }
  Result<void> fetch_body(imap::Uid uid, std::uint64_t size,
                          const imap::ReadOnlyTarget::ByteVisitor& visit) override {
    return target_->fetch_body(uid, size, visit);
  }
  Result<void> fetch_bodies(std::span<const imap::WantedBody> bodies,
                            const imap::ReadOnlyTarget::BodyVisitor& visit) override {
    return target_->fetch_bodies(bodies, visit);
  }
  Result<bool> lists_to_everybody(const std::string& mailbox) override {
    return target_->lists_to_everybody(mailbox);
  }
  void log_out() override { target_->log_out(); }

 protected:
  std::unique_ptr<Base> target_;
};

/// What can be changed, too.
class ForwardingTarget : public ForwardingReader<imap::Target> {
 public:
  using ForwardingReader::ForwardingReader;

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
    return target_->append(batch, mailbox, messages, literals);
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
};

}  // namespace mboxferry::transfer
