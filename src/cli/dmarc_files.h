// SPDX-License-Identifier: Apache-2.0
// Walks over files and folders of reports and of mail.
#pragma once

#include "cli/dmarc_report_output.h"
#include "mboxferry/base/cancellation.h"

namespace mboxferry::cli {

/// A sink that is told where the reader is.
class PlacedSink : public dmarc::ReportSink {
 public:
  void go_to(ReportPlace place) { place_ = std::move(place); }
  [[nodiscard]] const ReportPlace& place() const { return place_; }

 private:
  ReportPlace place_;
};

/// Reads a file, or everything below a folder; links in it are passed over. Files are told by what
/// they hold: reports, single mails (as in a Maildir), mbox files, packed ones of these. Each has a
/// verdict; fails only when `sink` does. Ends early when `interrupt` is requested.
Result<void> read_report_files(const std::string& path, const dmarc::Budget& budget,
                               PlacedSink& sink, const Cancellation& interrupt);

}  // namespace mboxferry::cli
