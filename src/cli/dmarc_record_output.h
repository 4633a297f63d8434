// SPDX-License-Identifier: Apache-2.0
// What `dmarc record` shows, in its two forms.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/dmarc/discovery.h"
#include "mboxferry/report/text_output.h"

namespace mboxferry::cli {

/// A record by itself, or what was found for a domain.
struct DmarcRecordResult {
  std::string domain;                    ///< empty: `record` by itself
  std::optional<dmarc::Record> record;   ///< the one that was given, or that decides
  std::vector<dmarc::Finding> findings;  ///< one per standard; none without a domain
  std::vector<dmarc::ExternalAddress> external;
};

/// Text in 80 columns.
Result<void> write_dmarc_record_text(report::TextOutput& out, const DmarcRecordResult& result);
/// Schema mboxferry.dmarc-record/1 (jobs/schema/dmarc-record.json).
Result<void> write_dmarc_record_json(report::TextOutput& out, const DmarcRecordResult& result);

}  // namespace mboxferry::cli
