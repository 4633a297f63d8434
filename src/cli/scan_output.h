// SPDX-License-Identifier: Apache-2.0
// What `scan` shows, in its three forms.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cli/not_read_parts.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/base/result.h"
#include "mboxferry/report/text_output.h"
#include "mboxferry/transfer/indexer.h"

namespace mboxferry::cli {

/// The code of the problem that a folder ends with when the rest of it cannot be read.
inline constexpr std::string_view kUnreadable = "unreadable";

/// What is known about a folder when it has been read.
struct FolderTotals {
  std::uint64_t messages = 0;
  std::uint64_t pseudo = 0;
  std::uint64_t expunged = 0;
  std::uint64_t size = 0;  ///< bytes that were read; of the unpacked stream
  mbox::Accounting accounting;
  bool mail = true;  ///< false: not empty, and no separator in it
};

struct ScanTotals {
  std::uint64_t folders = 0;
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

/// Hears everything in archive order. Constant memory.
class ScanOutput {
 public:
  ScanOutput() = default;
  ScanOutput(const ScanOutput&) = delete;
  ScanOutput& operator=(const ScanOutput&) = delete;
  virtual ~ScanOutput() = default;

  /// What was found, before anything else of any archive is read.
  virtual Result<void> tree(const archive::Archive& archive) = 0;
  virtual Result<void> begin_archive(const archive::Archive& archive) = 0;
  /// `dialect`: of an mbox; of another form, its name.
  virtual Result<void> begin_folder(const std::string& path, std::string_view dialect) = 0;
  /// A message that is not left out.
  virtual Result<void> message(const transfer::IndexedMessage& message) = 0;
  virtual Result<void> doubt(const mbox::Doubt& doubt) = 0;
  virtual Result<void> problem(const mbox::Problem& problem) = 0;
  virtual Result<void> end_folder(const FolderTotals& totals) = 0;
  virtual Result<void> end_archive(std::uint64_t bytes, const NotReadParts& not_read) = 0;
  virtual Result<void> end(const ScanTotals& totals) = 0;
};

/// A table for people, with the first doubtful places and problems of each folder.
/// `columns`: of the screen, or report::kAnyColumns.
std::unique_ptr<ScanOutput> make_scan_table(report::TextOutput& out, bool names_left_out,
                                            std::size_t columns);
/// Schema mboxferry.scan/1 (jobs/schema/scan.json).
std::unique_ptr<ScanOutput> make_scan_document(report::TextOutput& out);
/// One JSON object a message on a line.
std::unique_ptr<ScanOutput> make_scan_list(report::TextOutput& out);

}  // namespace mboxferry::cli
