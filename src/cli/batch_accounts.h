// SPDX-License-Identifier: Apache-2.0
// From a row of a batch's CSV to a job.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "cli/connection_options.h"
#include "cli/filing_options.h"
#include "cli/options.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/job/accounts.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

/// Which accounts belong to this process: those whose number is `index` modulo `count`.
struct Shard {
  std::uint32_t index = 0;
  std::uint32_t count = 1;
};

/// What an import found.
struct Imported {
  std::uint64_t mistakes = 0;  ///< of the file as a whole: nothing can be done
  std::uint64_t rows = 0;
  std::uint64_t refused = 0;        ///< rows that cannot be used
  std::uint64_t wrong_in_rows = 0;  ///< what is wrong with these; a row may have several mistakes
  std::uint64_t chosen = 0;   ///< rows of this run, of all shards
  std::uint64_t gone = 0;     ///< rows that were done, and whose archive has been removed since
  std::string nearest;        ///< a user's name that is like `only`
};

/// Something that is wrong with a row.
struct RowProblem {
  RowProblem(std::string text) : told(text), kept(std::move(text)) {}
  RowProblem(std::string to_tell, std::string to_keep, std::string to_show)
      : told(std::move(to_tell)), kept(std::move(to_keep)), shown(std::move(to_show)) {}

  std::string told;   ///< on the terminal
  std::string kept;   ///< in ledger and reports: without what may be a password in another column
  std::string shown;  ///< besides, in the paper of a dry run; may be empty
};

/// Knows what rows mean. All methods may be called from any thread.
class BatchAccounts {
 public:
  /// `row_options`: what a row may say; `options`: what the command says for all rows. Relative
  /// archives, password files and so on of a row are below the CSV's folder, archives below
  /// --archives-in when that is given.
  /// Errors: those of the options that every row has.
  static Result<BatchAccounts> create(std::string csv, const OptionTable& row_options,
                                      const Options& options);

  /// From now on rows need no archive, as nothing is sent.
  void compare_only() { needs_archives_ = false; }

  /// Reads the whole file and adds each account of this shard to the ledger, also the rows that
  /// cannot be used, and those that name the mailbox of an earlier one in other words. Everything
  /// that is wrong is told to `visit`, a line each, with file and line.
  /// `only`: a glob of user names; empty: all. Errors: those that end all.
  Result<Imported> import(job::Ledger& ledger, const Shard& shard, const std::string& only,
                          const Cancellation& interrupt,
                          const std::function<void(const std::string&)>& visit);

  /// Error `usage` when the command's --map or --include names what is in none of the archives, of
  /// all shards; those that cannot be opened are passed over. What a batch has begun with is done
  /// already, and its archives may be gone: then they are not opened.
  [[nodiscard]] Result<void> check_choice(const job::Ledger& ledger,
                                          const Cancellation& interrupt) const;
  /// The same for what the row itself names; opens the archives of `settings`.
  Result<void> check_choice_of(const job::Entry& entry, transfer::JobSettings& settings) const;

  /// True when a password may be what a command prints.
  [[nodiscard]] Result<bool> run_commands() const;
  /// True when tokens may be those of a profile.
  [[nodiscard]] Result<bool> use_profiles() const;

  /// The job of an account, with its password. Reads the row again: passwords are kept nowhere.
  Result<transfer::JobSettings> settings_of(const job::Entry& entry,
                                            const Cancellation& interrupt) const;

 private:
  struct Known;
  BatchAccounts(std::string csv, const OptionTable& row_options, const Options& options);
  [[nodiscard]] Result<job::AccountsFile> open() const;
  [[nodiscard]] std::vector<std::string> columns() const;
  [[nodiscard]] std::string below_csv(const std::string& path) const;
  [[nodiscard]] std::optional<std::string> archive_of(const job::AccountRow& row) const;
  [[nodiscard]] bool names_file(const imap::Secret& password) const;
  /// Nothing but what the row says of folders.
  [[nodiscard]] Result<Options> choice_of(const job::AccountRow& row) const;
  [[nodiscard]] Result<Options> options_of(const job::AccountRow& row) const;
  [[nodiscard]] Result<ConnectionSettings> connection_of(const job::AccountRow& row) const;
  /// What is wrong with a row; `entry` is filled as far as possible.
  std::vector<RowProblem> check(const job::AccountRow& row, Known& known,
                                job::NewEntry& entry) const;

  std::string csv_;
  std::string folder_;       ///< of the CSV
  std::string archives_in_;  ///< empty: the CSV's folder
  bool needs_archives_ = true;
  ValueReader reader_;
  Options options_;
  ConnectionSettings connection_;  ///< as the command says it
  std::string work_;               ///< stamp_of_work() of what the command says
  std::string sender_lists_;       ///< a digest of the lists that it names
  std::shared_ptr<imap::TrustStores> trust_ = imap::make_trust_stores();
  std::shared_ptr<SenderListReader> lists_ = std::make_shared<SenderListReader>();
};

}  // namespace mboxferry::cli
