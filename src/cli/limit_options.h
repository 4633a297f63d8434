// SPDX-License-Identifier: Apache-2.0
// Options that say how many connections there may be, and how much may be sent in a second and in a
// day.
#pragma once

#include "cli/options.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

/// --connections, --connections-per-mailbox, --retry-for.
void add_connection_limit_options(boost::program_options::options_description& group);

/// The number of an option that may have K, M or G behind it; 0 when it is not given. Errors:
/// `usage`.
Result<std::uint64_t> read_amount(const Options& options, const char* name);

/// Errors: `usage`.
Result<transfer::ConnectionLimits> read_connection_limits(const Options& options);

/// How long an outage may last. Errors: `usage`.
Result<std::chrono::milliseconds> read_retry_for(const Options& options);

/// --max-messages-per-second, --max-bytes-per-second, --max-messages-per-day, --max-bytes-per-day,
/// --max-message-size.
void add_limit_options(boost::program_options::options_description& group);

/// Errors: `usage` for what is no number or out of range.
Result<transfer::RateLimits> read_rate_limits(const Options& options);

/// The value of --quota-reserve and --ignore-quota, which add_limit_options() adds as well.
Result<transfer::QuotaReserve> read_quota_reserve(const Options& options);

}  // namespace mboxferry::cli
