// SPDX-License-Identifier: Apache-2.0
// Decides from a folder's beginning how its writer worked.
#include <algorithm>
#include <memory>
#include <span>
#include <string_view>

#include "mbox/scanner.h"
#include "mbox/text.h"
#include "mboxferry/mbox/dialect.h"

namespace mboxferry::mbox {
namespace {

// How often a writer may have forgotten to quote, against the times it did.
constexpr std::uint64_t kQuotedPerOversight = 20;
constexpr std::size_t kLineEndBytes = std::size_t{256} << 10;

// The folder's beginning, as if the folder ended there.
class Beginning final : public ByteSource {
 public:
  explicit Beginning(ByteSource& source) : source_(source) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= kSurveyBytes) return std::size_t{0};
    const auto size = std::min<std::uint64_t>(buffer.size(), kSurveyBytes - offset);
    return source_.read_at(offset, buffer.first(static_cast<std::size_t>(size)));
  }
  Result<void> check_unchanged() override { return source_.check_unchanged(); }
  [[nodiscard]] const std::string& name() const override { return source_.name(); }

 private:
  ByteSource& source_;
};

class NoSink final : public MessageSink {
 public:
  Result<void> begin(std::uint64_t, const Envelope&) override { return ok(); }
  Result<void> bytes(std::string_view) override { return ok(); }
  Result<void> end(std::uint64_t, std::uint64_t, const Accounting&) override { return ok(); }
  Result<void> doubt(const Doubt&) override { return ok(); }
  Result<void> problem(const Problem&) override { return ok(); }
};

struct LineEndCounts {
  std::uint64_t lf = 0;
  std::uint64_t crlf = 0;
  std::uint64_t cr = 0;
  bool from_line_by_cr = false;  ///< a From_ line stands between lone CRs
};

bool is_lone_cr_separator(std::string_view text) {
  const Line line = first_line(text.substr(0, kMaxFromLine), true);
  if (!line.has_line_end || text[line.text.size()] != '\r') return false;
  if (line.next < text.size() && text[line.next - 1] == '\n') return false;
  return parse_from_line(line.text).has_value();
}

LineEndCounts count_line_ends(std::string_view text) {
  LineEndCounts counts;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '\n') ++counts.lf;
    if (text[at] != '\r') continue;
    if (at + 1 < text.size() && text[at + 1] == '\n') {
      ++counts.crlf;
      ++at;
      continue;
    }
    ++counts.cr;
    const std::string_view next = text.substr(at + 1, kMaxFromLine);
    if (next.starts_with("From ") && is_lone_cr_separator(next)) counts.from_line_by_cr = true;
  }
  if (text.starts_with("From ") && is_lone_cr_separator(text)) counts.from_line_by_cr = true;
  return counts;
}

// Lone CRs are line ends when they are most of them, or when they end From_ lines too often to be
// an accident; stray ones in a body are not.
LineEnds judge_line_ends(const LineEndCounts& counts) {
  const std::uint64_t others = counts.lf + counts.crlf;
  if (counts.cr > others || (counts.from_line_by_cr && counts.cr * 10 >= others)) {
    return LineEnds::cr;
  }
  if (counts.crlf > 0) return counts.lf > 0 ? LineEnds::mixed : LineEnds::crlf;
  return LineEnds::lf;
}

// A folder in which most of them lie has a writer that copies the field from somewhere else.
bool trusts_length(const ScanCounts& counts) {
  return counts.lengths_landed > 0 && counts.lengths_landed >= counts.lengths_lied;
}

bool does_quote(const ScanCounts& counts) {
  if (counts.unquoted == 0) return true;
  if (counts.quoted == 0) return false;
  // c-client and its like quote only what would be taken for a From_ line.
  if (counts.unquoted_plausible == 0 && counts.quoted_plausible == counts.quoted) return true;
  return counts.quoted >= kQuotedPerOversight * counts.unquoted;
}

Dialect detect(const ScanCounts& counts) {
  const bool counted = trusts_length(counts);
  if (!does_quote(counts)) return counted ? Dialect::mboxcl2 : Dialect::unquoted;
  if (counts.quoted == 0) return Dialect::mboxrd;
  if (counted) return Dialect::mboxcl;
  return counts.quoted_twice > 0 ? Dialect::mboxrd : Dialect::mboxo;
}

void apply_request(Dialect requested, FolderProfile& profile) {
  profile.dialect = requested;
  profile.use_content_length = requested == Dialect::mboxcl || requested == Dialect::mboxcl2;
  profile.unquote = requested != Dialect::mboxcl2 && requested != Dialect::unquoted;
}

}  // namespace

LineEnds line_ends_of(std::string_view text) { return judge_line_ends(count_line_ends(text)); }

Result<FolderProfile> survey(ByteSource& source, Dialect requested, MessageSink* sink,
                             std::optional<FewDates>* few) {
  Beginning beginning(source);
  auto sample = std::make_unique_for_overwrite<char[]>(kLineEndBytes);
  std::size_t size = 0;
  while (size < kLineEndBytes) {
    const std::span<char> rest(sample.get() + size, kLineEndBytes - size);
    MBOXFERRY_ASSIGN(const std::size_t got, beginning.read_at(size, rest));
    if (got == 0) break;
    size += got;
  }
  FolderProfile profile;
  profile.empty = size == 0;
  profile.line_ends = line_ends_of({sample.get(), size});
  sample.reset();
  // While nothing is known, nothing is taken for granted.
  profile.dialect = Dialect::unquoted;
  profile.unquote = false;
  profile.use_content_length = true;

  NoSink no_sink;
  const Cancellation never;
  Scanner scanner(beginning, beginning, profile, sink != nullptr ? *sink : no_sink, never, 0, {});
  scanner.collect_clock();
  MBOXFERRY_TRY(scanner.run());
  const ScanCounts& counts = scanner.counts();

  profile.has_separator = counts.messages > 0;
  profile.blank_line_before =
      counts.without_blank < 2 || counts.without_blank <= counts.after_blank;
  profile.use_content_length = trusts_length(counts);
  profile.dialect = detect(counts);
  profile.unquote = does_quote(counts);
  profile.exporter_clock =
      counts.messages > 0 &&
      (counts.all_exporter || scanner.clock().is_download() ||
       (counts.dates > 1 && counts.one_minute && !scanner.clock().is_delivery()));
  if (few != nullptr && !profile.exporter_clock) *few = scanner.clock().few();
  if (requested != Dialect::automatic) apply_request(requested, profile);
  return profile;
}

}  // namespace mboxferry::mbox
