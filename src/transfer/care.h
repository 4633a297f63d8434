// SPDX-License-Identifier: Apache-2.0
// The messages of a mailbox that a server did not take as they were.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"

namespace mboxferry::transfer {

/// Outlives connections: a BAD ends the one that got it. Any thread.
class Care {
 public:
  /// Messages [first, last] were in a command that got BAD: each goes alone, synchronizing.
  void go_carefully(journal::MessageId first, journal::MessageId last);
  [[nodiscard]] bool is_careful(journal::MessageId id) const;

  /// What is known of a message that was tried alone: how often in vain, and the server's words.
  struct Tried {
    int times = 0;
    std::string text;
  };
  [[nodiscard]] Tried tried(journal::MessageId id) const;
  /// Notes `times` tries in vain.
  void set_tried(journal::MessageId id, Tried tried);
  void forget(journal::MessageId id);

  /// A message was given up because of BAD.
  void given_up();
  /// How many were since the last that was stored.
  [[nodiscard]] int given_up_in_a_row() const;
  void something_was_stored();

 private:
  struct Range {
    journal::MessageId first, last;
  };
  mutable std::mutex mutex_;
  std::vector<Range> careful_;
  std::map<journal::MessageId, Tried> tried_;  ///< one for each connection at most
  int given_up_in_a_row_ = 0;
};

}  // namespace mboxferry::transfer
