// SPDX-License-Identifier: Apache-2.0
// Two files, piece by piece.
#include <algorithm>
#include <string>
#include <vector>

#include "archive/open_file.h"
#include "mboxferry/archive/copy_names.h"

namespace mboxferry::archive {

bool have_same_bytes(const std::string& one, const std::string& other) {
  constexpr std::size_t kAtOnce = std::size_t{1} << 16;
  const auto left = OpenFile::open(one);
  const auto right = OpenFile::open(other);
  if (!left || !right || left->size() != right->size()) return false;
  std::vector<char> from_left(kAtOnce);
  std::vector<char> from_right(kAtOnce);
  for (std::uint64_t at = 0; at < left->size();) {
    const auto size = left->read_at(at, from_left);
    const auto other_size = right->read_at(at, from_right);
    if (!size || !other_size || *size == 0 || *size != *other_size) return false;
    const auto end = from_left.begin() + static_cast<std::ptrdiff_t>(*size);
    if (!std::equal(from_left.begin(), end, from_right.begin())) return false;
    at += *size;
  }
  return true;
}

}  // namespace mboxferry::archive
