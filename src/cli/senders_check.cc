// SPDX-License-Identifier: Apache-2.0
// mboxferry senders check: what the lists mean for addresses, and for the messages of archives.
#include <sys/stat.h>

#include "cli/archive_options.h"
#include "cli/exit_codes.h"
#include "cli/mapping_options.h"
#include "cli/scan_folder.h"
#include "cli/scan_output.h"
#include "cli/sender_options.h"
#include "cli/senders.h"
#include "cli/senders_output.h"
#include "cli/unmet_choice.h"
#include "mboxferry/plan/folder_filter.h"
#include "mboxferry/transfer/folder_index.h"

namespace mboxferry::cli {
namespace {

/// Judges the messages of archives, and addresses.
class SenderCheck final : public ScanOutput {
 public:
  SenderCheck(const policy::LoadedLists& loaded, policy::JudgeOptions judging, SendersOutput& out)
      : loaded_(loaded),
        judge_(loaded.lists, std::move(judging)),
        out_(out),
        matched_(loaded.lists.size(), 0) {}

  Result<void> address(const std::string& text) {
    asked_ = true;
    message::SenderFields fields;
    fields.from = text + "\n";
    fields.from_fields = 1;
    const policy::Verdict verdict = judge_.judge(fields, "");
    count(verdict);
    SenderResult result;
    result.address = text;
    result.verdict = verdict;
    return out_.result(result, judge_);
  }

  Result<void> finish() { return out_.end(matched_, loaded_.warnings, asked_); }

  Result<void> tree(const archive::Archive&) override { return ok(); }
  Result<void> begin_archive(const archive::Archive& archive) override {
    asked_ = true;
    archive_ = archive.path();
    counts_ = {};
    return ok();
  }
  Result<void> begin_folder(const std::string& path, std::string_view) override {
    folder_ = path;
    return ok();
  }
  Result<void> message(const transfer::IndexedMessage& message) override {
    const policy::Verdict verdict = judge_.judge(message.senders, message.from_line);
    count(verdict);
    ++counts_.messages;
    counts_.blocked += verdict.outcome == policy::Verdict::Outcome::block ? 1U : 0U;
    counts_.allowed += verdict.outcome == policy::Verdict::Outcome::allow ? 1U : 0U;
    counts_.by_from_line += verdict.by_from_line ? 1U : 0U;
    if (verdict.outcome != policy::Verdict::Outcome::allow && judge_.lacked_authentication())
      ++counts_.unauthenticated;
    SenderResult result;
    result.archive = archive_;
    result.folder = folder_;
    result.offset = message.offset;
    result.verdict = verdict;
    return out_.result(result, judge_);
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem& problem) override {
    if (problem.code == kUnreadable) say(folder_ + ": " + problem.text);
    return ok();
  }
  Result<void> end_folder(const FolderTotals&) override { return ok(); }
  Result<void> end_archive(std::uint64_t, const NotReadParts&) override {
    return out_.end_archive(archive_, counts_);
  }
  Result<void> end(const ScanTotals&) override { return ok(); }

 private:
  void count(const policy::Verdict& verdict) {
    if (verdict.outcome != policy::Verdict::Outcome::none) ++matched_[verdict.entry];
  }

  const policy::LoadedLists& loaded_;
  policy::SenderJudge judge_;
  SendersOutput& out_;
  std::vector<std::uint64_t> matched_;
  std::string archive_;
  std::string folder_;
  SenderCounts counts_;
  bool asked_ = false;
};

struct CheckReading {
  archive::OpenOptions open;
  transfer::IndexOptions index;
  FolderChoice choice;
  plan::FolderFilter filter;
};

Result<CheckReading> read_check_reading(const Options& options) {
  MBOXFERRY_ASSIGN(transfer::IndexOptions index, read_index_options(options));
  index.collect_senders = true;
  MBOXFERRY_ASSIGN(const archive::OpenOptions open, read_open_options(options));
  MBOXFERRY_ASSIGN(FolderChoice choice, read_folder_choice(options));
  MBOXFERRY_ASSIGN(auto filter, plan::FolderFilter::create(choice.include, choice.exclude));
  return CheckReading{open, std::move(index), std::move(choice), std::move(filter)};
}

/// The first error of a folder; nothing when all was read.
Result<std::optional<Error>> check_archive(const archive::Archive& archive,
                                           const CheckReading& reading, SenderCheck& check,
                                           const Cancellation& interrupt) {
  const auto printer =
      report::make_progress_printer(report::ProgressStyle::none, 2, system_clock());
  report::ProgressSample sample;
  std::optional<Error> first;
  for (const std::string& notice : archive.notices()) say(notice);
  MBOXFERRY_TRY(check.begin_archive(archive));
  bool mail = false;
  for (const archive::Folder& folder : archive.folders()) {
    const auto named = archive::under_admitted_name(
        folder, [&](const std::string& label) { return reading.filter.admits(label); });
    if (!named) continue;
    MBOXFERRY_ASSIGN(const ScannedFolder scanned,
                     scan_folder(*named, reading.index, check, *printer, sample, interrupt));
    if (scanned.error && !first) first = scanned.error;
    mail = mail || scanned.totals.mail;
    if (interrupt.requested()) break;
  }
  if (!mail && !first)
    first = Error{ErrorCode::not_mail, archive.path() + " holds no mail that can be read",
                  "name an mbox file, or a folder of them"};
  MBOXFERRY_TRY(check.end_archive(0, NotReadParts(archive, reading.filter)));
  return first;
}

bool is_there(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

Result<int> check_senders(const Options& options, const Operands& operands, Context& context) {
  MBOXFERRY_ASSIGN(const CheckReading reading, read_check_reading(options));
  MBOXFERRY_ASSIGN(policy::JudgeOptions judging, read_judge_options(options));
  MBOXFERRY_ASSIGN(const policy::LoadedLists loaded, read_sender_lists(options, ListUse::told));
  if (loaded.lists.empty())
    return Error{ErrorCode::usage, "no entry is in the lists", "name a list with --senders FILE"};
  std::vector<archive::Archive> opened;
  // All archives are found before anything is written.
  std::vector<std::optional<archive::Archive>> archives;
  for (const std::string& operand : operands) {
    archives.emplace_back();
    if (operand.find('@') != std::string::npos && !is_there(operand)) continue;
    MBOXFERRY_ASSIGN(archives.back(), archive::Archive::open(operand, reading.open));
    opened.push_back(*archives.back());
  }
  if (!opened.empty()) MBOXFERRY_TRY(check_choice(reading.choice, opened));
  const auto output = options.has_flag("json") ? make_senders_document(context.out, loaded.lists)
                                               : make_senders_text(context.out, loaded.lists);
  SenderCheck check(loaded, std::move(judging), *output);
  std::optional<Error> first;
  for (std::size_t i = 0; i < operands.size() && !context.interrupt.requested(); ++i) {
    if (!archives[i]) {
      MBOXFERRY_TRY(check.address(operands[i]));
      continue;
    }
    MBOXFERRY_ASSIGN(const auto error,
                     check_archive(*archives[i], reading, check, context.interrupt));
    if (error && !first) first = error;
  }
  MBOXFERRY_TRY(check.finish());
  if (context.interrupt.requested())
    return Error{ErrorCode::interrupted, "interrupted: not everything was read",
                 "run the same command again"};
  if (first) return *first;
  return kExitSuccess;
}

}  // namespace mboxferry::cli
