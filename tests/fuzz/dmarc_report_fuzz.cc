// SPDX-License-Identifier: Apache-2.0
// Fuzz target: files of reports. Whatever it is gets a verdict, each report that begins has one, no
// number grows beyond its bound, and the same bytes say the same again.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/base/utf8.h"
#include "mboxferry/dmarc/file_reader.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::dmarc;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Counts, and checks what is promised of texts and numbers.
struct Counted final : ReportSink {
  std::uint64_t begun = 0;
  std::uint64_t messages = 0;
  std::uint64_t records = 0;
  std::uint64_t again = 0;  ///< records that were given once more
  std::string verdicts;

  Result<Seen> aggregate(const ReportHead& head) override {
    ++begun;
    for (const std::string* text : {&head.org_name, &head.report_id, &head.domain, &head.p})
      require(is_utf8(*text));
    require(head.begin >= 0 && head.end >= 0);
    return Seen::never;
  }
  Result<bool> record(const ReportHead&, const ReportRecord& record) override {
    ++records;
    messages += record.count;
    require(record.count <= 1'000'000'000'000);
    require(is_utf8(record.source_ip) && is_utf8(record.header_from));
    return true;
  }
  Result<void> was_in_part(const ReportHead&, const ReportRecord* record) override {
    again += record == nullptr ? 0 : 1;
    return ok();
  }
  Result<void> completed(const ReportHead&) override { return ok(); }
  Result<bool> failure(const FailureReport& report) override {
    require(is_utf8(report.reported_domain) && report.incidents > 0);
    return true;
  }
  Result<bool> tls(const TlsReport&) override { return true; }
  Result<void> looked(const Looked& looked) override {
    require(looked.verdict == FileVerdict::read || !looked.reason.empty());
    require(looked.verdict != FileVerdict::read || looked.damaged_records == 0);
    verdicts += verdict_name(looked.verdict);
    verdicts += '\n';
    return ok();
  }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  Budget budget;
  budget.report_bytes = 1 << 20;
  budget.unpacked_bytes = 4 << 20;
  budget.held_bytes = 2 << 20;
  FileReader reader(budget);
  Counted first;
  require(reader.read(input, first).has_value());
  require(!first.verdicts.empty() || reader.holds_mbox());
  require(first.again <= first.records);
  Counted again;
  require(reader.read(input, again).has_value());
  require(first.verdicts == again.verdicts && first.messages == again.messages &&
          first.records == again.records);
  return 0;
}
