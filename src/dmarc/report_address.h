// SPDX-License-Identifier: Apache-2.0
// The lists of URIs in rua and ruf.
#pragma once

#include <string_view>
#include <vector>

#include "mboxferry/dmarc/record.h"

namespace mboxferry::dmarc {

inline constexpr std::string_view kMailto = "mailto:";

/// The addresses of a tag that reports can be sent to; what is wrong becomes a remark.
std::vector<ReportAddress> read_report_addresses(const Tag& tag, std::vector<Remark>& remarks);

}  // namespace mboxferry::dmarc
