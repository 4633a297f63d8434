// SPDX-License-Identifier: Apache-2.0
// Sums over any number of reports.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"
#include "mboxferry/dmarc/file_reader.h"
#include "mboxferry/dmarc/report.h"

namespace mboxferry::dmarc {

/// What is counted, of everything or of one name. Messages unless it says otherwise.
struct Sums {
  std::uint64_t records = 0;  ///< rows of reports
  std::uint64_t messages = 0;
  std::uint64_t dkim_aligned = 0;
  std::uint64_t spf_aligned = 0;
  std::uint64_t passed = 0;  ///< aligned by at least one of the two
  std::uint64_t quarantined = 0;
  std::uint64_t rejected = 0;
  std::uint64_t overridden = 0;   ///< the reporter had a reason not to do what the policy says
  std::uint64_t disagreeing = 0;  ///< the reporter's result is not what its own details say

  [[nodiscard]] std::uint64_t failed() const { return messages - passed; }
  Sums& operator+=(const Sums& other);
};

/// What names are of.
enum class Grouping {
  source,    ///< the sending address
  reporter,  ///< who sent the report
  domain,    ///< of the From field
  reason,    ///< why the policy was overridden
  sender,    ///< organizational domain that authenticated, and not as the domain of the From field
};
inline constexpr std::array<Grouping, 5> kGroupings{
    Grouping::source, Grouping::reporter, Grouping::domain, Grouping::reason, Grouping::sender};
/// "sources", "reporters", "domains", "reasons", "senders".
std::string_view grouping_name(Grouping grouping);

/// Adds up, in constant memory: names beyond a bound are in a temporary file. One thread.
class Tally {
 public:
  static Result<std::unique_ptr<Tally>> create();
  Tally(const Tally&) = delete;
  Tally& operator=(const Tally&) = delete;
  ~Tally();

  /// What was read of this report before, by its reporter, id, domain and dates. From now on it
  /// counts as read as a whole, unless was_in_part() says otherwise.
  Result<Seen> see(const ReportHead& head);
  /// It was read in part: each of its records goes to is_new() now, as those of other copies will.
  Result<void> was_in_part(const ReportHead& head);
  /// The next record of the report that see() or was_in_part() had last: false when some copy had
  /// it. Records may be alike.
  Result<bool> is_new(const ReportRecord& record);
  /// A report that was seen in part is whole now.
  Result<void> completed(const ReportHead& head);
  /// False when it was asked about before.
  Result<bool> is_new(const TlsReport& report);
  /// Likewise, by all of its fields.
  Result<bool> is_new(const FailureReport& report);
  Result<void> add(const ReportHead& head, const ReportRecord& record);

  [[nodiscard]] const Sums& all() const;
  /// How many names there are. Not to be called before everything is added.
  Result<std::uint64_t> count(Grouping grouping);
  /// Gives `take` the names with most messages first, at most `most` of them.
  Result<void> each(
      Grouping grouping, std::uint64_t most,
      const std::function<Result<void>(std::string_view name, const Sums& sums)>& take);

 private:
  struct State;
  explicit Tally(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::dmarc
