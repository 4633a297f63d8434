// SPDX-License-Identifier: Apache-2.0
// The accounts of a batch, as a CSV file names them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/imap/account.h"
#include "mboxferry/job/csv.h"

namespace mboxferry::job {

/// One row. Fields that are empty are not there: what the command says counts then.
struct AccountRow {
  std::uint64_t line = 0;
  std::uint64_t offset = 0;
  std::map<std::string, std::string, std::less<>> values;  ///< by option name, and `archive`
  std::optional<imap::Secret> password;                    ///< of a column `password`
  std::string problem;  ///< not empty: the row cannot be used, and why
  CsvTrouble trouble = CsvTrouble::none;
};

/// Reads rows by the names of their columns: those of options, with `_` or `-` and in any case,
/// `archive` and `password`. Microsoft's `EmailAddress,UserName,Password` is understood: the user
/// is the second, and the first, without which it is the user as well, names the archive
/// (`address`).
class AccountsFile {
 public:
  /// `options`: names that a column may have besides. Errors: `configuration`, when the file cannot
  /// be read or is empty.
  static Result<AccountsFile> open(const std::string& path, std::span<const std::string> options);

  /// What is wrong with the header: one line each. No row can be understood then.
  [[nodiscard]] const std::vector<std::string>& header_problems() const { return problems_; }
  /// True when there are columns that are not known.
  [[nodiscard]] bool has_unknown_columns() const { return has_unknown_; }
  /// Their names, when the first line looks like a header and nothing else. Each may be somebody's
  /// password all the same: only one that is like a known name may be shown.
  [[nodiscard]] const std::vector<std::string>& unknown_columns() const { return unknown_; }
  /// The line of the header.
  [[nodiscard]] std::uint64_t header_line() const { return header_line_; }
  [[nodiscard]] bool has_column(std::string_view name) const;
  /// True when there are passwords in it that others can read.
  [[nodiscard]] Result<bool> shows_passwords() const;
  /// Fails with `configuration` when others can change what it says. A file whose columns name
  /// commands or variables of the environment is a program: no one else may be able to replace it.
  [[nodiscard]] Result<void> refuse_others_writing() const;

  /// The next row; nothing at the end.
  Result<std::optional<AccountRow>> next();
  /// The row that begins there, as an earlier reading told.
  Result<AccountRow> at(std::uint64_t line, std::uint64_t offset);

 private:
  explicit AccountsFile(CsvFile file) : file_(std::move(file)) {}
  void read_header(const CsvRow& header, std::span<const std::string> options);
  [[nodiscard]] AccountRow to_account(CsvRow row) const;

  CsvFile file_;
  std::vector<std::string> columns_;
  std::vector<std::string> problems_;
  std::vector<std::string> unknown_;
  bool has_unknown_ = false;
  std::uint64_t header_line_ = 1;
};

}  // namespace mboxferry::job
