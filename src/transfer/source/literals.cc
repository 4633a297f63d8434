// SPDX-License-Identifier: Apache-2.0
// Archive bytes to wire form.
#include "transfer/source/literals.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "transfer/index/content_digest.h"

namespace mboxferry::transfer {

namespace {
constexpr std::size_t kBlock = 256 << 10;

/// Not what was indexed.
Error written_to(const std::string& file, const journal::MessageRow& row) {
  return {ErrorCode::archive_changed,
          fmt::format("{}: the message at byte {} was written to while it was being read", file,
                      row.offset),
          "run again when no other program writes to it",
          ErrorScope::job,
          {Retry::When::now, {}}};
}
}  // namespace

MessageReader::MessageReader(ByteSource& source, const message::WireOptions& options)
    : source_(source), options_(options), block_(kBlock) {}

Result<std::string_view> MessageReader::block_at(std::uint64_t offset) {
  const bool inside = offset >= block_offset_ && offset < block_offset_ + block_size_;
  if (!inside) {
    MBOXFERRY_ASSIGN(block_size_, source_.read_at(offset, block_));
    block_offset_ = offset;
  }
  const std::size_t skip = static_cast<std::size_t>(offset - block_offset_);
  return std::string_view(block_.data(), block_size_).substr(skip);
}

Result<void> MessageReader::wire_form(std::uint64_t offset, std::uint64_t length,
                                      const imap::LiteralWriter& out) {
  message::WireEncoder encoder(options_);
  Result<void> written;
  const message::ByteConsumer consume = [&](std::string_view bytes) {
    if (written) written = out(bytes);
  };
  while (length > 0) {
    MBOXFERRY_ASSIGN(std::string_view bytes, block_at(offset));
    bytes =
        bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(length, bytes.size())));
    if (bytes.empty())
      return Error{
          ErrorCode::archive_changed,
          fmt::format("{} ends at byte {}, inside a message", source_.name(), offset),
          "it was longer when it was read first; run again when no other program writes to it",
          ErrorScope::job,
          {Retry::When::now, {}}};
    encoder.feed(bytes, consume);
    if (!written) return written;
    offset += bytes.size();
    length -= bytes.size();
  }
  encoder.finish(consume);
  return written;
}

Result<void> BatchLiterals::write(std::size_t index, const imap::LiteralWriter& out) {
  const journal::MessageRow& row = rows_[index];
  std::uint64_t size = 0;
  std::optional<ContentDigest> digest;
  if (reader_.key()) digest.emplace(*reader_.key());
  const auto counting = [&](std::string_view piece) {
    size += piece.size();
    if (digest) digest->update(piece);
    return size > row.wire_size ? wrong_size(row) : out(piece);
  };
  MBOXFERRY_TRY(reader_.wire_form(row.offset, row.length, counting));
  if (digest && (size != row.wire_size || digest->finish() != row.digest))
    return written_to(reader_.name(), row);
  return size == row.wire_size ? ok() : wrong_size(row);
}

/// Another size than the index has: somebody wrote to the file, or the program is wrong.
Result<void> BatchLiterals::wrong_size(const journal::MessageRow& row) {
  MBOXFERRY_TRY(reader_.check_unchanged());
  return Error{
      ErrorCode::internal,
      fmt::format("the message at byte {} has another size than its index says", row.offset),
      "this is a bug of mboxferry; please report it"};
}

}  // namespace mboxferry::transfer
