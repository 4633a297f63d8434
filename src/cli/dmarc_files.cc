// SPDX-License-Identifier: Apache-2.0
// Small files go to the reader as a whole; what holds many mails is read mail by mail.
#include "cli/dmarc_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/mbox/splitter.h"
#include "mboxferry/policy/text_file.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;
using dmarc::FileVerdict;

/// Folders with more entries are read in the order in which the system names them.
constexpr std::size_t kSortedEntries = 20'000;
/// Mail is looked at up to this size more than a report may have: Base64 takes a third more.
constexpr std::size_t kMailOverReport = 2;

constexpr const char* kPackedMbox = "an mbox is packed inside of the mail; save and name it";

/// Collects a mail at a time for the reader.
class MailSink final : public mbox::MessageSink {
 public:
  MailSink(std::string path, std::size_t most, dmarc::FileReader& reader, PlacedSink& sink)
      : path_(std::move(path)), most_(most), reader_(reader), sink_(sink) {}

  Result<void> begin(std::uint64_t offset, const mbox::Envelope&) override {
    offset_ = offset;
    mail_.clear();
    is_cut_ = false;
    return ok();
  }
  Result<void> bytes(std::string_view raw) override {
    const std::size_t room = most_ - std::min(most_, mail_.size());
    is_cut_ = is_cut_ || raw.size() > room;
    mail_ += raw.substr(0, room);
    return ok();
  }
  Result<void> end(std::uint64_t, std::uint64_t, const mbox::Accounting&) override {
    sink_.go_to({path_, true, offset_});
    auto done = read();
    if (!done) output_error_ = done.error();
    return done;
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

  /// What ended the reading and is not about the mail.
  [[nodiscard]] const std::optional<Error>& output_error() const { return output_error_; }

 private:
  Result<void> read() {
    if (is_cut_)
      return say(fmt::format("the mail has more than {} bytes; --max-report-size raises the limit",
                             most_));
    MBOXFERRY_TRY(reader_.read(mail_, sink_));
    return reader_.holds_mbox() ? say(kPackedMbox) : ok();
  }
  Result<void> say(std::string reason) {
    return sink_.looked({"", FileVerdict::unsupported, std::move(reason), {}, 0, false});
  }

  const std::string path_;
  const std::size_t most_;
  dmarc::FileReader& reader_;
  PlacedSink& sink_;
  std::string mail_;
  std::uint64_t offset_ = 0;
  bool is_cut_ = false;
  std::optional<Error> output_error_;
};

class ReportFiles {
 public:
  ReportFiles(const dmarc::Budget& budget, PlacedSink& sink, const Cancellation& interrupt)
      : budget_(budget), sink_(sink), interrupt_(interrupt), reader_(budget) {}

  Result<void> read(const fs::path& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return read_folder(path);
    return read_file(path);
  }

 private:
  [[nodiscard]] std::size_t most_mail() const { return kMailOverReport * budget_.report_bytes; }

  Result<void> say(const std::string& path, FileVerdict verdict, std::string reason) {
    sink_.go_to({path});
    return sink_.looked({"", verdict, std::move(reason), {}, 0, false});
  }

  Result<void> read_folder(const fs::path& folder) {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    if (error) return say(folder, FileVerdict::corrupt, "it cannot be read: " + error.message());
    while (entries != fs::directory_iterator() && !interrupt_.requested()) {
      std::vector<fs::path> names;
      for (; entries != fs::directory_iterator() && names.size() < kSortedEntries && !error;
           entries.increment(error))
        if (!entries->is_symlink()) names.push_back(entries->path());
      std::sort(names.begin(), names.end());
      for (const fs::path& name : names) {
        if (interrupt_.requested()) return ok();
        MBOXFERRY_TRY(read(name));
      }
      if (error) return say(folder, FileVerdict::corrupt, "it cannot be read: " + error.message());
    }
    return ok();
  }

  Result<void> read_file(const fs::path& path) {
    std::error_code error;
    const std::uint64_t size = fs::file_size(path, error);
    if (error) return say(path, FileVerdict::unsupported, "it is no regular file");
    constexpr std::string_view kFrom = "From ";
    if (size > most_mail() || beginning_of(path, kFrom.size()) == kFrom) return read_mails(path);
    auto bytes = policy::read_text_file(path, "file", most_mail());
    if (!bytes) return say(path, FileVerdict::corrupt, bytes.error().what);
    sink_.go_to({path});
    MBOXFERRY_TRY(reader_.read(*bytes, sink_));
    const bool is_mail = dmarc::is_mail(*bytes);
    std::string().swap(*bytes);
    if (reader_.holds_mbox() && is_mail) return say(path, FileVerdict::unsupported, kPackedMbox);
    return reader_.holds_mbox() ? read_mails(path) : ok();
  }

  Result<void> read_mails(const fs::path& path) {
    const auto archive = archive::Archive::open(path);
    if (!archive)
      return say(path, FileVerdict::unsupported,
                 fmt::format("it is larger than {} bytes (--max-report-size), and {}", most_mail(),
                             archive.error().what));
    for (const archive::Folder& folder : archive->folders()) {
      MailSink mails(folder.member.empty() ? path.string() : folder.place(), most_mail(), reader_,
                     sink_);
      const auto done = read_folder_of_mail(folder, path, mails);
      if (mails.output_error()) return *mails.output_error();
      if (done || done.error().code == ErrorCode::interrupted) continue;
      MBOXFERRY_TRY(say(folder.place(), FileVerdict::corrupt, done.error().what));
    }
    if (archive->folders().empty())
      return say(path, FileVerdict::not_a_report, "it holds no mail that can be read");
    return ok();
  }

  Result<void> read_folder_of_mail(const archive::Folder& folder, const std::string& path,
                                   MailSink& mails) {
    MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(folder));
    if (folder.form != archive::FolderForm::mbox) return read_message_files(folder, *bytes, mails);
    MBOXFERRY_ASSIGN(const auto profile, mbox::survey(*bytes, mbox::Dialect::automatic));
    if (!profile.has_separator)
      return say(path, FileVerdict::unsupported,
                 fmt::format("it holds no mail, and is larger than {} bytes; --max-report-size "
                             "raises the limit",
                             most_mail()));
    MBOXFERRY_ASSIGN(const auto peek, archive::open_folder(folder));
    MBOXFERRY_TRY(mbox::split(*bytes, *peek, profile, mails, interrupt_));
    if (const auto damage = bytes->damage()) return say(path, FileVerdict::partial, damage->what);
    return ok();
  }

  Result<void> read_message_files(const archive::Folder& folder, ByteSource& bytes,
                                  MailSink& mails) {
    MBOXFERRY_ASSIGN(const auto files, archive::open_messages(folder));
    std::string buffer(64 * 1024, '\0');
    for (;;) {
      MBOXFERRY_ASSIGN(const auto file, files->next());
      if (!file || interrupt_.requested()) return ok();
      MBOXFERRY_TRY(mails.begin(file->offset, {}));
      for (std::uint64_t at = 0; at < file->length;) {
        const auto piece =
            static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), file->length - at));
        MBOXFERRY_ASSIGN(const std::size_t got,
                         bytes.read_at(file->offset + at, std::span(buffer.data(), piece)));
        if (got == 0) break;
        MBOXFERRY_TRY(mails.bytes(std::string_view(buffer.data(), got)));
        at += got;
      }
      MBOXFERRY_TRY(mails.end(file->length, 0, {}));
    }
  }

  const dmarc::Budget& budget_;
  PlacedSink& sink_;
  const Cancellation& interrupt_;
  dmarc::FileReader reader_;
};

}  // namespace

Result<void> read_report_files(const std::string& path, const dmarc::Budget& budget,
                               PlacedSink& sink, const Cancellation& interrupt) {
  return ReportFiles(budget, sink, interrupt).read(path);
}

}  // namespace mboxferry::cli
