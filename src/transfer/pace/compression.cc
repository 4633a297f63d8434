// SPDX-License-Identifier: Apache-2.0
// Compression, tried by one connection for all.
#include "transfer/pace/compression.h"

#include <algorithm>

namespace mboxferry::transfer {
namespace {

using Sample = CompressPolicy::Sample;

constexpr double kMostOfTheTime = 0.5;
constexpr double kEven = 1.15;
constexpr double kWorthTheTrouble = 1.1;
constexpr int kFewestAnswers = 2;

double seconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double rate(const Sample& from, const Sample& to) {
  return static_cast<double>(to.stored_bytes - from.stored_bytes) / seconds(to.at - from.at);
}

double job_rate(const Sample& from, const Sample& to) {
  return static_cast<double>(to.job_bytes - from.job_bytes) / seconds(to.at - from.at);
}

double ratio(const Sample& from, const Sample& to) {
  const std::uint64_t wire = to.wire.wire_sent - from.wire.wire_sent;
  const std::uint64_t plain = to.wire.plain_sent - from.wire.plain_sent;
  return wire == 0 ? 1 : static_cast<double>(plain) / static_cast<double>(wire);
}

}  // namespace

CompressPolicy::Limit CompressPolicy::limit_between(const Sample& from, const Sample& to) const {
  const double waited = seconds(to.wire.waited - from.wire.waited) / seconds(to.at - from.at);
  if (waited < kMostOfTheTime || job_rate(from, to) >= settings_.enough) return Limit::none;
  const auto share = wire_share(from.wire, to.wire, to.at - from.at);
  if (!share) return Limit::other_end;
  if (share->network + share->other_end < kMostOfTheTime) return Limit::none;
  return share->network >= kMostOfTheTime ? Limit::network : Limit::other_end;
}

CompressPolicy::Advice CompressPolicy::consider(const Sample& sample) {
  if (state_ != State::watching && state_ != State::trying) return Advice::go_on;
  if (!from_) {
    from_ = sample;
    answers_ = 0;
    return Advice::go_on;
  }
  ++answers_;
  if (sample.at - from_->at < settings_.window || answers_ < kFewestAnswers) return Advice::go_on;
  return state_ == State::watching ? watch(sample) : judge(sample);
}

CompressPolicy::Advice CompressPolicy::watch(const Sample& sample) {
  const Limit limit = limit_between(*from_, sample);
  rate_before_ = rate(*from_, sample);
  // However many connections share a line, it takes the same of all together.
  count_window(limit, job_rate(*from_, sample));
  from_ = sample;
  answers_ = 0;
  const bool try_it =
      limit == Limit::network || windows_of_shut_window_ >= settings_.windows_of_shut_window;
  if (!try_it) return Advice::go_on;
  state_ = State::asked;
  return Advice::compress;
}

void CompressPolicy::count_window(Limit limit, double rate) {
  slowest_of_them_ = std::min(slowest_of_them_, rate);
  fastest_of_them_ = std::max(fastest_of_them_, rate);
  const bool even = fastest_of_them_ <= kEven * slowest_of_them_;
  if (limit == Limit::other_end && windows_of_shut_window_ > 0 && even) {
    ++windows_of_shut_window_;
    return;
  }
  windows_of_shut_window_ = limit == Limit::other_end ? 1 : 0;
  slowest_of_them_ = fastest_of_them_ = rate;
}

void CompressPolicy::compressing(bool on) {
  state_ = on ? State::trying : State::given_up;
  // The first answer begins the measurement: before it the pipe was filled again.
  from_.reset();
}

CompressPolicy::Advice CompressPolicy::judge(const Sample& sample) {
  const double shrunk = ratio(*from_, sample);
  const double faster = rate(*from_, sample) / rate_before_;
  const bool worth_it = shrunk >= kWorthTheTrouble && faster >= 1 + (shrunk - 1) / 2;
  state_ = worth_it ? State::kept : State::given_up;
  return worth_it ? Advice::go_on : Advice::store;
}

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
