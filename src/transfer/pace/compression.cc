// SPDX-License-Identifier: Apache-2.0
// Compression, tried by one connection for all.
#include "transfer/pace/compression.h"

namespace mboxferry::transfer {

bool CompressionFinding::claim() {
  State expected = State::unknown;
  return state_.compare_exchange_strong(expected, State::being_tried);
}

Compression::~Compression() {
  if (trying_) finding_.release();
}

void Compression::stored(std::uint64_t bytes) {
  stored_ += bytes;
  if (wants_quiet_ || !target_.capabilities().compress) return;
  if (finding_.worth_it()) wants_quiet_ = !asked_;
  if (!trying_ && !finding_.unknown()) return;
  const std::uint64_t all = tracker_.snapshot().stored_now.bytes;
  follow(policy_.consider({clock_.now(), stored_, all, target_.wire_usage()}));
}

void Compression::follow(CompressPolicy::Advice advice) {
  switch (advice) {
    case CompressPolicy::Advice::go_on:
      if (trying_ && policy_.worth_it()) settle(true);
      break;
    case CompressPolicy::Advice::compress:
      trying_ = wants_quiet_ = finding_.claim();
      // Another connection was faster; should it go before it knows, this one looks again.
      if (!trying_) policy_ = CompressPolicy();
      break;
    case CompressPolicy::Advice::store:
      settle(false);
      want_ = false;
      wants_quiet_ = true;
      break;
  }
}

Result<void> Compression::when_quiet() {
  wants_quiet_ = false;
  asked_ = true;
  MBOXFERRY_ASSIGN(const bool on, target_.compress(want_));
  if (!trying_) return ok();
  policy_.compressing(on);
  if (!on) settle(false);
  return ok();
}

void Compression::settle(bool worth_it) {
  trying_ = false;
  finding_.settle(worth_it);
  if (worth_it) tracker_.notice("the line is slow: what is sent is compressed from now on");
}

}  // namespace mboxferry::transfer
