// SPDX-License-Identifier: Apache-2.0
// A few messages of a folder, spread over all of it, without reading all of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/journal/journal.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// What a message is known by.
struct SampleMessage {
  std::string message_id;            ///< empty: it has none, or only the hash is known
  std::int64_t message_id_hash = 0;  ///< 0: it has none
  std::uint64_t size = 0;            ///< wire bytes
  Timestamp date;                    ///< INTERNALDATE
  journal::Digest digest{};
  int part = 0;  ///< messages of one part of the archive have the same number
};

/// `count` of them, spread evenly; all when they are no more.
std::vector<SampleMessage> spread(std::vector<SampleMessage> all, std::size_t count);

/// The first messages of the folder that would be sent, at most `most`.
Result<std::vector<SampleMessage>> sample_beginning(const SourceFolder& source,
                                                    const IndexOptions& options, std::size_t most,
                                                    const Cancellation& cancel);

/// Up to `most` messages of the folder that would be sent. A plain file is read at as many places,
/// in each from the first separator on; such a line may be part of a message, so that the sample
/// may hold what is no message of its own. What can only be read from its beginning gives messages
/// from there. `options` must hold the key of the digests.
Result<std::vector<SampleMessage>> sample_folder(const SourceFolder& source,
                                                 const IndexOptions& options, std::size_t most,
                                                 const Cancellation& cancel);

}  // namespace mboxferry::transfer
