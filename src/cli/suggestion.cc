// SPDX-License-Identifier: Apache-2.0
// The edit distance of Damerau and Levenshtein, with swaps of neighbours.
#include "cli/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "mboxferry/base/ascii.h"

namespace mboxferry::cli {
namespace {

// Nobody types more of a name, and the time is the product of two lengths.
constexpr std::size_t kLongestName = 60;

/// How many letters have to be put in, left out, replaced or swapped.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<std::size_t>> table(a.size() + 1, std::vector<std::size_t>(b.size() + 1));
  for (std::size_t i = 0; i <= a.size(); ++i) table[i][0] = i;
  for (std::size_t j = 0; j <= b.size(); ++j) table[0][j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t other = to_lower(a[i - 1]) == to_lower(b[j - 1]) ? 0 : 1;
      table[i][j] =
          std::min({table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + other});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        table[i][j] = std::min(table[i][j], table[i - 2][j - 2] + 1);
    }
  }
  return table[a.size()][b.size()];
}

}  // namespace

std::string did_you_mean(std::string_view given, std::span<const std::string> known,
                         const std::string& otherwise) {
  NearestName nearest{std::string(given)};
  for (const std::string& name : known) nearest.see(name);
  return nearest.best().empty() ? otherwise : "did you mean " + nearest.best() + "?";
}

// A third of the letters may be wrong.
NearestName::NearestName(std::string given)
    : given_(std::move(given)), least_(given_.size() / 3 + 1) {}

void NearestName::see(std::string_view known) {
  if (given_.size() > kLongestName || known.size() > 2 * kLongestName) return;
  const std::size_t far = distance(given_, known);
  if (far >= least_) return;
  best_ = known;
  least_ = far;
}

}  // namespace mboxferry::cli
