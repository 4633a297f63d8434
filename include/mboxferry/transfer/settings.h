// SPDX-License-Identifier: Apache-2.0
// What a job is to do, and how it is known again.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"
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
  std::string state_folder;      ///< where journals of older jobs may be; empty: unknown
  bool asks_older_jobs = false;  ///< which mailboxes they put the same files into: few are there
  bool strict = false;           ///< for the comparison at the end: VerifyOptions
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

}  // namespace mboxferry::transfer
