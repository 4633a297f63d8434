// SPDX-License-Identifier: Apache-2.0
// Reads limits.
#include "cli/limit_options.h"

#include <charconv>
#include <cmath>

#include "cli/duration.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

constexpr const char* kMessagesPerSecond = "max-messages-per-second";
constexpr const char* kBytesPerSecond = "max-bytes-per-second";
constexpr const char* kMessagesPerDay = "max-messages-per-day";
constexpr const char* kBytesPerDay = "max-bytes-per-day";

constexpr const char* kQuotaReserve = "quota-reserve";
constexpr const char* kIgnoreQuota = "ignore-quota";
constexpr const char* kMessageSize = "max-message-size";

constexpr const char* kConnections = "connections";
constexpr const char* kPerMailbox = "connections-per-mailbox";

constexpr const char* kRetryFor = "retry-for";

constexpr int kMostConnections = 50;
constexpr double kLowestRate = 0.001;
constexpr double kHighestRate = 1e6;
constexpr double kLargestAmount = 1e15;

/// Takes digits, with or without a fraction, off the front; no sign, no exponent.
std::optional<double> take_number(std::string_view& text) {
  if (text.empty() || text.front() < '0' || text.front() > '9') return {};
  double number = 0;
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
  if (error != std::errc()) return {};
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return number;
}

/// 1 for no suffix, powers of a thousand for K, M and G; nothing for anything else.
std::optional<double> factor_of(std::string_view suffix) {
  if (suffix.empty()) return 1;
  if (suffix == "K" || suffix == "k") return 1e3;
  if (suffix == "M" || suffix == "m") return 1e6;
  if (suffix == "G" || suffix == "g") return 1e9;
  return {};
}

/// A whole number with or without a suffix; nothing for anything else.
std::optional<std::uint64_t> amount_of(std::string_view text) {
  const auto number = take_number(text);
  const auto factor = factor_of(text);
  const double amount = number && factor ? *number * *factor : -1;
  const bool whole = amount == std::floor(amount);
  if (!whole || amount < 0 || amount > kLargestAmount) return {};
  return static_cast<std::uint64_t>(amount);
}

/// 0 for `auto` or nothing.
Result<int> read_count(const Options& options, const char* name) {
  const std::string text = options.text(name);
  if (text.empty() || text == "auto") return 0;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const bool whole = error == std::errc() && end == text.data() + text.size();
  if (!whole || count < 1 || count > kMostConnections)
    return bad_value(name, "auto or a whole number from 1 to 50");
  return count;
}

Result<double> read_rate(const Options& options, const char* name) {
  const auto given = options.get<std::string>(name);
  if (!given) return 0;
  std::string_view text = *given;
  const auto rate = take_number(text);
  const bool in_range = rate && (*rate == 0 || (*rate >= kLowestRate && *rate <= kHighestRate));
  if (!in_range || !text.empty()) return bad_value(name, "a number from 0.001 to 1000000");
  return *rate;
}

}  // namespace

Result<std::uint64_t> read_amount(const Options& options, const char* name) {
  const auto given = options.get<std::string>(name);
  if (!given) return 0;
  const auto amount = amount_of(*given);
  if (!amount)
    return bad_value(name, "a whole number, with K, M or G for thousands, millions and billions");
  return *amount;
}

void add_connection_limit_options(po::options_description& group) {
  group.add_options()  //
      (kConnections, po::value<std::string>()->value_name("N"),
       "use so many connections; default: auto, up to 4 as far as more of them make the job "
       "faster")  //
      (kPerMailbox, po::value<std::string>()->value_name("N"),
       "let so many work on one mailbox when there are more connections than mailboxes; default: "
       "auto, all where the server has MULTIAPPEND, which keeps the order of the messages, else 1; "
       "without MULTIAPPEND more than 1 gives up the order")  //
      (kRetryFor, po::value<std::string>()->value_name("DURATION"),
       "once mail was stored, keep trying to connect for this long when the server goes away, and "
       "never for longer: 30s, 10m, 2h or 1d (default 1h); 0: a few tries within two minutes");
}

Result<transfer::ConnectionLimits> read_connection_limits(const Options& options) {
  transfer::ConnectionLimits limits;
  MBOXFERRY_ASSIGN(const int connections, read_count(options, kConnections));
  MBOXFERRY_ASSIGN(limits.per_mailbox, read_count(options, kPerMailbox));
  limits.adaptive = connections == 0;
  if (connections > 0) limits.most = connections;
  return limits;
}

Result<std::chrono::milliseconds> read_retry_for(const Options& options) {
  const auto given = options.get<std::string>(kRetryFor);
  if (!given) return transfer::JobSettings().retry_for;
  if (const auto duration = duration_from_text(*given)) return *duration;
  return bad_value(kRetryFor, "a duration such as 30s, 10m, 2h or 1d, or 0");
}

void add_limit_options(po::options_description& group) {
  group.add_options()  //
      (kMessagesPerSecond, po::value<std::string>()->value_name("N"),
       "send no faster than this; 0.5 is a message every two seconds")  //
      (kBytesPerSecond, po::value<std::string>()->value_name("BYTES"),
       "send no faster than this; K, M and G stand for thousands, millions and billions")  //
      (kMessagesPerDay, po::value<std::string>()->value_name("N"),
       "end with status 75 when so many were sent on a day (UTC); the same command goes on the "
       "next day")                                                                         //
      (kBytesPerDay, po::value<std::string>()->value_name("BYTES"), "the same for bytes")  //
      (kQuotaReserve, po::value<std::string>()->value_name("AMOUNT"),
       "how much of the server's quota must stay free, as in 5% (default) or 200M; where there is "
       "too little room for all that is to be sent, nothing is sent, and the status is 75")  //
      (kMessageSize, po::value<std::string>()->value_name("BYTES"),
       "leave larger messages out, listed and kept as refused ones; the size is that of the "
       "message as it is sent")  //
      (kIgnoreQuota, flag(), "send even though there is too little room");
}

Result<transfer::QuotaReserve> read_quota_reserve(const Options& options) {
  transfer::QuotaReserve reserve;
  reserve.ignore_quota = options.has_flag(kIgnoreQuota);
  const auto given = options.get<std::string>(kQuotaReserve);
  if (!given) return reserve;
  std::string_view text = *given;
  if (!text.ends_with('%')) {
    reserve.bytes = amount_of(text);
    if (!reserve.bytes) return bad_value(kQuotaReserve, "a share as in 5%, or bytes as in 200M");
    return reserve;
  }
  text.remove_suffix(1);
  const auto share = take_number(text);
  if (!share || !text.empty() || *share > 100)
    return bad_value(kQuotaReserve, "a share from 0% to 100%, or bytes as in 200M");
  reserve.share = *share / 100;
  return reserve;
}

Result<transfer::RateLimits> read_rate_limits(const Options& options) {
  transfer::RateLimits limits;
  MBOXFERRY_ASSIGN(limits.messages_per_second, read_rate(options, kMessagesPerSecond));
  MBOXFERRY_ASSIGN(limits.bytes_per_second, read_amount(options, kBytesPerSecond));
  MBOXFERRY_ASSIGN(limits.messages_per_day, read_amount(options, kMessagesPerDay));
  MBOXFERRY_ASSIGN(limits.bytes_per_day, read_amount(options, kBytesPerDay));
  MBOXFERRY_ASSIGN(limits.message_bytes, read_amount(options, kMessageSize));
  return limits;
}

}  // namespace mboxferry::cli
