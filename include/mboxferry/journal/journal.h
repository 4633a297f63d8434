// SPDX-License-Identifier: Apache-2.0
// The SQLite file that holds one job's state, and its transitions. docs/journal-format.md has the
// tables.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"

namespace mboxferry::journal {

using MessageId = std::int64_t;
using FolderId = std::int64_t;
using MailboxId = std::int64_t;
using Uid = std::uint32_t;
/// A keyed digest, and the key: message::Gmac.
using Digest = std::array<std::uint8_t, 16>;
using DigestKey = std::array<std::uint8_t, 16>;
/// The note of journals from format 6 on, whose digests leave out what mail programs write into the
/// header besides flags.
inline constexpr const char* kDigestsWithoutMarksNote = "digests.without_marks";

/// The life of a message. planned -> intended -> stored, refused or planned again; a refused one is
/// planned again when the user asks for it.
enum class State : std::uint8_t {
  planned = 0,   ///< to be sent
  intended = 1,  ///< in doubt: sent or maybe sent, and not confirmed
  stored = 2,    ///< the server said OK, or reconciling found it
  refused = 3,   ///< the server, or a limit known beforehand, refuses it for good
  skipped = 4,   ///< left out by a rule; `code` says which
};

/// What must be the same when a job goes on.
struct JobIdentity {
  std::string account;   ///< user@host:port
  std::string archives;  ///< archive_lines() of the archives' absolute paths
  std::string settings;  ///< what changes which messages go where, as text

  friend bool operator==(const JobIdentity&, const JobIdentity&) = default;
};

/// Paths as a text with a line for each. One that holds a line feed itself is escaped, behind a
/// backslash, with which no other line begins.
std::string archive_lines(const std::vector<std::string>& paths);
/// The paths of such a text.
std::vector<std::string> archive_paths(std::string_view lines);

/// One folder of an archive.
struct FolderRow {
  FolderId id = 0;
  std::string archive;      ///< path of the archive
  std::string path;         ///< segments joined by '/', for people
  std::string file;         ///< the file with the bytes
  std::string identity;     ///< the file's identity, opaque here
  std::string profile;      ///< how it is read (survey), opaque here
  std::string index_state;  ///< where indexing goes on, opaque here
  bool index_done = false;
  MailboxId mailbox = 0;
};

/// One mailbox on the target.
struct MailboxRow {
  MailboxId id = 0;
  std::string name;                  ///< UTF-8, with the server's separator
  std::string renamed_from;          ///< the folder's path when a rule changed it, else empty
  std::uint32_t uid_validity = 0;    ///< 0: not selected yet
  Uid uid_floor = 0;                 ///< UIDNEXT when the job first saw the mailbox
  std::uint64_t existed_before = 0;  ///< messages in it then
  bool created = false;              ///< by this job
  bool renewed = false;              ///< UIDVALIDITY changed during the job
};

/// Among the keywords of a message: some that no IMAP keyword can spell, or that were refused.
inline constexpr std::string_view kUnsayable = "\\";

/// What an entry of a sender list decided about a message.
enum class SenderAction : std::uint8_t {
  none = 0,    ///< allowed, so that nothing is done
  junk = 1,    ///< blocked: goes into the mailbox for junk
  tag = 2,     ///< blocked: gets a keyword
  skip = 3,    ///< blocked: left out
  report = 4,  ///< blocked: counted and no more
  rescue = 5,  ///< allowed: goes from junk into INBOX
};
/// "none", "junk", "tag", "skip", "report", "rescue".
std::string_view action_name(SenderAction action);

/// An entry of a sender list, as it was when it decided something.
struct SenderEntry {
  std::string file;
  std::uint64_t line = 0;
  std::string text;
  bool allows = false;
  bool global = false;  ///< of the lists for all accounts
};
/// "FILE line N: TEXT".
std::string describe(const SenderEntry& entry);

/// One message of a folder. 67 bytes in the file.
struct MessageRow {
  MessageId id = 0;  ///< ascending in archive order
  FolderId folder = 0;
  MailboxId mailbox = 0;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;          ///< bytes in the folder
  std::uint64_t wire_size = 0;       ///< bytes of the APPEND literal
  Digest digest{};                   ///< of the wire form without mbox status fields
  std::int64_t message_id_hash = 0;  ///< 0: no Message-ID
  Timestamp date;                    ///< INTERNALDATE
  std::uint8_t date_source = 0;
  bool date_corrected = false;
  std::uint8_t flags = 0;
  /// Separated by spaces; kUnsayable among them stands for those that cannot be kept.
  std::string keywords;
  State state = State::planned;
  Uid uid = 0;       ///< 0: unknown
  std::string code;  ///< refused or skipped: short and stable
  std::string text;  ///< refused: the server's words
  /// Only for add_indexed(): the entry of add_sender_entry() that decided, 0: none, and what.
  std::int64_t sender_entry = 0;
  SenderAction sender_action = SenderAction::none;
};

/// The code of messages that are left out because their sender is blocked.
inline constexpr const char* kBlockedSender = "blocked-sender";
/// The note with a digest of the sender lists of the last run; a job without lists has none.
inline constexpr const char* kSenderListsNote = "senders.digest";
/// The note with the files of the sender lists, a line each.
inline constexpr const char* kSenderFilesNote = "senders.files";

/// The entry that decided about a message.
struct SenderMatch {
  MessageId message = 0;
  SenderAction action = SenderAction::none;
  SenderEntry entry;
};

/// How many messages an entry decided about in one way.
struct SenderSum {
  SenderEntry entry;
  SenderAction action = SenderAction::none;
  std::uint64_t messages = 0;
};

/// How many messages sender lists decided about, in a mailbox or in all.
struct SenderTotals {
  std::uint64_t blocked = 0;
  std::uint64_t allowed = 0;  ///< those that are rescued are among them
  std::uint64_t rescued = 0;
};
using SenderTotalsByMailbox = std::map<MailboxId, SenderTotals>;

/// Something reported about a folder: a doubt, a problem or a repair.
struct Finding {
  FolderId folder = 0;
  std::uint64_t offset = 0;
  std::string code;
  std::string text;
  bool taken = false;
  /// Set: so many bytes from there on may be mail and were not read; 0: how many is not known.
  std::optional<std::uint64_t> unread = {};
};

/// A part of an archive that may be mail and became no message.
struct UnreadRow {
  FolderId folder = 0;  ///< 0: found when the archives were opened
  std::string path;     ///< the file, or the container and its member
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;  ///< 0 as well when it is not known
  std::string reason;
};

/// The code of a finding about a stored message whose status fields in the archive changed since.
inline constexpr const char* kLabelsCut = "labels-cut";
inline constexpr const char* kStatusChanged = "status-changed";
/// The code of a finding about a stored message whose file was changed or removed since.
inline constexpr const char* kFileChanged = "file-changed";

/// Where the bytes of a message lie when that is not at the offset it was indexed at.
struct Place {
  FolderId folder = 0;
  std::uint64_t offset = 0;  ///< in the rows
  std::uint64_t length = 0;
  std::uint64_t lies = 0;  ///< in the folder as it is now
};

/// Before the first byte of a batch goes out.
struct Intent {
  MailboxId mailbox = 0;
  std::uint32_t uid_validity = 0;
  Uid uid_floor = 0;  ///< a lower bound of the UIDs that these messages can get
  std::vector<MessageId> messages;
};

struct Stored {
  MessageId message = 0;
  Uid uid = 0;  ///< 0: the server did not say (no UIDPLUS)
};

struct Refused {
  MessageId message = 0;
  std::string code;
  std::string text;
};

/// What one transaction makes durable; usually the outcome of earlier batches and the next intent.
struct Step {
  std::vector<MessageId> retried;  ///< refused before; planned again, and the reason is forgotten
  std::vector<Stored> stored;
  std::vector<Refused> refused;
  std::vector<MessageId> planned_again;
  std::vector<MessageId> keywords_lost;  ///< stored without keywords, because they were refused
  std::vector<Intent> intents;

  [[nodiscard]] bool empty() const {
    return retried.empty() && stored.empty() && refused.empty() && planned_again.empty() &&
           keywords_lost.empty() && intents.empty();
  }
};

/// A message on the server that the journal does not know, as reconciling saw it.
struct Seen {
  Uid uid = 0;
  std::uint64_t size = 0;
  std::int64_t date = 0;             ///< INTERNALDATE, Unix seconds
  std::int64_t message_id_hash = 0;  ///< 0: none
};

struct Count {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;  ///< wire form
};

/// Messages and bytes of one mailbox by state.
struct MailboxCounts {
  Count planned, intended, stored, refused, skipped;
};

using CountsByMailbox = std::map<MailboxId, MailboxCounts>;
/// None for a mailbox without messages.
MailboxCounts counts_of(const CountsByMailbox& counts, MailboxId mailbox);

/// So many bytes the status fields and marks of a message may grow or shrink without making it
/// another one: labels of Gmail take the most.
inline constexpr std::int64_t kStatusRoom = 2048;
/// The same where nothing else says that it might be the message, not even its date.
inline constexpr std::int64_t kMarkRoom = 128;

/// Which messages reconciling looks for.
enum class Unidentified {
  in_doubt,            ///< state intended
  stored_without_uid,  ///< state stored and UID 0: confirmed by a server without UIDPLUS
  planned,             ///< state planned, among what was in the mailbox before the job
  moved,               ///< stored with UIDs that are not there: see begin_moved()
  copies,              ///< state stored: see begin_copy_search()
  unknown,             ///< state planned, among what came meanwhile: see narrow_to_seen()
};

/// UIDs, the last one included.
struct UidRange {
  Uid first = 0;
  Uid last = 0;
};

/// What narrow_to_seen() found.
struct SeenUnknown {
  std::uint64_t wanted = 0;  ///< planned messages that may be among what was seen
  std::uint64_t others = 0;  ///< messages that were seen and are not stored by the job
  Uid lowest = 0;            ///< of these; 0: there is none
};

/// What became of the messages of a folder whose archive was replaced.
struct TakenOver {
  std::uint64_t stored_gone = 0;  ///< stored, and not in the archive any more as they were then
  std::uint64_t unsent_gone = 0;  ///< not stored, and not in the archive any more
  std::uint64_t returned = 0;     ///< stored or in doubt by versions before the last one, and back
  bool is_cut = false;            ///< it ends in a message that had more, or others behind it
  bool is_another = false;        ///< by that or otherwise another archive: nothing was changed
};

/// What makes two messages of one mailbox the same mail.
enum class Dedupe { none, message_id, content };
std::string_view dedupe_name(Dedupe dedupe);  ///< "none", "message-id", "content"
std::optional<Dedupe> dedupe_from_name(std::string_view name);

/// The notes that say how many messages of a mailbox lose a flag or keyword, and how many have
/// another date than the first that they name.
std::string lost_flags_note(MailboxId mailbox);
std::string date_corrections_note(MailboxId mailbox);
/// What they begin with, before the mailbox's number.
inline constexpr const char* kLostFlagsNotes = "lost_flags.";
inline constexpr const char* kDateCorrectionsNotes = "date_corrections.";

/// The note that is "1" when the user accepted that parts of the archives are not read.
inline constexpr const char* kUnreadAcceptedNote = "unread.accepted";
/// The note that says how many files of the archives are no mail, and their bytes: `files bytes`.
inline constexpr const char* kLeftOutNote = "left_out";

/// The notes that say how much was stored by when: kPaceNote with the Unix time behind it (ten
/// digits), and `messages bytes`, which count from the beginning of the job.
inline constexpr std::string_view kPaceNote = "pace.";

/// The note with what the last comparison found that is no error, a line each.
inline constexpr const char* kComparisonNote = "comparison";

enum class OpenMode {
  create_or_resume,  ///< takes the lock
  resume,            ///< takes the lock; the file must be there
  read_only,         ///< no lock, works beside a running job
  read_anyones,      ///< the same, whoever owns the file and can write it
  scratch,           ///< no file at all: gone when it is closed, for a dry run
};

/// The journal of one job. WAL, mode 0600, refused when others can change it or own it; held by one
/// process at a time. All methods may be called from any thread; they take turns. Whatever is
/// written is durable before anything that is written later, and at the latest when the journal is
/// closed. What says about messages that they may be on the server, or are, is durable at once:
/// commit, commit_matches, plan_rest_again, doubt_everything.
class Journal {
 public:
  using MessageVisitor = std::function<Result<void>(const MessageRow&)>;

  /// `path` is not used for `scratch`. Errors: `journal_locked` (names the holder),
  /// `cannot_create`, `configuration` (made by a newer version, no journal at all, or not this
  /// user's alone), `io`. With `interrupt`, which must live longer, reading ends with `interrupted`
  /// once that is requested, and with `io` when the journal keeps it busier than its size explains;
  /// for commands that only read it.
  static Result<std::unique_ptr<Journal>> open(const std::string& path, OpenMode mode,
                                               const Cancellation* interrupt = nullptr);

  /// A scratch journal with all that the one at `path` holds now; that one is only read, also while
  /// a job is at work with it. Errors as of `read_only`.
  static Result<std::unique_ptr<Journal>> copy(const std::string& path);

  virtual ~Journal() = default;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  [[nodiscard]] virtual const std::string& path() const = 0;

  /// What `write` does to the journal is one transaction; none of it happens when it fails. Other
  /// threads wait meanwhile.
  virtual Result<void> together(const std::function<Result<void>()>& write) = 0;

  /// Writes the identity into a new journal, or one without a message, of which everything else is
  /// forgotten when it was another job's. In one that has it already, fails with `configuration`
  /// and names what differs.
  virtual Result<void> claim(const JobIdentity& identity) = 0;
  /// Settings that a job that has begun takes on. Durable at once.
  virtual Result<void> change_settings(const std::string& settings) = 0;
  [[nodiscard]] virtual Result<JobIdentity> identity() const = 0;
  /// The key of all digests in this journal, drawn when it was created. Not to be shown.
  [[nodiscard]] virtual Result<DigestKey> digest_key() const = 0;

  /// Small texts by name: verdict, start and end of runs, verification results.
  virtual Result<void> set_note(const std::string& name, const std::string& value) = 0;
  /// The same, durable at once.
  virtual Result<void> set_note_now(const std::string& name, const std::string& value) = 0;
  [[nodiscard]] virtual Result<std::optional<std::string>> note(const std::string& name) const = 0;
  using NoteVisitor =
      std::function<Result<void>(const std::string& name, const std::string& value)>;
  /// Those whose names begin with `prefix`, ascending by name.
  virtual Result<void> each_note(std::string_view prefix, const NoteVisitor& visit) const = 0;

  virtual Result<FolderId> add_folder(const FolderRow& folder) = 0;
  virtual Result<void> update_folder(const FolderRow& folder) = 0;
  [[nodiscard]] virtual Result<std::vector<FolderRow>> folders() const = 0;

  virtual Result<MailboxId> add_mailbox(const MailboxRow& mailbox) = 0;
  virtual Result<void> update_mailbox(const MailboxRow& mailbox) = 0;
  [[nodiscard]] virtual Result<std::vector<MailboxRow>> mailboxes() const = 0;
  /// One of them, or nothing.
  [[nodiscard]] virtual Result<std::optional<MailboxRow>> mailbox(MailboxId id) const = 0;

  /// Forgets the unread parts that the opening of the archives found; add_unread() tells them anew.
  virtual Result<void> begin_unread() = 0;
  /// A part that was found when the archives were opened.
  virtual Result<void> add_unread(const UnreadRow& row) = 0;
  /// Forgets those of a folder from `offset` on, because it is read again from there.
  virtual Result<void> forget_unread(FolderId folder, std::uint64_t offset) = 0;
  using UnreadVisitor = std::function<Result<void>(const UnreadRow&)>;
  /// All unread parts: those of the opening first, then folder by folder. A visitor may call the
  /// journal, and its error ends the walk.
  virtual Result<void> each_unread(const UnreadVisitor& visit) const = 0;
  /// How many there are, in `messages`, and their bytes as far as they are known.
  [[nodiscard]] virtual Result<Count> unread() const = 0;

  /// From now on, an indexed message that is the same as an earlier one of its mailbox is skipped,
  /// with code "duplicate" and a text that names the earlier one.
  virtual Result<void> set_dedupe(Dedupe dedupe) = 0;

  /// Messages that were planned are left out now: of each, one that was left out as its duplicate
  /// is planned instead, unless its file is known to be gone or another one is sent. One
  /// transaction.
  virtual Result<void> plan_copies_of(std::span<const MessageRow> left_out) = 0;

  /// Adds indexed messages (ids are given here, ascending) with the folder's new state, in one
  /// transaction. Duplicates become `skipped` in `messages` too.
  virtual Result<void> add_indexed(const FolderRow& folder, std::span<MessageRow> messages,
                                   std::span<const Finding> findings) = 0;

  /// Takes flags and keywords of messages that are not stored, and their states where these are
  /// planned instead of skipped or the other way round, with `code`; adds the findings. One
  /// transaction. Other transitions are `internal`.
  virtual Result<void> take_status(std::span<const MessageRow> messages,
                                   std::span<const Finding> findings) = 0;
  /// Removes the findings of a folder that have this code.
  virtual Result<void> forget_findings(FolderId folder, std::string_view code) = 0;

  /// A folder whose files were changed: its rows keep their offsets, and a scratch table says where
  /// their messages lie now. Begins with no place for any of them.
  virtual Result<void> begin_places(FolderId folder) = 0;
  /// The first row of the first message without a place that has this digest, and this length
  /// unless it is stored; it lies there from now on. Nothing when there is none.
  virtual Result<std::optional<MessageId>> place_known(FolderId folder, const Digest& digest,
                                                       std::uint64_t length,
                                                       std::uint64_t lies) = 0;
  /// A message that will get a row with this offset, behind all others.
  virtual Result<void> place_new(const Place& place) = 0;
  /// Where the byte at `offset` of the rows lies, or nothing.
  [[nodiscard]] virtual Result<std::optional<Place>> place_at(FolderId folder,
                                                              std::uint64_t offset) const = 0;
  /// The offset of a message that place_new() put there, or nothing.
  [[nodiscard]] virtual Result<std::optional<std::uint64_t>> new_place(
      FolderId folder, std::uint64_t lies) const = 0;
  /// Whether the message with this offset lies anywhere.
  [[nodiscard]] virtual Result<bool> has_place(FolderId folder, std::uint64_t offset) const = 0;

  /// Makes a step durable: one transaction, one sync. Applied in the order retried, stored,
  /// planned_again, refused, keywords_lost, intents. Every message must be in a state from which
  /// the step's transition is allowed (retried: refused; refused: planned or intended; stored and
  /// planned_again: intended; intents: planned, and of the intent's mailbox); otherwise `internal`
  /// and nothing is changed.
  virtual Result<void> commit(const Step& step) = 0;

  /// Up to `limit` planned messages of a folder that go into `mailbox`, with id > `after`, in
  /// archive order.
  [[nodiscard]] virtual Result<std::vector<MessageRow>> planned(FolderId folder, MailboxId mailbox,
                                                                MessageId after,
                                                                std::size_t limit) const = 0;
  /// The mailboxes that messages of a folder go into, ascending. Reads every row of the folder.
  [[nodiscard]] virtual Result<std::vector<MailboxId>> mailboxes_of(FolderId folder) const = 0;
  /// From now on, what is asked about one mailbox reads the rows of that mailbox alone, also where
  /// the messages of many lie among each other. Does nothing where each mailbox has a range of its
  /// own, and while folders are not indexed to the end, which it would slow down.
  virtual Result<void> index_mailboxes() = 0;
  [[nodiscard]] virtual Result<std::optional<MessageRow>> message(MessageId id) const = 0;
  /// Up to `limit` messages of a folder in any state with id > `after`, in archive order.
  [[nodiscard]] virtual Result<std::vector<MessageRow>> messages(FolderId folder, MessageId after,
                                                                 std::size_t limit) const = 0;
  /// The last indexed message of a folder.
  [[nodiscard]] virtual Result<std::optional<MessageRow>> last_message(FolderId folder) const = 0;

  /// The open intents of a mailbox: lowest uid_floor, how many messages and bytes are in doubt.
  /// While a stored message of the mailbox has no UID, the floor is the mailbox's own: its copy
  /// must be seen too, or it could be taken for that of an equal message in doubt.
  struct Doubt {
    Count count;
    Uid uid_floor = 0;
    std::uint32_t uid_validity = 0;
    bool stored_without_uid = false;  ///< at least one stored message has no UID
  };
  [[nodiscard]] virtual Result<Doubt> doubt(MailboxId mailbox) const = 0;

  /// Reconciling works on a scratch table of what the server holds. "In doubt" in the methods
  /// below means the messages that `which` names; with Unidentified::in_doubt, stored messages
  /// without UID take part as well and go first, and get their UIDs by the way. With
  /// Unidentified::planned only UIDs below the mailbox's floor count, with Unidentified::unknown
  /// only those from there on; with both a match makes the message `skipped` with code
  /// "already-there", and no UID is given twice in the life of the journal.
  /// One reconciliation at a time; beginning another gives up the first.
  virtual Result<void> begin_reconcile(MailboxId mailbox, Unidentified which) = 0;
  /// Adds what was seen; UIDs that the ledger of this mailbox already has, and UIDs added before,
  /// are left out, and so are UIDs on the wrong side of the floor.
  virtual Result<void> add_seen(std::span<const Seen> seen) = 0;
  /// Pairs of message and UID, at most `limit`, where size, date and Message-ID agree and no other
  /// in-doubt message or seen UID has the same three. Not yet committed.
  virtual Result<std::vector<Stored>> certain_matches(std::size_t limit) = 0;
  /// At most `count` of all certain matches, spread evenly over the archive.
  virtual Result<std::vector<Stored>> certain_sample(std::size_t count) = 0;
  /// At most `limit` certain matches whose Message-ID another message in doubt, or another that was
  /// seen, has as well.
  virtual Result<std::vector<Stored>> certain_repeated(std::size_t limit) = 0;
  /// These are no matches, and what was seen there is none of the messages in doubt.
  virtual Result<void> reject(std::span<const Stored> pairs) = 0;
  /// The next seen UID above `after` that no message is matched to and whose size or Message-ID
  /// could be that of a message in doubt, or nothing. To be asked when the certain matches are
  /// committed. With Unidentified::planned, where neither has a Message-ID, a size that differs by
  /// no more than kStatusRoom will do when the date agrees, and by kMarkRoom when it does not.
  virtual Result<std::optional<Seen>> next_ambiguous(Uid after) = 0;
  /// The in-doubt message with this digest, or nothing; of several, one with this INTERNALDATE
  /// (Unix seconds) before others, then the one with the lowest id.
  [[nodiscard]] virtual Result<std::optional<MessageId>> doubtful_with_digest(
      const Digest& digest, std::int64_t date) const = 0;
  /// The in-doubt message of this wire size with the lowest id above `after`, or nothing.
  [[nodiscard]] virtual Result<std::optional<MessageRow>> doubtful_of_size(
      std::uint64_t size, MessageId after) const = 0;
  /// The stored messages of a mailbox with the highest ids and a UID, at most `limit`, ascending by
  /// UID.
  [[nodiscard]] virtual Result<std::vector<MessageRow>> last_stored(MailboxId mailbox,
                                                                    std::size_t limit) const = 0;
  /// Messages in doubt that share Message-ID and date (or, without Message-ID, the date), and what
  /// was seen that can be one of them in another form. None of either is matched to anything yet.
  struct Lookalikes {
    MessageId first = 0;               ///< the message that was asked for
    std::vector<MessageRow> doubtful;  ///< stored ones without UID first, then ascending by id
    std::vector<Seen> seen;            ///< ascending by UID
    bool complete = true;              ///< false: there are more than kMostAlike of either
  };
  static constexpr std::size_t kMostAlike = 64;
  /// Those of the first message in doubt above `after` that has any, or nothing. `any_date`: the
  /// server does not keep dates. `other_id`: of messages with a Message-ID instead, and what has
  /// another one, that is none of a message in doubt; they share the date then.
  virtual Result<std::optional<Lookalikes>> next_lookalikes(MessageId after, bool any_date,
                                                            bool other_id) = 0;
  /// These stay in doubt when the rest is planned again.
  virtual Result<void> hold(std::span<const MessageId> messages) = 0;
  /// What was seen there may be one of the messages in doubt, and nothing can prove it: it is
  /// matched no more, and hold_unproven() keeps in doubt what it may be.
  virtual Result<void> set_unproven(std::span<const Uid> uids) = 0;
  /// As hold(), for what shares its Message-ID, and its size or date (without a Message-ID, its
  /// size), with something unproven.
  virtual Result<void> hold_unproven() = 0;
  /// Ends a reconciliation; what is not matched stays in doubt.
  virtual Result<void> end_reconcile() = 0;
  /// Commits matches: the messages are stored (or already there) with these UIDs, which are taken.
  virtual Result<void> commit_matches(std::span<const Stored> matches) = 0;
  /// Every message that was in state intended when the reconciliation began, still is and is not
  /// held, is planned again; returns how many. One transaction with the end of the reconciliation.
  virtual Result<std::uint64_t> plan_rest_again() = 0;
  /// Instead of it: what no UID was found for is left out with this code and text, and the note is
  /// removed, in one transaction. Returns how many they are.
  virtual Result<std::uint64_t> leave_rest_out(std::string_view code, std::string_view text,
                                               const std::string& note) = 0;
  /// Begins a reconciliation of stored messages, named by ranges of their ids, whose UIDs the
  /// server does not have any more; a match gives them others.
  virtual Result<void> begin_moved(MailboxId mailbox,
                                   std::span<const std::pair<MessageId, MessageId>> messages) = 0;
  /// Looking for copies of stored messages works on the same scratch table: begin, add_seen() what
  /// is on the server and not in the ledger, then ask. Ends any reconciliation.
  virtual Result<void> begin_copy_search(MailboxId mailbox) = 0;
  /// From here on add_seen() leaves out what the ledger of the mailbox has.
  virtual Result<void> leave_out_ledger() = 0;
  /// What was seen.
  struct Suspect {
    Seen seen;
    bool resembles = false;  ///< some stored message of the mailbox has its size, or its date
  };
  /// Up to `limit` of them above `after`, ascending by UID.
  virtual Result<std::vector<Suspect>> suspects(Uid after, std::size_t limit) = 0;
  /// The stored message that `seen`, with its Message-ID now, can be a copy of, lowest id first, or
  /// nothing: both have the same Message-ID and the same size or date, or neither has a Message-ID
  /// and the date agrees. With `digest` only one of that content, and without a Message-ID of that
  /// size.
  virtual Result<std::optional<MessageRow>> original_of(const Seen& seen,
                                                        const std::optional<Digest>& digest) = 0;
  /// True when the message was planned again after it was sent, or may have been.
  [[nodiscard]] virtual Result<bool> was_resent(MessageId message) const = 0;
  /// UIDVALIDITY changed: every stored message of the mailbox is in doubt, without UID.
  virtual Result<void> doubt_everything(MailboxId mailbox, std::uint32_t new_uid_validity) = 0;
  /// The messages of a mailbox that were left out with `code` are in doubt: looked for in all of
  /// it, and planned again where they are not. Durable at once. Returns how many they are.
  virtual Result<std::uint64_t> doubt_left_out(MailboxId mailbox, std::string_view code) = 0;
  /// The server named wrong UIDs: every stored message of the mailbox has none any more.
  virtual Result<void> forget_uids(MailboxId mailbox) = 0;
  /// UIDs below `next` that neither the mailbox's ledger nor what was there before the job
  /// explains: ranges, ascending; one around all of them where there are more than `most`.
  [[nodiscard]] virtual Result<std::vector<UidRange>> unknown_uids(MailboxId mailbox, Uid next,
                                                                   std::size_t most) const = 0;
  /// After begin_reconcile() with Unidentified::unknown and add_seen(): planned messages that may
  /// be among what was seen take part from here on, and what an earlier run found there has its
  /// message already. With another INTERNALDATE a message is somebody else's copy, unless
  /// `any_date`: the server keeps none.
  virtual Result<SeenUnknown> narrow_to_seen(bool any_date) = 0;

  /// The archive of folder `former` was replaced: from now on `replacement`, which is to be indexed
  /// from its beginning, stands for it. Durable at once. Returns its id.
  virtual Result<FolderId> replace_folder(FolderId former, const FolderRow& replacement) = 0;
  /// True when another folder stands for it.
  [[nodiscard]] virtual Result<bool> is_retired(FolderId folder) const = 0;
  /// The folder that `folder` stands for and has not taken over yet, or 0.
  [[nodiscard]] virtual Result<FolderId> replaced_by(FolderId folder) const = 0;
  /// Removes a replacement that has not taken over yet: its archive was replaced, too.
  virtual Result<void> forget_replacement(FolderId replacement) = 0;
  /// The folder is indexed: its messages take the states of those of the folder that it replaces,
  /// and of versions before that one, with the same content and mailbox, each of one; where sender
  /// lists sent one of the two elsewhere, it is in the mailbox where the former one is. What is
  /// stored and not among them stays in these folders, which have nothing else any more, with a
  /// finding for each (a bounded number). Of a folder that replaces none only what is planned is
  /// looked at: it was added to. One transaction, durable at once; to be called before anything of
  /// it is sent.
  virtual Result<TakenOver> take_over(FolderId folder) = 0;
  /// After take_over() of all folders that were replaced: planned messages that are stored, or may
  /// be, from another file of the same mailbox, and not in that file any more, take the states of
  /// these, each of one. One transaction, durable at once. Returns how many they are.
  virtual Result<std::uint64_t> take_moved() = 0;
  /// True when a message of the folder's is in another folder, too, and not gone from there.
  [[nodiscard]] virtual Result<bool> is_elsewhere(FolderId folder) const = 0;
  /// Leaves out (`cut-short`) what is planned in the mailbox of a folder that another stands for:
  /// it was in doubt when its archive was replaced, and the server has not got it. Returns how
  /// many.
  virtual Result<std::uint64_t> leave_out_replaced(MailboxId mailbox) = 0;

  /// The ledger: the mailbox's stored messages with a UID, ascending by UID, as they are when this
  /// is called (a scratch journal has none). Here and below, a visitor may call the journal, and
  /// its error ends the walk.
  virtual Result<void> ledger(MailboxId mailbox, const MessageVisitor& visit) const = 0;
  /// Messages in a state, ascending by id; every mailbox when `mailbox` is 0.
  virtual Result<void> each(State state, MailboxId mailbox, const MessageVisitor& visit) const = 0;
  /// Reads every row of the mailbox; every mailbox when `mailbox` is 0.
  [[nodiscard]] virtual Result<MailboxCounts> counts(MailboxId mailbox) const = 0;
  /// The counts of every mailbox that has messages; reads every row once.
  [[nodiscard]] virtual Result<CountsByMailbox> counts_by_mailbox() const = 0;
  /// Adds an entry of a sender list, or finds it.
  virtual Result<std::int64_t> add_sender_entry(const SenderEntry& entry) = 0;
  /// The messages with ids from `first` to `last` that an entry decided about, ascending.
  [[nodiscard]] virtual Result<std::vector<SenderMatch>> sender_matches(MessageId first,
                                                                        MessageId last) const = 0;
  /// At most `limit` entries, those with most messages first. Here and below, messages count that
  /// are left out for their sender, and all that are not left out.
  [[nodiscard]] virtual Result<std::vector<SenderSum>> sender_sums(std::size_t limit) const = 0;
  /// How many sums there are in all.
  [[nodiscard]] virtual Result<std::uint64_t> sender_sum_count() const = 0;
  [[nodiscard]] virtual Result<SenderTotalsByMailbox> sender_totals() const = 0;
  virtual Result<void> each_finding(
      FolderId folder, const std::function<Result<void>(const Finding&)>& visit) const = 0;

 protected:
  Journal() = default;
};

/// Whether the user accepted that parts of the archives are not read.
Result<bool> unread_accepted(const Journal& journal);
/// How many files of the archives are no mail, in `messages`, and their bytes; 0 when not known.
Result<Count> left_out_files(const Journal& journal);

/// Removes a journal that is not open; its lock file stays. No error when there is none.
Result<void> remove_journal(const std::string& path);

}  // namespace mboxferry::journal
