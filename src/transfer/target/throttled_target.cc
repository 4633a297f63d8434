// SPDX-License-Identifier: Apache-2.0
// Paces what is appended.
#include "transfer/target/throttled_target.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "transfer/target/forwarding_target.h"

namespace mboxferry::transfer {
namespace {

using Duration = std::chrono::steady_clock::duration;

constexpr std::chrono::milliseconds kCatchUp{100};
constexpr std::uint64_t kRecord = 16u << 10;
constexpr double kBatchSeconds = 2;

std::string describe(const RateLimits& limits) {
  std::string text;
  if (limits.messages_per_second > 0)
    text = fmt::format("limited to {:g} messages/s", limits.messages_per_second);
  if (limits.bytes_per_second > 0)
    text +=
        fmt::format("{} {} bytes/s", text.empty() ? "limited to" : " and", limits.bytes_per_second);
  return text;
}

using std::chrono::milliseconds;

constexpr milliseconds kLongestSleep{50};

class ThrottledTarget final : public ForwardingTarget {
 public:
  ThrottledTarget(std::unique_ptr<imap::Target> target, Throttle& throttle, Clock& clock,
                  Tracker& tracker)
      : ForwardingTarget(std::move(target)),
        throttle_(throttle),
        clock_(clock),
        tracker_(tracker) {}

  Result<void> append(std::uint64_t batch, const std::string& mailbox,
                      std::span<const imap::AppendMessage> messages,
                      imap::LiteralSource& literals) override {
    PacedLiterals paced(*this, literals);
    return target_->append(batch, mailbox, messages, paced);
  }

 private:
  class PacedLiterals final : public imap::LiteralSource {
   public:
    PacedLiterals(ThrottledTarget& owner, imap::LiteralSource& literals)
        : owner_(owner), literals_(literals) {}

    Result<void> write(std::size_t index, const imap::LiteralWriter& out) override {
      Throttle& throttle = owner_.throttle_;
      owner_.pause(throttle.book_message());
      return literals_.write(index, [&](std::string_view bytes) -> Result<void> {
        while (!bytes.empty()) {
          const std::string_view piece = bytes.substr(0, throttle.piece());
          bytes.remove_prefix(piece.size());
          owner_.pause(throttle.book_bytes(piece.size()));
          MBOXFERRY_TRY(out(piece));
        }
        return ok();
      });
    }
    [[nodiscard]] bool approves_at_once() const override { return literals_.approves_at_once(); }
    Result<void> approve() override { return literals_.approve(); }

   private:
    ThrottledTarget& owner_;
    imap::LiteralSource& literals_;
  };

  void pause(std::chrono::steady_clock::duration wait);

  Throttle& throttle_;
  Clock& clock_;
  Tracker& tracker_;
};

void ThrottledTarget::pause(std::chrono::steady_clock::duration wait) {
  const auto until = clock_.now() + wait;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(until - clock_.now());
    if (left < milliseconds(1)) return;
    tracker_.limited(throttle_.description());
    clock_.sleep(std::min(left, kLongestSleep));
    // An error is found by the write that follows.
    target_->answer_ready();
  }
}

}  // namespace

Throttle::Throttle(const RateLimits& limits, Clock& clock)
    : clock_(clock),
      description_(describe(limits)),
      messages_{limits.messages_per_second, clock.now()},
      bytes_{static_cast<double>(limits.bytes_per_second), clock.now()} {}

Duration Throttle::book_message() { return book(messages_, 1); }

Duration Throttle::book_bytes(std::size_t bytes) {
  return book(bytes_, static_cast<double>(bytes));
}

Duration Throttle::book(Line& line, double amount) {
  if (line.per_second <= 0) return {};
  const std::scoped_lock lock(mutex_);
  const auto now = clock_.now();
  line.turn = std::max(line.turn, now - kCatchUp);
  const Duration wait = std::max(line.turn - now, Duration::zero());
  line.turn +=
      std::chrono::duration_cast<Duration>(std::chrono::duration<double>(amount / line.per_second));
  return wait;
}

std::size_t Throttle::piece() const {
  if (bytes_.per_second <= 0) return std::numeric_limits<std::size_t>::max();
  return std::clamp<std::uint64_t>(static_cast<std::uint64_t>(bytes_.per_second) / 10, 1, kRecord);
}

BatchBound largest_batch(const RateLimits& limits, std::size_t connections) {
  BatchBound bound{std::numeric_limits<std::size_t>::max(),
                   std::numeric_limits<std::uint64_t>::max()};
  const double share = kBatchSeconds / static_cast<double>(std::max<std::size_t>(connections, 1));
  const auto most = [&](double per_second) {
    return static_cast<std::uint64_t>(std::clamp(per_second * share, 1.0, 1e15));
  };
  if (limits.messages_per_second > 0) bound.messages = most(limits.messages_per_second);
  if (limits.bytes_per_second > 0) bound.bytes = most(static_cast<double>(limits.bytes_per_second));
  return bound;
}

std::unique_ptr<imap::Target> throttled(std::unique_ptr<imap::Target> target, Throttle& throttle,
                                        Clock& clock, Tracker& tracker) {
  return std::make_unique<ThrottledTarget>(std::move(target), throttle, clock, tracker);
}

}  // namespace mboxferry::transfer
