// SPDX-License-Identifier: Apache-2.0
// Reads an aggregate report record by record.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "mboxferry/dmarc/report.h"

namespace mboxferry::dmarc {

/// Reads XML as reporters write it: in UTF-8, UTF-16 or a declared charset, of either standard,
/// well-formed or not. Each record is read by itself, so that a damaged one costs only itself.
/// Entities other than XML's own are left as they are written. The memory is that of the text, and
/// of one record. Reusable; one thread at a time.
class AggregateReader {
 public:
  AggregateReader();
  AggregateReader(const AggregateReader&) = delete;
  AggregateReader& operator=(const AggregateReader&) = delete;
  ~AggregateReader();

  /// False when the text is no aggregate report. The text has to stay.
  bool open(std::string_view xml);
  [[nodiscard]] const ReportHead& head() const;
  /// The next record that can be read, alignment included; null behind the last.
  const ReportRecord* next();

  /// Records that could not be read so far; their messages are in no sum.
  [[nodiscard]] std::uint64_t damaged() const;
  /// What is wrong with the report so far; empty: nothing.
  [[nodiscard]] const std::string& problem() const;
  /// True when there is neither metadata nor a record that could be read.
  [[nodiscard]] bool is_hopeless() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::dmarc
