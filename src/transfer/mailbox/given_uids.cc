// SPDX-License-Identifier: Apache-2.0
// One UID, one message.
#include "transfer/mailbox/given_uids.h"

#include <fmt/format.h>

#include <utility>

#include "transfer/mailbox/compared_note.h"

namespace mboxferry::transfer {
namespace {

constexpr const char* kUidsDisbelievedNote = "server.uids_disbelieved";

std::string forgotten_note(journal::MailboxId mailbox) {
  return fmt::format("uids_forgotten.{}", mailbox);
}

}  // namespace

bool GivenUids::note(imap::Uid uid, const journal::MessageRow& row) {
  const std::scoped_lock lock(mutex_);
  const auto [known, is_new] = given_.try_emplace(uid, Content{row.digest, row.message_id_hash});
  if (!is_new)
    return known->second.digest == row.digest ||
           (row.message_id_hash != 0 && known->second.message_id_hash == row.message_id_hash);
  if (order_.size() < kMost) {
    order_.push_back(uid);
  } else {
    given_.erase(std::exchange(order_[next_], uid));
    next_ = (next_ + 1) % kMost;
  }
  return true;
}

void GivenUids::recall(std::span<const journal::MessageRow> stored) {
  {
    const std::scoped_lock lock(mutex_);
    given_.clear();
    order_.clear();
    next_ = 0;
  }
  for (const journal::MessageRow& row : stored) static_cast<void>(note(row.uid, row));
}

bool GivenUids::is_said_again(std::uint32_t selected, std::uint32_t appended) {
  const std::scoped_lock lock(mutex_);
  const std::pair said(selected, appended);
  return std::exchange(validities_, said) == said;
}

Result<bool> disbelieve_uids(journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const bool known, are_uids_disbelieved(journal));
  if (!known) MBOXFERRY_TRY(journal.set_note(kUidsDisbelievedNote, "1"));
  return !known;
}

Result<bool> are_uids_disbelieved(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto note, journal.note(kUidsDisbelievedNote));
  return note.has_value();
}

Result<void> forget_false_uids(const journal::MailboxRow& mailbox, journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const bool disbelieved, are_uids_disbelieved(journal));
  if (!disbelieved) return ok();
  MBOXFERRY_ASSIGN(const auto forgotten, journal.note(forgotten_note(mailbox.id)));
  if (forgotten) return ok();
  return journal.together([&]() -> Result<void> {
    MBOXFERRY_TRY(journal.forget_uids(mailbox.id));
    // What was compared was named by them.
    MBOXFERRY_TRY(journal.set_note(compared_note(mailbox.id), ""));
    return journal.set_note(forgotten_note(mailbox.id), "1");
  });
}

}  // namespace mboxferry::transfer
