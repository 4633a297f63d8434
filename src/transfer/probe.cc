// SPDX-License-Identifier: Apache-2.0
// Measuring with a few messages.
#include "transfer/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <vector>

namespace mboxferry::transfer {
namespace {

// Enough of them that what a message costs stands out from a round trip.
constexpr std::size_t kFewSmall = 40;
constexpr std::size_t kMostSmall = 1000;
constexpr std::uint64_t kLeastTypical = 600;
constexpr std::uint64_t kMostTypical = 20'000;
constexpr std::uint64_t kLarge = 512 << 10;
constexpr std::size_t kMostLarge = 16;
// What is done sooner has not shown its speed yet, and gets more to do.
constexpr double kLongEnough = 0.5;
constexpr std::size_t kLineLength = 78;  // with its end

/// Text that does not compress well, as mail with attachments.
class ProbeText final : public imap::LiteralSource {
 public:
  explicit ProbeText(std::uint64_t size) : size_(size) {}

  Result<void> write(std::size_t /*index*/, const imap::LiteralWriter& out) override {
    std::string text =
        "From: mboxferry <mboxferry@localhost>\r\n"
        "Subject: measuring; this message will be removed\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n";
    std::uint64_t left = size_;
    while (left > 0) {
      if (text.empty()) text = line();
      const auto part =
          std::string_view(text).substr(0, std::min<std::uint64_t>(left, text.size()));
      MBOXFERRY_TRY(out(part));
      left -= part.size();
      text.clear();
    }
    return ok();
  }
  Result<void> approve() override { return ok(); }

 private:
  std::string line() {
    static constexpr std::string_view kLetters =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i + 2 < kLineLength; ++i) text += kLetters[letters_() % 64];
    return text + "\r\n";
  }

  std::uint64_t size_;
  std::minstd_rand letters_;
};

/// The server's words when it did not store all of them.
struct Sent {
  double seconds = 0;
  std::string refusal;
};

Result<Sent> send(imap::Target& target, const std::string& mailbox, std::size_t count,
                  std::uint64_t size, Clock& clock) {
  imap::AppendMessage message;
  message.wire_size = size;
  const std::vector<imap::AppendMessage> messages(count, message);
  ProbeText text(size);
  const auto begun = clock.now();
  MBOXFERRY_TRY(target.append(1, mailbox, messages, text));
  Sent sent;
  for (std::size_t answered = 0; answered < count;) {
    MBOXFERRY_ASSIGN(const imap::AppendOutcome outcome, target.receive());
    answered += outcome.count;
    if (outcome.kind == imap::AppendOutcome::Kind::bad)
      return Error{ErrorCode::protocol, outcome.text, ""};
    if (outcome.kind == imap::AppendOutcome::Kind::refused) sent.refusal = outcome.text;
  }
  sent.seconds = std::chrono::duration<double>(clock.now() - begun).count();
  return sent;
}

/// Pace, or a refusal; the mailbox is there.
Result<Probe> measure(imap::Target& target, const std::string& mailbox, std::uint64_t typical,
                      double round_trip, Clock& clock) {
  Probe result;
  const std::uint64_t limit = target.capabilities().append_limit.value_or(kLarge);
  const std::uint64_t large = std::min(kLarge, std::max<std::uint64_t>(limit, 1));
  // The first message may pay for what the mailbox has to be given on disk.
  MBOXFERRY_ASSIGN(const Sent first, send(target, mailbox, 1, typical, clock));
  result.refusal = first.refusal;
  Pace pace{.typical_size = typical, .messages = 1, .bytes = typical};
  const auto repeat = [&](std::size_t count, std::size_t most, std::uint64_t size,
                          bool waits_for_each) -> Result<double> {
    for (;; count = std::min(4 * count, most)) {
      MBOXFERRY_ASSIGN(const Sent sent, send(target, mailbox, count, size, clock));
      pace.messages += count;
      pace.bytes += count * size;
      result.refusal = sent.refusal;
      if (!sent.refusal.empty()) return 0;
      if (sent.seconds < kLongEnough && count < most) continue;
      const double waiting = waits_for_each ? 0 : round_trip;
      return std::max(sent.seconds - waiting, 1e-4) / static_cast<double>(count);
    }
  };
  if (!result.refusal.empty()) return result;
  const bool one_by_one = target.mode() == imap::AppendMode::synchronizing;
  MBOXFERRY_ASSIGN(pace.per_message, repeat(kFewSmall, kMostSmall, typical, one_by_one));
  if (!result.refusal.empty()) return result;
  MBOXFERRY_ASSIGN(const double per_large, repeat(1, kMostLarge, large, false));
  if (!result.refusal.empty()) return result;
  pace.bytes_per_second = static_cast<double>(large) / per_large;
  result.pace = pace;
  return result;
}

}  // namespace

Result<Probe> probe(imap::Target& target, const imap::Namespace& name_space,
                    std::uint64_t typical_size, double round_trip, Clock& clock) {
  std::random_device random;
  const std::string mailbox = fmt::format("{}mboxferry-probe-{:08x}", name_space.prefix, random());
  Probe result;
  const auto created = target.create(mailbox);
  if (!created) {
    if (created.error().scope != ErrorScope::mailbox) return created.error();
    result.refusal = created.error().what;
    return result;
  }
  auto measured = measure(target, mailbox, std::clamp(typical_size, kLeastTypical, kMostTypical),
                          round_trip, clock);
  if (measured) result = *measured;
  const auto deleted = target.delete_mailbox(mailbox);
  if (!measured) return measured.error();
  if (!deleted) result.left = mailbox;
  return result;
}

}  // namespace mboxferry::transfer
