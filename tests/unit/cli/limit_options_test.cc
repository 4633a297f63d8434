// SPDX-License-Identifier: Apache-2.0
// What the options of limits become.
#include "cli/limit_options.h"

#include <catch2/catch.hpp>
#include <utility>

#include "cli/duration.h"
#include "mboxferry/transfer/settings.h"

using namespace mboxferry;
using namespace mboxferry::cli;

namespace {

Result<transfer::RateLimits> read_limits(const Arguments& arguments) {
  OptionTable table;
  auto group = option_group("limits");
  add_limit_options(group);
  table.groups.push_back(group);
  MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
  return read_rate_limits(options);
}

}  // namespace

TEST_CASE("without limits nothing is limited") {
  const auto limits = read_limits({});
  REQUIRE(limits);
  CHECK_FALSE(limits->per_second());
  CHECK_FALSE(limits->per_day());
}

TEST_CASE("limits are numbers, bytes and amounts may have a suffix") {
  const auto limits = read_limits({"--max-messages-per-second=0.5", "--max-bytes-per-second", "1.5M",
                            "--max-messages-per-day", "20k", "--max-bytes-per-day=2G"});
  REQUIRE(limits);
  CHECK(limits->messages_per_second == 0.5);
  CHECK(limits->bytes_per_second == 1'500'000);
  CHECK(limits->messages_per_day == 20'000);
  CHECK(limits->bytes_per_day == 2'000'000'000);
}

TEST_CASE("zero lifts a limit that a job file sets") {
  const auto limits = read_limits({"--max-messages-per-second=0", "--max-bytes-per-second=0"});
  REQUIRE(limits);
  CHECK_FALSE(limits->per_second());
}

TEST_CASE("nonsense limits are refused by name, without repeating them") {
  for (const char* value : {"", "fast", "-1", "+1", "1e3", "inf", "nan", "0x10", "10KB", "1 M",
                            "10/s", "99999999G", "0.0000001", "1.5"}) {
    for (const char* option : {"--max-messages-per-second", "--max-bytes-per-second",
                               "--max-messages-per-day", "--max-bytes-per-day"}) {
      if (std::string_view(value) == "1.5" &&
          std::string_view(option).find("messages-per-sec") != std::string_view::npos)
        continue;
      INFO(option << "=" << value);
      const auto limits = read_limits({std::string(option) + "=" + value});
      REQUIRE_FALSE(limits);
      CHECK(limits.error().code == ErrorCode::usage);
      CHECK(limits.error().what.find(option) != std::string::npos);
    }
  }
}

TEST_CASE("a duration is a whole number and a unit") {
  using std::chrono::seconds;
  for (const auto& [text, wanted] :
       {std::pair{"0", 0}, {"30s", 30}, {"10m", 600}, {"2h", 7200}, {"1d", 86400}, {"0h", 0}}) {
    INFO(text);
    CHECK(duration_from_text(text) == seconds(wanted));
  }
  for (const char* text :
       {"", "30", "s", "-1s", "+1s", "1.5h", "1 h", "1w", "1H", "366d", "1h30m", "99999999999s"}) {
    INFO(text);
    CHECK_FALSE(duration_from_text(text));
  }
}

TEST_CASE("a quota's reserve is a share or an amount") {
  const auto reserve_of = [](const Arguments& arguments) -> Result<transfer::QuotaReserve> {
    OptionTable table;
    auto group = option_group("limits");
    add_limit_options(group);
    table.groups.push_back(group);
    MBOXFERRY_ASSIGN(const Options options, read_options(table, arguments));
    return read_quota_reserve(options);
  };
  CHECK(reserve_of({})->share == 0.05);
  CHECK_FALSE(reserve_of({})->ignore_quota);
  CHECK(reserve_of({"--quota-reserve=12.5%"})->share == 0.125);
  CHECK(reserve_of({"--quota-reserve=200M"})->bytes == 200'000'000);
  CHECK(reserve_of({"--quota-reserve=0"})->bytes == 0);
  CHECK(reserve_of({"--ignore-quota"})->ignore_quota);
  for (const char* wrong : {"", "%", "-1%", "101%", "5 %", "5%%", "x", "1.5"})
    CHECK(reserve_of({std::string("--quota-reserve=") + wrong}).error().code == ErrorCode::usage);
}
