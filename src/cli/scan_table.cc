// SPDX-License-Identifier: Apache-2.0
// `scan` for people.
#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "cli/scan_output.h"
#include "cli/scan_tree.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

using report::human_bytes;
using report::printable;
using report::shortened;
using report::shortened_in_middle;

constexpr std::size_t kNameColumns = 40;
constexpr std::size_t kLeastNameColumns = 12;
constexpr std::size_t kNumberColumns = 61;  ///< of a row without the name
constexpr std::uint64_t kShown = 5;  ///< doubtful places, and problems, of one folder
constexpr std::size_t kTextColumns = 90;

std::size_t columns_for_names(std::size_t columns) {
  if (columns == report::kAnyColumns) return kNameColumns;
  const std::size_t room = columns - std::min(columns, kNumberColumns);
  return std::clamp(room, kLeastNameColumns, kNameColumns);
}

// ": KMail, MH" behind what the archive is.
std::string layouts_of(const archive::Archive& archive) {
  if (archive.layouts().empty()) return "";
  return fmt::format(": {}", fmt::join(archive.layouts(), ", "));
}

class ScanTable final : public ScanOutput {
 public:
  ScanTable(report::TextOutput& out, bool names_left_out, std::size_t columns)
      : out_(out), names_left_out_(names_left_out), most_width_(columns_for_names(columns)) {}

  Result<void> tree(const archive::Archive& archive) override {
    return write_scan_tree(out_, archive);
  }

  Result<void> begin_archive(const archive::Archive& archive) override {
    width_ = 6;
    for (const archive::Folder& folder : archive.folders())
      width_ = std::max(width_, std::min(most_width_, printable(folder.label()).size()));
    return out_.write(
        fmt::format("{} ({}{}, {} on disk)\n  {:{}} {:>10} {:>10}  {:8} {:>8} {:>8} {:>8}\n",
                    printable(archive.path()), archive::kind_name(archive.kind()),
                    layouts_of(archive), human_bytes(archive.bytes_on_disk()), "folder", width_,
                    "messages", "size", "dialect", "doubtful", "left out", "problems"));
  }

  Result<void> begin_folder(const std::string& path, std::string_view dialect) override {
    path_ = path;
    dialect_ = dialect;
    doubts_ = problems_ = 0;
    details_.clear();
    return ok();
  }

  Result<void> message(const transfer::IndexedMessage&) override { return ok(); }

  Result<void> doubt(const mbox::Doubt& doubt) override {
    if (++doubts_ <= kShown) {
      details_.push_back(fmt::format("byte {}: {} ({}): {}", doubt.offset,
                                     doubt.taken ? "taken for a separator" : "left in the message",
                                     printable(doubt.reason), shortened(doubt.line, kTextColumns)));
    }
    return ok();
  }

  Result<void> problem(const mbox::Problem& problem) override {
    if (++problems_ <= kShown) {
      details_.push_back(fmt::format("byte {}: {}: {}", problem.offset, printable(problem.code),
                                     shortened(problem.text, kTextColumns)));
    }
    return ok();
  }

  Result<void> end_folder(const FolderTotals& totals) override {
    MBOXFERRY_TRY(out_.write(fmt::format(
        "  {:{}} {:>10} {:>10}  {:8} {:>8} {:>8} {:>8}\n", shortened_in_middle(path_, width_),
        width_, totals.messages, human_bytes(totals.size), totals.mail ? dialect_ : "no mail",
        doubts_, totals.pseudo + totals.expunged, problems_)));
    for (const std::string& detail : details_) MBOXFERRY_TRY(out_.write("      " + detail + "\n"));
    if (doubts_ > kShown || problems_ > kShown) {
      MBOXFERRY_TRY(out_.write("      and more; --json lists all\n"));
    }
    if (totals.pseudo > 0) {
      MBOXFERRY_TRY(
          out_.write(fmt::format("      left out: {} of a mail program's own bookkeeping\n",
                                 report::counted(totals.pseudo, "message"))));
    }
    if (totals.expunged > 0) {
      MBOXFERRY_TRY(out_.write(fmt::format(
          "      left out: {} deleted and not yet removed (--include-expunged keeps them)\n",
          report::counted(totals.expunged, "message"))));
    }
    return ok();
  }

  Result<void> end_archive(std::uint64_t, const NotReadParts& not_read) override {
    const auto name = [&](const archive::NotRead& one) {
      return out_.write(
          fmt::format("  not read: {}: {}\n", printable(one.place), printable(one.reason)));
    };
    MBOXFERRY_TRY(not_read.each(archive::NotReadKind::unread, name));
    if (names_left_out_) return not_read.each(archive::NotReadKind::not_mail, name);
    MBOXFERRY_ASSIGN(const auto others, not_read.count(archive::NotReadKind::not_mail));
    if (others.files == 0) return ok();
    return out_.write(fmt::format("  left out: {} ({}) that {} no mail; --left-out names them\n",
                                  report::counted(others.files, "file"), human_bytes(others.bytes),
                                  others.files == 1 ? "is" : "are"));
  }

  Result<void> end(const ScanTotals& totals) override {
    return out_.write(
        fmt::format("total: {} in {}, {}\n", report::counted(totals.messages, "message"),
                    report::counted(totals.folders, "folder"), human_bytes(totals.bytes)));
  }

 private:
  report::TextOutput& out_;
  const bool names_left_out_;
  const std::size_t most_width_;
  std::size_t width_ = 0;
  std::string path_;
  std::string dialect_;
  std::uint64_t doubts_ = 0;
  std::uint64_t problems_ = 0;
  std::vector<std::string> details_;  ///< at most 2 * kShown
};

}  // namespace

std::unique_ptr<ScanOutput> make_scan_table(report::TextOutput& out, bool names_left_out,
                                            std::size_t columns) {
  return std::make_unique<ScanTable>(out, names_left_out, columns);
}

}  // namespace mboxferry::cli
