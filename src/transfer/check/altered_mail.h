// SPDX-License-Identifier: Apache-2.0
// Finding messages in doubt on a server that stores them in another form.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {

/// The note with ServerWays.
inline constexpr const char* kWaysNote = "server.ways";

/// What the server was seen to do to messages that it had confirmed.
struct ServerWays {
  bool known = false;      ///< something was compared
  bool alters = false;     ///< some had another size or content
  std::int64_t least = 0;  ///< bytes it added
  std::int64_t most = 0;
  bool ignores_dates = false;  ///< all had another INTERNALDATE
  bool replaces_ids = false;   ///< all that had a Message-ID had another one

  void add(std::int64_t added, bool other_date);
  /// Of a message that has a Message-ID.
  void add_id(bool other_id);
  /// Messages may be there under another Message-ID.
  [[nodiscard]] bool may_replace_ids() const { return replaces_ids || !kept_an_id_; }
  /// Its alterations show in the sizes.
  [[nodiscard]] bool changes_sizes() const { return alters && (least != 0 || most != 0); }
  /// Several were compared just now, and none had the size that was sent.
  [[nodiscard]] bool changed_all() const;
  /// What it says of sizes is exact, and as sent.
  [[nodiscard]] bool keeps_sizes() const { return known && !alters; }
  [[nodiscard]] std::string to_text() const;
  static ServerWays from_text(const std::string& text);

 private:
  bool kept_a_date_ = false;
  bool kept_an_id_ = false;
  std::uint64_t changed_ = 0;  ///< of those that were added
  std::uint64_t kept_ = 0;
};

/// Compares the last messages that the selected mailbox confirmed with what it shows of them, and
/// notes it in the journal; one question, of nothing where nothing was confirmed yet.
Result<ServerWays> learn_ways(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
                              journal::Journal& journal);

/// A reconciliation's last resort: messages in doubt that the server may have in another form.
class AlteredMail {
 public:
  /// `archived` and `envelope` may be empty, where the archive is not to be had. All must outlive
  /// it.
  AlteredMail(const journal::MailboxRow& mailbox, imap::ReadOnlyTarget& target,
              journal::Journal& journal, const MaskedDigestOf& archived, const EnvelopeOf& envelope,
              ServerWays& ways, const Cancellation& interrupt)
      : mailbox_(mailbox),
        target_(target),
        journal_(journal),
        archived_(archived),
        envelope_(envelope),
        ways_(ways),
        interrupt_(interrupt) {}

  /// Found with its content and size: the server stores mail as it is.
  Result<void> note_kept(journal::MessageId message, const journal::Seen& seen);

  /// Commits what can be decided; returns how many.
  Result<std::uint64_t> match();
  /// Keeps in doubt what cannot be decided; to be called after match().
  Result<void> hold();

 private:
  struct Decision {
    std::vector<journal::Stored> pairs;
    std::vector<journal::MessageId> undecided;
  };
  /// Whether messages with a Message-ID are looked for under the same or under another one.
  enum class Ids { same, other };
  /// Calls `visit` for each group.
  template <typename Visit>
  Result<void> each_group(Ids ids, const Visit& visit);
  /// Calls `visit` for each group with the same Message-ID, then for others where these count.
  template <typename Visit>
  Result<void> each_group(const Visit& visit);
  Result<Decision> decide(const journal::Journal::Lookalikes& alike, Ids ids);
  struct Envelope {
    enum class State { read, gone, withheld };
    State state = State::read;
    std::int64_t value = 0;
  };
  Result<Envelope> envelope_there(const journal::Seen& seen);
  [[nodiscard]] bool is_plausible(const journal::MessageRow& row, const journal::Seen& seen,
                                  Ids ids) const;
  Result<bool> is_other_mail(const journal::MessageRow& row, const journal::Seen& seen);
  Result<bool> is_elsewhere(const journal::MessageRow& row, const journal::Journal::Lookalikes&);
  Result<bool> keeps_content();
  Result<void> learn_from_doubts();

  const journal::MailboxRow& mailbox_;
  imap::ReadOnlyTarget& target_;
  journal::Journal& journal_;
  const MaskedDigestOf& archived_;
  const EnvelopeOf& envelope_;
  ServerWays& ways_;
  const Cancellation& interrupt_;
  std::optional<bool> keeps_content_;
};

}  // namespace mboxferry::transfer
