// SPDX-License-Identifier: Apache-2.0
// One job: archives into one account.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/plan/labels.h"
#include "mboxferry/plan/mapping.h"
#include "mboxferry/transfer/indexer.h"
#include "mboxferry/transfer/rate_limits.h"
#include "mboxferry/transfer/refused.h"
#include "mboxferry/transfer/sender_rules.h"

namespace mboxferry::transfer {

/// The most that goes into one append batch, and how many are under way on a connection. How much
/// it is at a time follows what is measured.
struct BatchLimits {
  std::size_t messages = 1000;
  std::uint64_t bytes = 64u << 20;
  std::size_t in_flight = 16;
};

/// How many connections a job may have.
struct ConnectionLimits {
  int most = 4;
  bool adaptive = true;  ///< so many as help; false: `most` from the beginning
  /// In one mailbox; 0: all of them where the order of messages can be kept, which takes
  /// MULTIAPPEND, else one. With more than one and no MULTIAPPEND the order is given up.
  int per_mailbox = 0;
};

/// How much of a quota must stay free: mail that arrives meanwhile must not bounce.
struct QuotaReserve {
  std::optional<std::uint64_t> bytes;  ///< beats `share`
  double share = 0.05;                 ///< of the limit
  bool ignore_quota = false;           ///< begin even where there is too little room
};

/// Everything a job needs to know.
struct JobSettings {
  std::vector<std::string> archives;  ///< as the user named them
  archive::OpenOptions open;
  /// What Archive::open_all() gave for them, when the caller has looked already: opening a packed
  /// archive reads all of it. Empty: the job opens them.
  std::vector<archive::Archive> opened;
  imap::Account account;
  imap::ConnectionOptions connection;
  plan::MappingRules mapping;
  std::vector<std::string> include;  ///< globs of folder paths; empty: all
  std::vector<std::string> exclude;
  std::optional<plan::LabelPolicy> labels;  ///< nothing: `first`, unless a mailbox is named
  SenderRules senders;
  journal::Dedupe dedupe = journal::Dedupe::none;
  bool skip_existing = false;  ///< leave out what the mailbox held before the job
  /// Begin even though a mailbox holds the same mail already, see presence_check.h.
  bool allow_copies = false;
  std::string state_folder;            ///< where journals of older jobs may be; empty: unknown
  bool asks_older_jobs = false;  ///< which mailboxes they put the same files into: few are there
  bool strict = false;                 ///< for the comparison at the end: VerifyOptions
  /// Messages of which it cannot be decided whether the server has them are sent again.
  bool resend_doubtful = false;
  std::optional<RefusedChoice> retry;  ///< which refused messages are planned again first
  bool accept_unread = false;          ///< parts that are not read are a note and no more
  bool probe = false;                  ///< of a dry run: measure with mail of our own, probe.h
  /// Set by the job itself when it begins anew because archives are written to without pause: what
  /// stands of them is sent, and what is appended is left to a later run.
  bool take_what_stands = false;
  std::vector<std::string> outputs;  ///< files that the command writes, which may lie in an archive
  std::string journal_path;  ///< of a dry run: what the real run will go on with, if it is there
  IndexOptions index;        ///< content_key is set by the job
  imap::AppendMode append_mode = imap::AppendMode::automatic;
  BatchLimits batch;
  ConnectionLimits connections;
  RateLimits limits;
  QuotaReserve quota_reserve;
  int reconnects = 8;  ///< in a row without any progress between them
  /// Once mail was stored in this run, an outage may last so long whatever `reconnects` says.
  std::chrono::milliseconds retry_for = std::chrono::hours(1);
};

/// The settings that a journal's job was begun with: its archives, and everything that decides what
/// of them goes where. The rest is as by default. Fails with `configuration` when they are of
/// another version and cannot be understood.
Result<JobSettings> settings_of(const journal::JobIdentity& identity);

/// What the journal of a job with these settings says that it is about; the other way round.
journal::JobIdentity identity_of(const JobSettings& settings);

/// What of a job's settings says which messages go into which mailboxes, as text: two jobs of one
/// account with the same archives and this text move the same mail to the same place.
std::string destination_of(const journal::JobIdentity& identity);

/// Where a job stands. Totals grow while the index pass runs.
struct Progress {
  enum class Phase { reading, connecting, reconciling, sending, verifying, done };
  Phase phase = Phase::reading;
  bool totals_known = false;  ///< every folder is indexed
  journal::Count total;       ///< planned or already dealt with, as far as known
  journal::Count stored;
  journal::Count stored_now;  ///< in this run, for the rate
  std::uint64_t refused = 0;
  std::uint64_t archive_bytes = 0;  ///< on disk, all folders
  std::uint64_t read_bytes = 0;     ///< of them, by the index pass
  std::uint64_t unread = 0;         ///< parts that may be mail and are not read, as far as known
  std::string mailbox;              ///< the one worked on
  std::string waiting;  ///< why it waits, or what slows it down on purpose; empty: neither
  std::chrono::milliseconds waiting_left{0};  ///< until it goes on; 0: it is only slowed down
};
std::string_view phase_name(Progress::Phase phase);

/// Hears what happens. Called from the job's threads, one call at a time; must not block long.
class Observer {
 public:
  virtual ~Observer() = default;
  virtual void progress(const Progress& progress) = 0;
  /// One line worth showing: a retry, a wait, a warning. Never a secret.
  virtual void notice(std::string_view line) = 0;
};

/// incomplete: everything that could be read is stored or refused, and something was not read.
enum class Verdict { complete, refused, incomplete, failed, interrupted };
std::string_view verdict_name(Verdict verdict);
/// How reports and journals call the end of a run that has `error`: what the same command may go on
/// with later is `unfinished`, as in a batch, and not failed.
std::string_view verdict_name(const Error& error);

/// How a run ended. `error` says why it is not complete or refused; `unwritten`, what of the file
/// of refused messages and the journal's notes could not be written at the end, which changes
/// nothing about the verdict.
struct JobResult {
  Verdict verdict = Verdict::failed;
  std::optional<Error> error;
  std::string reason;  ///< what was not read; empty: nothing
  std::vector<Error> unwritten;
  double seconds = 0;
  journal::Count stored_now;
};

/// What a job needs from the world besides files; tests put their own in.
struct Environment {
  std::function<Result<std::unique_ptr<imap::Target>>(const imap::BeforeLogin&)> connect;
  Clock* clock = &system_clock();  ///< not owned
  /// What servers had to say to the user since this was last called, each text once.
  std::function<std::vector<std::string>()> take_notices = {};
};

/// Connects to the account by IMAP, with the machine's clock. `interrupt` ends the waits for a
/// server that have nothing in flight.
Environment real_environment(const JobSettings& settings, const Cancellation& interrupt);

/// Runs or resumes a job until everything is stored, refused or skipped, and verifies it. The
/// journal is created when it is not there. `interrupt` once: finish what is in flight and stop.
JobResult run_job(const JobSettings& settings, const Environment& environment, Observer& observer,
                  const Cancellation& interrupt);

/// One mailbox of a plan; the numbers are those that the report of the real run then has.
struct PlannedMailbox {
  std::string name;
  bool exists = false;
  std::uint64_t planned = 0;
  std::uint64_t oversize = 0;
  std::uint64_t skipped = 0;
  std::uint64_t bytes = 0;
  std::uint64_t already_there = 0;
  std::uint64_t lost_flags = 0;  ///< messages that lose a flag or keyword
  std::uint64_t receipts = 0;    ///< that ask for a read receipt, and $MDNSent is not kept
  std::uint64_t date_corrections = 0;
  std::uint64_t doubtful = 0;
  std::string renamed_from;  ///< the archive's name when a rule changed it, else empty
  journal::Count stored;     ///< by earlier runs of this job; like the next two not in `planned`
  std::uint64_t in_doubt = 0;  ///< sent by one and not confirmed: looked for before they are sent
  std::uint64_t refused = 0;
  journal::SenderTotals senders;  ///< of all of them
};

/// What sender lists do in a plan: the entries with most messages, and how many there are.
struct PlannedSenders {
  std::vector<journal::SenderSum> sums;
  std::uint64_t sum_count = 0;
};

/// How long the job will take from its beginning, roughly.
struct TimeEstimate {
  double least_seconds = 0;
  double most_seconds = 0;
  std::string rests_on;  ///< what was measured and what was assumed
  bool line_measured = false;  ///< else the line's speed is assumed
};

/// How long many jobs take together, so many at a time over one line. Constant memory.
class TotalTime {
 public:
  /// One of them, which sends so many bytes.
  void add(const TimeEstimate& time, std::uint64_t bytes);
  /// Nothing without a job.
  [[nodiscard]] std::optional<TimeEstimate> with(int jobs_at_once) const;

 private:
  std::uint64_t jobs_ = 0;
  double bytes_ = 0;
  double bytes_over_unknown_line_ = 0;
  TimeEstimate sum_;
  TimeEstimate longest_;
};

struct Plan {
  bool go = false;
  std::vector<std::string> reasons;  ///< why not comes first; then what to know
  std::vector<PlannedMailbox> mailboxes;
  std::vector<journal::UnreadRow> unread;  ///< the first of them; a reason says how many there are
  std::uint64_t left_out_files = 0;        ///< no mail
  std::uint64_t left_out_bytes = 0;
  std::optional<imap::Quota> quota;
  std::uint64_t bytes_needed = 0;             ///< without what is refused beforehand
  std::uint64_t messages_needed = 0;          ///< likewise
  imap::Namespace name_space;                 ///< where the user's mailboxes are
  std::optional<std::uint64_t> append_limit;  ///< bytes of a message, where the server tells it
  TimeEstimate time;
  std::optional<PlannedSenders> senders;  ///< nothing: the job has no lists
};

/// Reads the archives, asks the server, sends nothing that changes it. The plan goes on where the
/// journal of the settings ended, also while a job is at work with that; no journal is written.
Result<Plan> plan_job(const JobSettings& settings, Observer& observer,
                      const Cancellation& interrupt);

/// A message that is not as it should be.
struct Difference {
  std::string mailbox;
  std::string folder;
  std::uint64_t offset = 0;
  std::optional<journal::MessageRow> message;  ///< the job's own; none with "unexpected"
  journal::Uid uid = 0;
  /// "missing"; "size", "internaldate", "flags", "keywords", "content"; "unexpected"; "twice": not
  /// the job's either, and a copy of the message at `offset`
  std::string what;
  enum class Judgement : std::uint8_t {
    error,       ///< lost or spoilt
    gone_since,  ///< it was in order at the end of an earlier run: somebody has changed it
    altered,     ///< the server stores it in its own way: the message is there
  };
  Judgement judgement = Judgement::error;
  bool compared_before = false;  ///< by an earlier run
  /// What it should have; told with "flags" and "keywords".
  std::uint8_t flags = 0;  ///< bits of message::Flag
  std::vector<std::string> keywords;
  bool has_others = false;  ///< with those: it also has flags that the job does not give it
  /// With "twice": the UID of the job's own, and whether the journal proves that the copy can only
  /// be the job's second sending.
  journal::Uid copy_of = 0;
  bool provable = false;
};

/// Messages of which a server does not keep or show what they were sent with, by kind.
struct Altered {
  std::uint64_t sizes = 0;  ///< and the content is the same, of a sample or of all
  std::uint64_t dates = 0;
  std::uint64_t flags = 0;
  std::uint64_t keywords = 0;
  bool without_status = false;  ///< some are shorter: it removes mbox status fields
  std::uint64_t merged = 0;     ///< the server keeps one of several equal messages
  std::uint64_t moved = 0;      ///< it gave other UIDs to the same messages
  std::uint64_t renumbered = 0;  ///< it gave all UIDs of their mailboxes anew, and has them
};

struct VerifyOptions {
  bool full = false;  ///< read every body back
  /// What is gone since, and what the server altered, is an error like any other.
  bool strict = false;
  /// Also look at what the job left out because it was there before.
  bool existing = false;
  /// To wait for what the server shows some seconds late; null: nothing is waited for.
  Clock* clock = nullptr;
  /// What message::EnvelopeScanner says of a message of the archive; empty where that is not to be
  /// had. Tells messages without Message-ID apart that the server named no UIDs for.
  std::function<Result<std::int64_t>(const journal::MessageRow&)> envelope = {};
};

struct VerifyResult {
  std::uint64_t checked = 0;
  std::uint64_t missing = 0;
  std::uint64_t different = 0;
  /// Newer than the job's start and not the job's: for example new mail.
  std::uint64_t unexpected = 0;
  std::uint64_t twice = 0;       ///< of those, copies of messages that the job stored
  std::uint64_t twice_by_us = 0;  ///< of those, copies that the job may have made itself
  /// Of those that were checked: there before the job, which left them out.
  std::uint64_t existing = 0;
  std::uint64_t existing_in_other_form = 0;  ///< with `full`: of these, not byte by byte the same
  std::uint64_t existing_unchecked = 0;      ///< their mailbox has other UIDs now
  std::uint64_t gone_since = 0;  ///< deleted, moved or given fewer flags since a run compared them
  Altered altered;
  /// For the journal: names and texts of notes, from which a later comparison tells what is gone
  /// since.
  std::vector<std::pair<std::string, std::string>> compared;
  [[nodiscard]] bool good() const { return missing == 0 && different == 0; }
};

using DifferenceVisitor = std::function<void(const Difference&)>;

/// Compares the journal's ledger with the server. What is gone since is visited; of what is altered
/// flags and keywords only. Journal as opened. Error `try_later`, when all else was compared: a
/// mailbox that the server lists was not opened.
Result<VerifyResult> verify_job(journal::Journal& journal, imap::ReadOnlyTarget& target,
                                const VerifyOptions& options, const DifferenceVisitor& visit,
                                const Cancellation& interrupt);

/// One line for each kind of thing that is no error and should be known, with its number.
std::vector<std::string> lines_about(const VerifyResult& result);

}  // namespace mboxferry::transfer
