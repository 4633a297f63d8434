// SPDX-License-Identifier: Apache-2.0
// The edit distance of Damerau and Levenshtein, with swaps of neighbours.
#include "cli/suggestion.h"

#include <algorithm>
#include <cstddef>
#include <vector>

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
      const std::size_t other = a[i - 1] == b[j - 1] ? 0 : 1;
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
  if (given.size() > kLongestName) return otherwise;
  const std::string* best = nullptr;
  // A third of the letters may be wrong.
  std::size_t least = given.size() / 3 + 1;
  for (const std::string& name : known) {
    const std::size_t far = distance(given, name);
    if (far >= least) continue;
    best = &name;
    least = far;
  }
  return best == nullptr ? otherwise : "did you mean " + *best + "?";
}

}  // namespace mboxferry::cli
