// SPDX-License-Identifier: Apache-2.0
// Paces what is appended.
#include "transfer/target/throttled_target.h"

#include <algorithm>
#include <utility>

#include "transfer/target/forwarding_target.h"

namespace mboxferry::transfer {
namespace {

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

std::unique_ptr<imap::Target> throttled(std::unique_ptr<imap::Target> target, Throttle& throttle,
                                        Clock& clock, Tracker& tracker) {
  return std::make_unique<ThrottledTarget>(std::move(target), throttle, clock, tracker);
}

}  // namespace mboxferry::transfer
