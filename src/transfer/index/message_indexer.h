// SPDX-License-Identifier: Apache-2.0
// Everything the index pass finds out about one message from its bytes.
#pragma once

#include <optional>

#include "mboxferry/transfer/indexer.h"
#include "transfer/index/content_digest.h"

namespace mboxferry::transfer {

/// Header scan, wire size and digest of one message after the other. `survey` and `options` must
/// outlive it. One thread at a time.
class MessageIndexer {
 public:
  MessageIndexer(const FolderSurvey& survey, const IndexOptions& options);

  void begin(std::uint64_t offset, MessageStart start);
  /// The message's raw bytes, in pieces of any size.
  void bytes(std::string_view raw);
  IndexedMessage finish(std::uint64_t length);

 private:
  void apply(message::HeaderFacts facts);
  [[nodiscard]] message::DateOrder date_order() const;

  const FolderSurvey& survey_;
  const IndexOptions& options_;
  message::WireEncoder encoder_;
  message::HeaderScanner header_;
  message::Digest sha256_;
  std::optional<ContentDigest> content_;  ///< instead of the SHA-256
  message::ByteConsumer consume_;
  MessageStart start_;
  IndexedMessage current_;
};

}  // namespace mboxferry::transfer
