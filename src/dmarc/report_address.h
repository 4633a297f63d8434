// SPDX-License-Identifier: Apache-2.0
// The lists of URIs in rua and ruf.
#pragma once

#include <vector>

#include "mboxferry/dmarc/record.h"

namespace mboxferry::dmarc {

/// The addresses of a tag that reports can be sent to; what is wrong becomes a remark.
std::vector<ReportAddress> read_report_addresses(const Tag& tag, std::vector<Remark>& remarks);

}  // namespace mboxferry::dmarc
