// SPDX-License-Identifier: Apache-2.0
// Whether a server that said NO to a message has stored it all the same
// (docs/decisions/0057-refusals-that-store.md).
#pragma once

#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// The note of a server that was seen to store what it refuses.
inline constexpr const char* kStoresRefusedNote = "server.stores_refused";

/// A kind of NO is believed once the server was asked after the first of it and had not stored the
/// message. A job's; any thread.
class RefusalTrust {
 public:
  /// `kind`: the code and the lasting words of the server.
  [[nodiscard]] bool believes(const std::string& kind) const;
  /// Nothing of what was refused so was there.
  void is_honest(const std::set<std::string>& kinds);
  /// No NO of this server is believed from now on. True the first time.
  bool stores_refused();

 private:
  mutable std::mutex mutex_;
  std::set<std::string> honest_;
  bool stores_refused_ = false;
};

/// Messages of one mailbox that were refused and stay in doubt until the server was asked. Any
/// thread.
class RefusedInDoubt {
 public:
  struct Refused {
    std::vector<journal::MessageId> messages;
    std::set<std::string> kinds;
    std::string text;  ///< of the first NO, as the server said it
  };

  void add(std::span<const journal::MessageRow> rows, const std::string& kind,
           const std::string& text);
  /// What was added since the last call.
  Refused take();

 private:
  std::mutex mutex_;
  Refused refused_;
};

}  // namespace mboxferry::transfer
