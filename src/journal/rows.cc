// SPDX-License-Identifier: Apache-2.0
// How a message's row is read from the file, and how its parts are encoded there.
#include "journal/rows.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace mboxferry::journal {
namespace {

// Reads numbers that must fit a type, and remembers when one does not.
class Numbers {
 public:
  explicit Numbers(const Query& query) : query_(query) {}

  template <typename T>
  T get(int column) {
    const std::int64_t value = query_.integer(column);
    if (!std::in_range<T>(value)) valid_ = false;
    return static_cast<T>(value);
  }
  [[nodiscard]] bool valid() const { return valid_; }

 private:
  const Query& query_;
  bool valid_ = true;
};

}  // namespace

std::optional<State> public_state(std::int64_t on_disk) {
  switch (static_cast<DiskState>(on_disk)) {
    case DiskState::planned:
      return State::planned;
    case DiskState::intended:
      return State::intended;
    case DiskState::stored:
    case DiskState::stored_without_uid:
      return State::stored;
    case DiskState::refused:
      return State::refused;
    case DiskState::skipped:
      return State::skipped;
  }
  return std::nullopt;
}

DiskState disk_state(State state, Uid uid) {
  switch (state) {
    case State::planned:
      break;
    case State::intended:
      return DiskState::intended;
    case State::stored:
      return uid == 0 ? DiskState::stored_without_uid : DiskState::stored;
    case State::refused:
      return DiskState::refused;
    case State::skipped:
      return DiskState::skipped;
  }
  return DiskState::planned;
}

Result<MessageRow> read_message(const Query& query, const std::string& path) {
  Numbers numbers(query);
  MessageRow row;
  row.id = query.integer(0);
  row.folder = query.integer(1);
  row.mailbox = query.integer(2);
  row.offset = numbers.get<std::uint64_t>(3);
  row.length = numbers.get<std::uint64_t>(4);
  row.wire_size = numbers.get<std::uint64_t>(5);
  const Blob digest = query.blob(6);
  row.message_id_hash = query.integer(7);
  row.date = {.unix_seconds = query.integer(8), .zone_minutes = numbers.get<std::int16_t>(9)};
  row.date_source = numbers.get<std::uint8_t>(10);
  row.date_corrected = query.integer(11) != 0;
  row.flags = numbers.get<std::uint8_t>(12);
  const std::optional<State> state = public_state(query.integer(13));
  const std::int64_t biased_uid = query.integer(14);
  row.keywords = query.text(15);
  row.code = query.text(16);
  row.text = query.text(17);
  const bool uid_fits =
      biased_uid >= uid_to_disk(0) && biased_uid <= uid_to_disk(std::numeric_limits<Uid>::max());
  if (!numbers.valid() || !state || !uid_fits || digest.size() != row.digest.size()) {
    return damaged(path, fmt::format("the row of message {} cannot be right", row.id));
  }
  row.state = *state;
  row.uid = static_cast<Uid>(biased_uid + kUidBias);
  std::copy(digest.begin(), digest.end(), row.digest.begin());
  return row;
}

Result<std::vector<MessageRow>> read_messages(Query query, const std::string& path) {
  std::vector<MessageRow> rows;
  while (true) {
    MBOXFERRY_ASSIGN(const bool more, query.next());
    if (!more) return rows;
    MBOXFERRY_ASSIGN(MessageRow row, read_message(query, path));
    rows.push_back(std::move(row));
  }
}

}  // namespace mboxferry::journal
