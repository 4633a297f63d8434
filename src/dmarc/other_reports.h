// SPDX-License-Identifier: Apache-2.0
// Failure reports and TLS reports.
#pragma once

#include <optional>
#include <string_view>

#include "mboxferry/dmarc/report.h"

namespace mboxferry::dmarc {

/// The fields of a message/feedback-report part (RFC 5965, RFC 6591); nothing when it is none.
std::optional<FailureReport> read_failure_report(std::string_view fields);

/// True when the text of a mail is a failure report in words instead of fields.
bool is_failure_in_words(std::string_view text);

/// A JSON document of RFC 8460 section 4.4; nothing when it is none.
std::optional<TlsReport> read_tls_report(std::string_view json);

}  // namespace mboxferry::dmarc
