// SPDX-License-Identifier: Apache-2.0
// The journal's ledger compared with the server.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

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
  bool without_status = false;   ///< some are shorter: it removes mbox status fields
  std::uint64_t merged = 0;      ///< the server keeps one of several equal messages
  std::uint64_t moved = 0;       ///< it gave other UIDs to the same messages
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
  std::uint64_t twice = 0;        ///< of those, copies of messages that the job stored
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
