// SPDX-License-Identifier: Apache-2.0
// Sums of any length keep their size.
#include "report/page_totals.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "report_test_support.h"

using namespace mboxferry;
using namespace mboxferry::report;
using nlohmann::json;

namespace {

template <typename Write>
json written(const Write& write) {
  CollectedText out;
  JsonStream stream(out);
  write(stream);
  REQUIRE(stream.result());
  return json::parse(out.text());
}

double sum(const json& list) {
  double total = 0;
  for (const json& one : list) total += one.get<double>();
  return total;
}

}  // namespace

TEST_CASE("a pace of a second or of years has as many steps as can be drawn, and loses nothing") {
  PaceChart chart;
  CHECK(written([&](JsonStream& out) { chart.write(out); })["messages"].empty());
  chart.add(1'000'000'000, 1'000'000'001, {10, 100});
  CHECK(written([&](JsonStream& out) { chart.write(out); })["messages"] == json{10.0});
  for (std::int64_t i = 0; i < 1000; ++i)
    chart.add(1'000'000'000 + i * 3600, 1'000'000'000 + (i + 1) * 3600, {5, 50});
  chart.add(900'000'000, 1'100'000'000, {1000, 1});
  const json pace = written([&](JsonStream& out) { chart.write(out); });
  CHECK(pace["messages"].size() <= PaceChart::kBins);
  CHECK(sum(pace["messages"]) == Approx(6010).epsilon(0.001));
  CHECK(sum(pace["bytes"]) == Approx(50101).epsilon(0.001));
  CHECK(pace["start"].get<std::int64_t>() <= 900'000'000);
}

TEST_CASE("the largest names are shown, and all others together") {
  NamedCounts counts;
  for (int i = 0; i < 5000; ++i) counts.add("once " + std::to_string(i), 1);
  counts.add("once 7", 10);
  const json list = written([&](JsonStream& out) { counts.write(out, 3); });
  REQUIRE(list.size() == 4);
  CHECK(list[0] == json::parse(R"(["once 7",2,11])"));
  CHECK(list[3][0] == "(others)");
  CHECK(list[3][1] == 5001 - 4);
}
