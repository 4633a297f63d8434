// SPDX-License-Identifier: Apache-2.0
// The bytes of a batch's messages, read from the archive when their turn comes.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/imap/target.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/message/wire_form.h"
#include "mboxferry/transfer/content_key.h"

namespace mboxferry::transfer {

/// Reads one folder forward in blocks, so that many small messages cost one read. One thread.
class MessageReader {
 public:
  MessageReader(ByteSource& source, const message::WireOptions& options);

  /// Streams the wire form of [offset, offset + length). A folder that ends too early is an
  /// `archive_changed` error.
  Result<void> wire_form(std::uint64_t offset, std::uint64_t length,
                         const imap::LiteralWriter& out);
  Result<void> check_unchanged() { return source_.check_unchanged(); }
  [[nodiscard]] const std::string& name() const { return source_.name(); }
  /// From now on what is sent is held against the index's digests, made with this key: the file may
  /// be written to meanwhile.
  void compare_with(std::optional<ContentKey> key) { key_ = key; }
  [[nodiscard]] const std::optional<ContentKey>& key() const { return key_; }

 private:
  Result<std::string_view> block_at(std::uint64_t offset);

  ByteSource& source_;
  message::WireOptions options_;
  std::vector<char> block_;
  std::uint64_t block_offset_ = 0;
  std::size_t block_size_ = 0;
  std::optional<ContentKey> key_;
};

/// The literals of one batch. The archive is asked whether it changed before each commit.
class BatchLiterals final : public imap::LiteralSource {
 public:
  BatchLiterals(MessageReader& reader, std::span<const journal::MessageRow> rows)
      : reader_(reader), rows_(rows) {}

  Result<void> write(std::size_t index, const imap::LiteralWriter& out) override;
  Result<void> approve() override { return reader_.check_unchanged(); }

 private:
  Result<void> wrong_size(const journal::MessageRow& row);

  MessageReader& reader_;
  std::span<const journal::MessageRow> rows_;
};

}  // namespace mboxferry::transfer
