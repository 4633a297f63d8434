// SPDX-License-Identifier: Apache-2.0
// What a folder's beginning says about the whole.
#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "mboxferry/transfer/indexer.h"
#include "transfer/index/message_files.h"

namespace mboxferry::transfer {
namespace {

/// Looks at headers for status fields and labels.
class HeaderSurvey {
 public:
  explicit HeaderSurvey(FolderSurvey& survey) : survey_(survey) {}

  /// False: the rest of this message changes nothing.
  [[nodiscard]] bool wants_more() const { return !header_.done() && !knows_all(); }
  void take(std::string_view raw) {
    if (wants_more()) header_.feed(raw);
  }
  void end_message() {
    const message::HeaderFacts facts = header_.finish();
    if (facts.pseudo) return;
    survey_.has_status = survey_.has_status || facts.has_status;
    survey_.has_labels = survey_.has_labels || !facts.labels.empty();
  }

 private:
  [[nodiscard]] bool knows_all() const { return survey_.has_status && survey_.has_labels; }

  FolderSurvey& survey_;
  message::HeaderScanner header_;
};

/// Hands the messages of an mbox to a HeaderSurvey.
class SurveySink final : public mbox::MessageSink {
 public:
  explicit SurveySink(HeaderSurvey& headers) : headers_(headers) {}

  Result<void> begin(std::uint64_t, const mbox::Envelope&) override { return ok(); }
  Result<void> bytes(std::string_view raw) override {
    headers_.take(raw);
    return ok();
  }
  Result<void> end(std::uint64_t, std::uint64_t, const mbox::Accounting&) override {
    headers_.end_message();
    return ok();
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

 private:
  HeaderSurvey& headers_;
};

}  // namespace

Result<FolderSurvey> survey_folder(ByteSource& source, const IndexOptions& options) {
  FolderSurvey survey;
  HeaderSurvey headers(survey);
  SurveySink sink(headers);
  MBOXFERRY_ASSIGN(survey.profile, mbox::survey(source, options.dialect, &sink, &survey.few_dates));
  if (options.few_dates_are_exporters && survey.few_dates) survey.profile.exporter_clock = true;
  return survey;
}

Result<FolderSurvey> survey_files(ByteSource& source, archive::MessageFiles& files) {
  FolderSurvey survey;
  survey.profile.dialect = mbox::Dialect::unquoted;
  survey.profile.unquote = false;
  survey.profile.has_separator = true;
  survey.profile.empty = true;
  HeaderSurvey headers(survey);
  FileReader reader(source);
  const Cancellation never;
  bool all_by_cr = true;
  while (true) {
    MBOXFERRY_ASSIGN(const auto file, files.next());
    if (!file || file->offset >= mbox::kSurveyBytes) break;
    survey.profile.empty = false;
    survey.has_status = survey.has_status || file->has_flags;
    survey.has_labels = survey.has_labels || !file->labels.empty();
    bool at_start = true;
    const auto take = [&](std::string_view raw) -> Result<bool> {
      if (std::exchange(at_start, false))
        all_by_cr = all_by_cr && mbox::line_ends_of(raw) == mbox::LineEnds::cr;
      headers.take(raw);
      return headers.wants_more();
    };
    MBOXFERRY_TRY(reader.read(file->offset, file->length, never, take));
    headers.end_message();
  }
  // One program wrote an mbox, but many may have left files: a lone CR ends lines only if it does
  // so in all of them.
  const bool by_cr = all_by_cr && !survey.profile.empty;
  survey.profile.line_ends = by_cr ? mbox::LineEnds::cr : mbox::LineEnds::mixed;
  return survey;
}

std::string FolderSurvey::to_text() const {
  return fmt::format("2 {} {} {:d} {:d} {:d} {:d} {:d} {:d} {:d} {:d}",
                     mbox::dialect_name(profile.dialect), static_cast<int>(profile.line_ends),
                     profile.unquote, profile.blank_line_before, profile.use_content_length,
                     profile.exporter_clock, profile.has_separator, profile.empty, has_status,
                     has_labels);
}

std::optional<FolderSurvey> FolderSurvey::from_text(std::string_view text) {
  char dialect[16];
  int line_ends, unquote, blank, count, clock, separator, empty, status, labels;
  const int fields = std::sscanf(std::string(text).c_str(), "2 %15s %d %d %d %d %d %d %d %d %d",
                                 dialect, &line_ends, &unquote, &blank, &count, &clock, &separator,
                                 &empty, &status, &labels);
  const auto known = mbox::dialect_from_name(fields == 10 ? dialect : "");
  if (!known || line_ends < 0 || line_ends > 3) return std::nullopt;
  FolderSurvey survey;
  survey.profile = {*known,         static_cast<mbox::LineEnds>(line_ends),
                    unquote != 0,   blank != 0,
                    count != 0,     clock != 0,
                    separator != 0, empty != 0};
  survey.has_status = status != 0;
  survey.has_labels = labels != 0;
  return survey;
}

message::WireOptions wire_options(const FolderSurvey& survey, const IndexOptions& options) {
  return {survey.profile.line_ends == mbox::LineEnds::cr, survey.profile.unquote,
          options.strip_status_headers};
}

}  // namespace mboxferry::transfer
