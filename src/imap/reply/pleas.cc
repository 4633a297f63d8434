// SPDX-License-Identifier: Apache-2.0
// How long a command waits that the server refuses with a plea for patience.
#include "imap/reply/pleas.h"

#include <algorithm>

#include "imap/reply/response_codes.h"

namespace mboxferry::imap {

using std::chrono::milliseconds;

bool asks_for_patience(const ReplyLine& reply) {
  return reply.status != ReplyLine::Status::ok &&
         meaning_of(reply.code, reply.text).retry.when == Retry::When::later;
}

std::optional<milliseconds> Pleas::wait_after(const ReplyLine& reply) {
  constexpr milliseconds kFirst{1000};
  constexpr milliseconds kLongest{30'000};
  if (count_ == kMost || !asks_for_patience(reply)) return std::nullopt;
  const milliseconds wait = std::min(kFirst * (1 << count_), kLongest);
  ++count_;
  return std::max(wait, meaning_of(reply.code, reply.text).retry.after);
}

}  // namespace mboxferry::imap
