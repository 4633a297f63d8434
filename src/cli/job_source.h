// SPDX-License-Identifier: Apache-2.0
// The jobs that a report is made of.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/job/job_list.h"
#include "mboxferry/job/ledger.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/job_report.h"

namespace mboxferry::cli {

/// Jobs named by their journals, or by folders that hold, down to the third folder below them,
/// journals (`*.journal`) and the ledgers of batches (`*.ledger`), which name their accounts, with
/// a journal or not yet. They come account by account, the newest job of each first.
class JobSource {
 public:
  /// `anyones`: also files that other users own or can write.
  JobSource(std::vector<std::string> places, bool anyones, const Cancellation& interrupt)
      : places_(std::move(places)), anyones_(anyones), interrupt_(interrupt) {}

  /// `journal` is null where a job was not begun, or cannot be read any more.
  using Visitor = std::function<Result<void>(const job::KnownJob&, const journal::Journal*)>;
  /// Opens one journal after the other, for reading only. One that is named and cannot be read ends
  /// the walk; one in a folder is visited as a job that failed, with its file's name and without a
  /// journal, told on standard error and kept for trouble(). All walks visit what the first one
  /// found.
  Result<void> each(const Visitor& visit);
  /// The same for reports.
  Result<void> visit(const report::AccountVisitor& visit);

  /// The first journal or ledger of a folder that could not be read.
  [[nodiscard]] const std::optional<Error>& trouble() const { return trouble_; }

 private:
  Result<void> find();
  Result<void> find_in_folder(const std::string& folder, int depth);
  using Ledgers = std::vector<std::unique_ptr<const job::Ledger>>;
  Result<Ledgers> open_ledgers(const std::string& folder);
  Result<void> add_entry(const std::filesystem::path& folder, const job::Entry& entry);
  Result<bool> has_mail_of(const std::string& later, const std::string& earlier);
  /// What cannot be read. Fails when it was interrupted.
  Result<void> tell(Error error);
  Result<void> pass_over(const std::filesystem::path& path, const Error& error);

  std::vector<std::string> places_;
  bool anyones_;
  const Cancellation& interrupt_;
  std::optional<job::JobList> jobs_;
  std::optional<Error> trouble_;
};

}  // namespace mboxferry::cli
