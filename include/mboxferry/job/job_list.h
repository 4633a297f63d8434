// SPDX-License-Identifier: Apache-2.0
// The jobs of a state folder, by account.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::job {

/// A job, or an account that a batch has not begun.
struct KnownJob {
  std::string journal;      ///< its path; empty: not begun, or forgotten
  std::string account;      ///< `user@host:port`
  std::string user;         ///< of a row of a batch that names none: the row
  std::string host;         ///< empty: not known
  std::string archives;     ///< as journal::archive_lines() writes them
  std::string destination;  ///< as transfer::destination_of() writes it
  std::string begun;        ///< RFC 3339 in UTC; empty: not known
  std::string ended;        ///< of its last run; empty: it has not
  std::string verdict;      ///< complete, refused, incomplete, unfinished, failed …
  std::string reason;       ///< why it is not complete; empty: nothing to say
  /// What a batch's list says was stored, of an account whose journal was removed since.
  bool forgotten = false;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
  /// A later job of the account has been through all of its archives, into the same mailboxes, and
  /// has its mail: what is left of this one is not left to be done.
  bool replaced = false;
};

/// Lists jobs account by account, in the order in which the accounts were added, the newest job of
/// an account first. Memory does not grow with the number of jobs. One thread at a time.
class JobList {
 public:
  /// Errors: `cannot_create`.
  static Result<JobList> create();
  JobList(JobList&&) noexcept;
  JobList& operator=(JobList&&) noexcept;
  JobList(const JobList&) = delete;
  JobList& operator=(const JobList&) = delete;
  ~JobList();

  /// `job.replaced` is not used. Error `io`.
  Result<void> add(const KnownJob& job);
  /// Whether the mail of an earlier job is a later one's as well, by their journals.
  using HasMailOf =
      std::function<Result<bool>(const std::string& later, const std::string& earlier)>;
  /// The visitor's error ends the walk. `visit` must not call add(). Jobs that would be replaced by
  /// their archives' names are asked about with `has_mail_of`; empty: the names decide.
  Result<void> each(const std::function<Result<void>(const KnownJob&)>& visit,
                    const HasMailOf& has_mail_of = {}) const;

 private:
  struct State;
  explicit JobList(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::job
