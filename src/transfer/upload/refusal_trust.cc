// SPDX-License-Identifier: Apache-2.0
// Kinds of NO, and what became of the messages.
#include "transfer/upload/refusal_trust.h"

#include <utility>

namespace mboxferry::transfer {
namespace {

// Each costs a settle time, and a server may make up new words for each message.
constexpr std::size_t kMostKinds = 20;

}  // namespace

bool RefusalTrust::believes(const std::string& kind) const {
  const std::scoped_lock lock(mutex_);
  return !stores_refused_ && (honest_.contains(kind) || honest_.size() >= kMostKinds);
}

void RefusalTrust::is_honest(const std::set<std::string>& kinds) {
  const std::scoped_lock lock(mutex_);
  for (const std::string& kind : kinds)
    if (honest_.size() < kMostKinds) honest_.insert(kind);
}

bool RefusalTrust::stores_refused() {
  const std::scoped_lock lock(mutex_);
  return !std::exchange(stores_refused_, true);
}

void RefusedInDoubt::add(std::span<const journal::MessageRow> rows, const std::string& kind,
                         const std::string& text) {
  const std::scoped_lock lock(mutex_);
  if (refused_.messages.empty()) refused_.text = text;
  for (const journal::MessageRow& row : rows) refused_.messages.push_back(row.id);
  refused_.kinds.insert(kind);
}

RefusedInDoubt::Refused RefusedInDoubt::take() {
  const std::scoped_lock lock(mutex_);
  return std::exchange(refused_, {});
}

}  // namespace mboxferry::transfer
