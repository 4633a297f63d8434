// SPDX-License-Identifier: Apache-2.0
// What the charts of the HTML report show, added up over any number of messages in constant memory.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "mboxferry/journal/journal.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::report {

/// Counts by name. New names beyond a thousand are counted together, as "(others)".
class NamedCounts {
 public:
  void add(const std::string& name, std::uint64_t bytes);
  /// `[[name, messages, bytes], ...]`, the largest `most` first, and the rest together behind them.
  void write(JsonStream& json, std::size_t most) const;

 private:
  std::map<std::string, journal::Count> counts_;
  journal::Count others_;
};

/// What was stored when, in at most kBins steps of equal length, which grow with the whole time.
class PaceChart {
 public:
  static constexpr std::int64_t kBins = 200;

  /// Evenly from `begin` to `end` (Unix seconds, begin < end).
  void add(std::int64_t begin, std::int64_t end, const journal::Count& stored);
  /// `{"start", "width", "messages": [...], "bytes": [...]}`; without a bin the lists are empty.
  void write(JsonStream& json) const;

 private:
  struct Sum {
    double messages = 0;
    double bytes = 0;
  };
  void widen_to(std::int64_t begin, std::int64_t end);

  std::int64_t width_ = 1;            ///< seconds of a bin
  std::map<std::int64_t, Sum> bins_;  ///< by Unix time divided by the width
};

/// All charts of a report.
class PageTotals {
 public:
  void add(const journal::FolderRow& folder, const journal::MessageRow& row);
  /// Adds what the job noted about its pace.
  Result<void> add_pace(const journal::Journal& journal);
  /// The members of an object.
  void write(JsonStream& json) const;

 private:
  static constexpr std::array<std::uint64_t, 6> kSizesFrom{0,       1'000,     10'000,
                                                           100'000, 1'000'000, 10'000'000};
  static constexpr std::array<std::string_view, 6> kSizeNames{"< 1 kB",   "1-10 kB", "10-100 kB",
                                                              "0.1-1 MB", "1-10 MB", "> 10 MB"};

  std::map<std::int64_t, journal::Count> years_;  ///< implausible ones are under 0
  std::array<journal::Count, kSizesFrom.size()> sizes_{};
  NamedCounts folders_;
  NamedCounts causes_;
  PaceChart pace_;
};

}  // namespace mboxferry::report
