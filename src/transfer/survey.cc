// SPDX-License-Identifier: Apache-2.0
// What a folder's beginning says about the whole.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "mboxferry/transfer/indexer.h"

namespace mboxferry::transfer {
namespace {

/// The first bytes of another source, so that a pass over them is bounded.
class Beginning final : public ByteSource {
 public:
  Beginning(ByteSource& whole, std::uint64_t limit) : whole_(whole), limit_(limit) {}

  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= limit_) return std::size_t{0};
    return whole_.read_at(offset,
                          buffer.first(std::min<std::uint64_t>(buffer.size(), limit_ - offset)));
  }
  Result<void> check_unchanged() override { return whole_.check_unchanged(); }
  [[nodiscard]] const std::string& name() const override { return whole_.name(); }

 private:
  ByteSource& whole_;
  std::uint64_t limit_;
};

/// Stops at the first message that carries a status field.
class StatusFinder final : public mbox::MessageSink {
 public:
  Result<void> begin(std::uint64_t, const mbox::Envelope&) override { return ok(); }
  Result<void> bytes(std::string_view raw) override {
    if (!header_.done()) header_.feed(raw);
    return ok();
  }
  Result<void> end(std::uint64_t, std::uint64_t, const mbox::Accounting&) override {
    const message::HeaderFacts facts = header_.finish();
    found_ = found_ || (facts.has_status && !facts.pseudo);
    if (found_) return Error{ErrorCode::interrupted, "", ""};
    return ok();
  }
  Result<void> doubt(const mbox::Doubt&) override { return ok(); }
  Result<void> problem(const mbox::Problem&) override { return ok(); }

  [[nodiscard]] bool found() const { return found_; }

 private:
  message::HeaderScanner header_;
  bool found_ = false;
};

}  // namespace

Result<FolderSurvey> survey_folder(ByteSource& source, const IndexOptions& options) {
  FolderSurvey survey;
  MBOXFERRY_ASSIGN(survey.profile, mbox::survey(source, options.dialect));
  if (!survey.profile.has_separator) return survey;
  Beginning beginning(source, mbox::kSurveyBytes);
  StatusFinder finder;
  const Cancellation never;
  const auto split = mbox::split(beginning, beginning, survey.profile, finder, never);
  if (!split && !finder.found()) return Error(split.error());
  survey.has_status = finder.found();
  return survey;
}

std::string FolderSurvey::to_text() const {
  return fmt::format("1 {} {} {:d} {:d} {:d} {:d} {:d} {:d} {:d}",
                     mbox::dialect_name(profile.dialect), static_cast<int>(profile.line_ends),
                     profile.unquote, profile.blank_line_before, profile.use_content_length,
                     profile.exporter_clock, profile.has_separator, profile.empty, has_status);
}

std::optional<FolderSurvey> FolderSurvey::from_text(std::string_view text) {
  char dialect[16];
  int line_ends, unquote, blank, count, clock, separator, empty, status;
  const int fields =
      std::sscanf(std::string(text).c_str(), "1 %15s %d %d %d %d %d %d %d %d", dialect, &line_ends,
                  &unquote, &blank, &count, &clock, &separator, &empty, &status);
  const auto known = mbox::dialect_from_name(fields == 9 ? dialect : "");
  if (!known || line_ends < 0 || line_ends > 3) return std::nullopt;
  FolderSurvey survey;
  survey.profile = {*known,         static_cast<mbox::LineEnds>(line_ends),
                    unquote != 0,   blank != 0,
                    count != 0,     clock != 0,
                    separator != 0, empty != 0};
  survey.has_status = status != 0;
  return survey;
}

message::WireOptions wire_options(const FolderSurvey& survey, const IndexOptions& options) {
  return {survey.profile.line_ends == mbox::LineEnds::cr, survey.profile.unquote,
          options.strip_status_headers};
}

}  // namespace mboxferry::transfer
