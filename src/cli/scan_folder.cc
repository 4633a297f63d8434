// SPDX-License-Identifier: Apache-2.0
// One folder's index pass without a journal, and the check that no byte is missing.
#include "cli/scan_folder.h"

#include "mboxferry/transfer/folder_index.h"

namespace mboxferry::cli {
namespace {

/// Passes reads on, knows how far the folder goes, and moves the progress.
class CountingSource final : public ByteSource {
 public:
  CountingSource(ByteSource& source, report::ProgressPrinter& printer,
                 report::ProgressSample& sample)
      : source_(source), printer_(printer), sample_(sample) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    auto got = source_.read_at(offset, buffer);
    if (got && offset + *got > size_) {
      sample_.read_bytes += offset + *got - size_;
      size_ = offset + *got;
      printer_.progress(sample_);
    }
    return got;
  }
  Result<void> check_unchanged() override { return source_.check_unchanged(); }
  [[nodiscard]] std::optional<Error> damage() const override { return source_.damage(); }
  [[nodiscard]] const std::string& name() const override { return source_.name(); }
  /// The end of what was read.
  [[nodiscard]] std::uint64_t size() const { return size_; }

 private:
  ByteSource& source_;
  report::ProgressPrinter& printer_;
  report::ProgressSample& sample_;
  std::uint64_t size_ = 0;
};

/// Counts and passes on. An error of the output is kept apart from errors of the folder.
class Forwarder final : public transfer::IndexSink {
 public:
  Forwarder(ScanOutput& output, report::ProgressSample& sample, FolderTotals& totals)
      : output_(output), sample_(sample), totals_(totals) {}

  Result<void> message(const transfer::IndexedMessage& message, std::uint64_t,
                       const mbox::Accounting& accounting) override {
    totals_.accounting = accounting;
    if (message.pseudo || message.expunged) {
      ++(message.pseudo ? totals_.pseudo : totals_.expunged);
      return ok();
    }
    ++totals_.messages;
    sample_.messages_done = ++sample_.messages_total;
    sample_.bytes_done = sample_.bytes_total += message.wire_size;
    return keep(output_.message(message));
  }
  Result<void> doubt(const mbox::Doubt& doubt) override { return keep(output_.doubt(doubt)); }
  Result<void> problem(const mbox::Problem& problem) override {
    return keep(output_.problem(problem));
  }

  [[nodiscard]] const std::optional<Error>& output_error() const { return output_error_; }

 private:
  Result<void> keep(Result<void> result) {
    if (!result) output_error_ = result.error();
    return result;
  }

  ScanOutput& output_;
  report::ProgressSample& sample_;
  FolderTotals& totals_;
  std::optional<Error> output_error_;
};

class FolderScan {
 public:
  FolderScan(const transfer::IndexOptions& options, ScanOutput& output,
             report::ProgressSample& sample, const Cancellation& interrupt)
      : options_(options), output_(output), interrupt_(interrupt), sink_(output, sample, totals_) {}

  Result<void> read(const archive::Folder& place, CountingSource& source) {
    const auto survey = transfer::survey_place(place, source, options_);
    MBOXFERRY_TRY(begin(place, survey ? survey->profile.dialect : options_.dialect));
    if (!survey) return survey.error();
    totals_.mail = survey->profile.has_separator || survey->profile.empty;
    MBOXFERRY_ASSIGN(totals_.accounting,
                     transfer::index_place(place, source, *survey, options_, sink_, interrupt_));
    const auto damage = source.damage();
    return damage ? Result<void>(*damage) : ok();
  }

  Result<void> begin(const archive::Folder& place, mbox::Dialect dialect) {
    begun_ = true;
    const bool separated = place.form == archive::FolderForm::mbox;
    auto begun = output_.begin_folder(
        place.label(), separated ? mbox::dialect_name(dialect) : archive::form_name(place.form));
    if (!begun) output_error_ = begun.error();
    return begun;
  }

  [[nodiscard]] bool begun() const { return begun_; }
  [[nodiscard]] FolderTotals& totals() { return totals_; }
  [[nodiscard]] std::optional<Error> output_error() const {
    return output_error_ ? output_error_ : sink_.output_error();
  }

 private:
  const transfer::IndexOptions& options_;
  ScanOutput& output_;
  const Cancellation& interrupt_;
  FolderTotals totals_;
  Forwarder sink_;
  bool begun_ = false;
  std::optional<Error> output_error_;
};

}  // namespace

Result<ScannedFolder> scan_folder(const archive::Folder& folder,
                                  const transfer::IndexOptions& options, ScanOutput& output,
                                  report::ProgressPrinter& printer, report::ProgressSample& sample,
                                  const Cancellation& interrupt) {
  FolderScan scan(options, output, sample, interrupt);
  std::uint64_t size = 0;
  const auto read = [&]() -> Result<void> {
    MBOXFERRY_ASSIGN(const auto source, archive::open_folder(folder));
    CountingSource counting(*source, printer, sample);
    auto done = scan.read(folder, counting);
    size = counting.size();
    return done;
  }();
  if (const auto error = scan.output_error()) return *error;
  if (!scan.begun()) MBOXFERRY_TRY(scan.begin(folder, options.dialect));
  if (!read && read.error().code != ErrorCode::interrupted) {
    MBOXFERRY_TRY(output.problem({size, std::string(kUnreadable), read.error().what}));
  }
  scan.totals().size = size;
  MBOXFERRY_TRY(output.end_folder(scan.totals()));
  ScannedFolder scanned{scan.totals(), {}};
  if (!read) scanned.error = read.error();
  return scanned;
}

}  // namespace mboxferry::cli
