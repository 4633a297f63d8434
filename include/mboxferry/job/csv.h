// SPDX-License-Identifier: Apache-2.0
// Rows of a CSV file (RFC 4180), one by one.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::job {

/// How far what is wrong with a row reaches.
enum class CsvTrouble {
  none,
  row,       ///< this row only
  file,      ///< where rows begin is in doubt
  encoding,  ///< the file is not in UTF-8, and names in other rows are read wrongly as well
};

/// One row that was read, or what is wrong with it.
struct CsvRow {
  std::uint64_t line = 0;    ///< where it begins, from 1
  std::uint64_t offset = 0;  ///< the same in bytes
  std::vector<std::string> fields;
  std::string problem;  ///< not empty: there are no fields, and reading goes on behind
  CsvTrouble trouble = CsvTrouble::none;
};

/// Reads `,` or `;` (or tab) as the first line says, quoted fields that may hold line ends, LF,
/// CRLF or CR (as Excel's "CSV (Macintosh)" has them), and a byte order mark. Empty lines are
/// passed over. A row that is no CSV, is not UTF-8, holds a NUL or is longer than kLongestRow is
/// told, and reading goes on. Constant memory.
class CsvFile {
 public:
  static constexpr std::size_t kLongestRow = std::size_t{64} << 10U;

  /// Error `configuration` when it cannot be read.
  static Result<CsvFile> open(const std::string& path);
  CsvFile(CsvFile&&) noexcept;
  CsvFile& operator=(CsvFile&&) noexcept;
  ~CsvFile();

  /// The next row, the first being the header; nothing at the end.
  Result<std::optional<CsvRow>> next();
  /// Goes on with the row that begins at this place, as an earlier reading told.
  Result<void> seek(std::uint64_t line, std::uint64_t offset);
  /// True when others than the owner may read the file: the group too, if the file is the caller's
  /// own, who can change that.
  [[nodiscard]] Result<bool> others_can_read() const;
  /// Fails with `configuration` when others can change the file or, if it `runs_commands`, put
  /// another in its place.
  [[nodiscard]] Result<void> refuse_others_writing(bool runs_commands) const;

 private:
  struct State;
  explicit CsvFile(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::job
