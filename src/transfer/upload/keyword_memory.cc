// SPDX-License-Identifier: Apache-2.0
// Remembers refused keywords.
#include "transfer/upload/keyword_memory.h"

#include <algorithm>
#include <cctype>

namespace mboxferry::transfer {
namespace {

// Archives have a few; names that do not end must not fill the memory.
constexpr std::size_t kMost = 10'000;

/// The characters that are no letters or digits, each once.
std::string kind_of(const std::string& keyword) {
  std::set<char> odd;
  for (const char c : keyword)
    if (std::isalnum(static_cast<unsigned char>(c)) == 0) odd.insert(c);
  return {odd.begin(), odd.end()};
}

}  // namespace

void KeywordMemory::taken(const std::vector<std::string>& keywords) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& keyword : keywords)
    if (taken_kinds_.size() < kMost) taken_kinds_.insert(kind_of(keyword));
  for (const std::string& keyword : keywords) chance_kinds_.erase(kind_of(keyword));
}

void KeywordMemory::refused_or_by_chance(const std::vector<std::string>& keywords) {
  bool again = false;
  {
    const std::scoped_lock lock(mutex_);
    for (const std::string& keyword : keywords) {
      const std::string kind = kind_of(keyword);
      if (chance_kinds_.contains(kind))
        again = true;
      else if (chance_kinds_.size() < kMost)
        chance_kinds_.insert(kind);
      if (again && refused_kinds_.size() < kMost) refused_kinds_.insert(kind);
    }
  }
  if (again) refused(keywords);
}

void KeywordMemory::refused(const std::vector<std::string>& keywords) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& keyword : keywords) {
    if (refused_.size() >= kMost || !refused_.insert(keyword).second) continue;
    const std::string kind = kind_of(keyword);
    if (!suspected_kinds_.insert(kind).second) refused_kinds_.insert(kind);
  }
}

bool KeywordMemory::refuses(const std::vector<std::string>& keywords) const {
  const std::scoped_lock lock(mutex_);
  return std::any_of(keywords.begin(), keywords.end(), [this](const std::string& keyword) {
    const std::string kind = kind_of(keyword);
    return refused_.contains(keyword) ||
           (refused_kinds_.contains(kind) && !taken_kinds_.contains(kind));
  });
}

}  // namespace mboxferry::transfer
