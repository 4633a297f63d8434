// SPDX-License-Identifier: Apache-2.0
// Compares the first messages of files with rows of other journals.
#include "transfer/check/file_beginnings.h"

#include <algorithm>
#include <utility>

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kMessages = 4;
constexpr std::size_t kMostFiles = 1000;
// What can only be unpacked in order is unpacked up to the last of them.
constexpr std::size_t kMostMembers = 64;

bool may_be(const SampleMessage& message, const journal::MessageRow& row) {
  if (message.message_id_hash != row.message_id_hash) return false;
  const bool same_size = message.size == row.wire_size;
  const bool same_date = message.date.unix_seconds == row.date.unix_seconds;
  return message.message_id_hash == 0 ? same_size && same_date : same_size || same_date;
}

}  // namespace

void FileBeginnings::read() {
  is_read_ = true;
  std::size_t members = 0;
  for (const SourceFolder& source : sources_) {
    if (beginnings_.size() == kMostFiles) return;
    if (source.not_read || source.damage || !source.copy_of.empty()) continue;
    if (source.place.container && ++members > kMostMembers) continue;
    auto messages = sample_beginning(source, options_, kMessages, cancel_);
    if (messages && !messages->empty())
      beginnings_.push_back({source.row.file, *std::move(messages)});
  }
}

std::vector<std::string> FileBeginnings::that_match(std::span<const journal::MessageRow> first) {
  std::vector<std::string> files;
  if (first.empty()) return files;
  if (!is_read_) read();
  for (const Beginning& beginning : beginnings_) {
    const auto found = std::count_if(
        beginning.messages.begin(), beginning.messages.end(), [&](const SampleMessage& message) {
          return std::any_of(first.begin(), first.end(),
                             [&](const auto& row) { return may_be(message, row); });
        });
    const std::size_t all = beginning.messages.size();
    const std::size_t enough = std::max<std::size_t>((3 * all + 3) / 4, 2);
    if (static_cast<std::size_t>(found) >= enough) files.push_back(beginning.file);
  }
  return files;
}

}  // namespace mboxferry::transfer
