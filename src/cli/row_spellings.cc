// SPDX-License-Identifier: Apache-2.0
// Rows of a batch that name one mailbox in other words.
#include "cli/row_spellings.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>

#include "mboxferry/imap/host_addresses.h"

namespace mboxferry::cli {
namespace {

constexpr std::chrono::seconds kForALookUp{5};
constexpr int kMostUnanswered = 3;
constexpr std::size_t kMostKnownHosts = 1000;

bool is_same_word(const std::string& one, const std::string& other) {
  return ::strcasecmp(one.c_str(), other.c_str()) == 0;
}

}  // namespace

Result<std::optional<std::string>> RowSpellings::problem_of(const job::NewEntry& entry) {
  MBOXFERRY_ASSIGN(const auto others, ledger_.others_like(entry));
  for (const job::Spelling& other : others) {
    // The same to the letter is what the ledger itself finds.
    if (other.account == entry.account) continue;
    if (!is_same_host(other.host, entry.host)) continue;
    return std::optional(
        fmt::format("the same account, mailbox and archive as in line {}, which names it {}",
                    other.line, other.account));
  }
  return std::optional<std::string>();
}

bool RowSpellings::is_same_host(const std::string& one, const std::string& other) {
  if (is_same_word(one, other)) return true;
  const std::vector<std::string> first = addresses_of(one);
  if (first.empty()) return false;
  const std::vector<std::string>& second = addresses_of(other);
  return std::any_of(first.begin(), first.end(), [&](const std::string& address) {
    return std::find(second.begin(), second.end(), address) != second.end();
  });
}

const std::vector<std::string>& RowSpellings::addresses_of(const std::string& host) {
  std::string name = host;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (const auto known = addresses_.find(name); known != addresses_.end()) return known->second;
  if (addresses_.size() >= kMostKnownHosts) addresses_.clear();
  std::vector<std::string>& addresses = addresses_[name];
  if (unanswered_ >= kMostUnanswered) return addresses;
  auto found = imap::host_addresses(name, kForALookUp, interrupt_);
  if (found) addresses = *std::move(found);
  unanswered_ = found ? 0 : unanswered_ + 1;
  return addresses;
}

}  // namespace mboxferry::cli
