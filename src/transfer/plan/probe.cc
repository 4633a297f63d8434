// SPDX-License-Identifier: Apache-2.0
// Measuring with a few messages.
#include "transfer/plan/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <random>
#include <string_view>
#include <utility>
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

constexpr std::string_view kNameStart = "mboxferry-probe-";
// A probe lasts a few minutes at most; clocks differ.
constexpr std::int64_t kAbandonedAfter = 3600;

/// The end of the Message-ID of every message that is put into the mailbox of that name.
std::string id_end(std::string_view name) { return fmt::format(".{}@mboxferry.invalid>", name); }

/// When the mailbox was made, by its name; nothing when it is not the name of a probe.
std::optional<std::int64_t> made_at(std::string_view name) {
  const bool may_be =
      name.starts_with(kNameStart) && name.size() == kNameStart.size() + 17 &&
      name[kNameStart.size() + 8] == '-' &&
      name.find_first_not_of("0123456789abcdef-", kNameStart.size()) == std::string_view::npos;
  if (!may_be) return std::nullopt;
  const std::string_view hex = name.substr(kNameStart.size(), 8);
  std::uint32_t seconds = 0;
  const auto [end, error] = std::from_chars(hex.data(), hex.data() + hex.size(), seconds, 16);
  if (error != std::errc() || end != hex.data() + hex.size()) return std::nullopt;
  return seconds;
}

/// Text that does not compress well, as mail with attachments.
class ProbeText final : public imap::LiteralSource {
 public:
  ProbeText(std::string name, std::size_t number, std::uint64_t size)
      : name_(std::move(name)), number_(number), size_(size) {}

  Result<void> write(std::size_t index, const imap::LiteralWriter& out) override {
    std::string text = fmt::format(
        "Message-ID: <{}{}\r\n"
        "From: mboxferry <mboxferry@localhost>\r\n"
        "Subject: measuring; this message will be removed\r\n"
        "Date: Thu, 01 Jan 2026 00:00:00 +0000\r\n\r\n",
        number_ + index, id_end(name_));
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

  std::string name_;    ///< of the mailbox, without what it lies below
  std::size_t number_;  ///< of the first message
  std::uint64_t size_;
  std::minstd_rand letters_;
};

/// The server's words when it did not store all of them.
struct Sent {
  double seconds = 0;
  std::string refusal;
};

/// Appends to one mailbox, and counts.
class Measurement {
 public:
  Measurement(imap::Target& target, std::string mailbox, std::string name,
              const ProbeBounds& bounds, Clock& clock)
      : target_(target),
        mailbox_(std::move(mailbox)),
        name_(std::move(name)),
        bounds_(bounds),
        clock_(clock) {}

  /// Pace, or a refusal; the mailbox is there.
  Result<Probe> run(std::uint64_t typical);

 private:
  Result<Sent> send(std::size_t count, std::uint64_t size);
  /// Seconds for one message, measured with more and more of them; none after a refusal.
  Result<double> repeat(std::size_t count, std::size_t most, std::uint64_t size,
                        bool waits_for_each);
  [[nodiscard]] bool has_room_for(std::size_t count, std::uint64_t size) const {
    return !bounds_.room || pace_.bytes + count * size <= *bounds_.room;
  }

  imap::Target& target_;
  const std::string mailbox_;
  const std::string name_;
  const ProbeBounds bounds_;
  Clock& clock_;
  Pace pace_;
  std::string refusal_;
};

Result<Sent> Measurement::send(std::size_t count, std::uint64_t size) {
  Sent sent;
  if (!has_room_for(count, size)) {
    sent.refusal = "the quota has no room to measure with";
    return sent;
  }
  imap::AppendMessage message;
  message.wire_size = size;
  const std::vector<imap::AppendMessage> messages(count, message);
  ProbeText text(name_, pace_.messages, size);
  const auto begun = clock_.now();
  MBOXFERRY_TRY(target_.append(1, mailbox_, messages, text));
  for (std::size_t answered = 0; answered < count;) {
    MBOXFERRY_ASSIGN(const imap::AppendOutcome outcome, target_.receive());
    answered += outcome.count;
    if (outcome.kind == imap::AppendOutcome::Kind::bad)
      return Error{ErrorCode::protocol, outcome.text, ""};
    if (outcome.kind == imap::AppendOutcome::Kind::refused) sent.refusal = outcome.text;
  }
  sent.seconds = std::chrono::duration<double>(clock_.now() - begun).count();
  pace_.messages += count;
  pace_.bytes += count * size;
  return sent;
}

Result<double> Measurement::repeat(std::size_t count, std::size_t most, std::uint64_t size,
                                   bool waits_for_each) {
  for (;; count = std::min(4 * count, most)) {
    MBOXFERRY_ASSIGN(const Sent sent, send(count, size));
    refusal_ = sent.refusal;
    if (!sent.refusal.empty()) return 0;
    const bool more = count < most && has_room_for(std::min(4 * count, most), size);
    if (sent.seconds < kLongEnough && more) continue;
    const double waiting = waits_for_each ? 0 : bounds_.round_trip;
    return std::max(sent.seconds - waiting, 1e-4) / static_cast<double>(count);
  }
}

Result<Probe> Measurement::run(std::uint64_t typical) {
  const std::uint64_t limit = target_.capabilities().append_limit.value_or(kLarge);
  const std::uint64_t large = std::min(kLarge, std::max<std::uint64_t>(limit, 1));
  pace_.typical_size = typical;
  const auto refused = [&] {
    Probe result;
    result.refusal = refusal_;
    return result;
  };
  // The first message may pay for what the mailbox has to be given on disk.
  MBOXFERRY_ASSIGN(const Sent first, send(1, typical));
  refusal_ = first.refusal;
  if (!refusal_.empty()) return refused();
  const bool one_by_one = target_.mode() == imap::AppendMode::synchronizing;
  MBOXFERRY_ASSIGN(pace_.per_message, repeat(kFewSmall, kMostSmall, typical, one_by_one));
  if (!refusal_.empty()) return refused();
  MBOXFERRY_ASSIGN(const double per_large, repeat(1, kMostLarge, large, false));
  if (!refusal_.empty()) return refused();
  pace_.bytes_per_second = static_cast<double>(large) / per_large;
  Probe result;
  result.pace = pace_;
  return result;
}

/// True when the mailbox holds nothing but messages of the probe that made it.
Result<bool> holds_only_ours(imap::Target& target, const std::string& mailbox,
                             std::string_view name) {
  MBOXFERRY_ASSIGN(const imap::SelectedMailbox selected, target.select(mailbox));
  const std::string end = id_end(name);
  std::uint64_t ours = 0;
  MBOXFERRY_TRY(target.fetch({1, imap::kLastUid}, {.with_message_id = true, .just_selected = true},
                             [&](const imap::FetchedMessage& seen) -> Result<void> {
                               if (seen.message_id.ends_with(end)) ++ours;
                               return ok();
                             }));
  // Asked again: what came meanwhile is not ours either.
  MBOXFERRY_ASSIGN(const imap::SelectedMailbox now, target.select("INBOX"));
  static_cast<void>(now);
  MBOXFERRY_ASSIGN(const imap::SelectedMailbox status, target.status(mailbox));
  return ours == selected.exists && ours == status.exists;
}

}  // namespace

Result<Probe> probe(imap::Target& target, const imap::Namespace& name_space,
                    std::uint64_t typical_size, const ProbeBounds& bounds, Clock& clock) {
  std::random_device random;
  const std::string name = fmt::format("{}{:08x}-{:08x}", kNameStart,
                                       static_cast<std::uint32_t>(clock.unix_seconds()), random());
  const std::string mailbox = name_space.prefix + name;
  Probe result;
  const auto created = target.create(mailbox);
  if (!created) {
    result.refusal = created.error().what;
    if (created.error().scope == ErrorScope::mailbox) return result;
    // It may have been made all the same.
    result.broken = created.error();
    result.left = mailbox;
    return result;
  }
  auto measured = Measurement(target, mailbox, name, bounds, clock)
                      .run(std::clamp(typical_size, kLeastTypical, kMostTypical));
  if (measured) {
    result = *measured;
  } else {
    result.broken = measured.error();
  }
  if (!target.delete_mailbox(mailbox)) result.left = mailbox;
  return result;
}

Result<std::vector<std::string>> remove_abandoned_probes(
    imap::Target& target, const imap::Namespace& name_space,
    const std::vector<imap::ListedMailbox>& listed, Clock& clock) {
  std::vector<std::string> removed;
  for (const imap::ListedMailbox& mailbox : listed) {
    if (!mailbox.selectable || !mailbox.name.starts_with(name_space.prefix)) continue;
    const std::string_view name = std::string_view(mailbox.name).substr(name_space.prefix.size());
    const auto made = made_at(name);
    if (!made || clock.unix_seconds() - *made < kAbandonedAfter) continue;
    const auto ours = holds_only_ours(target, mailbox.name, name);
    if (!ours && ours.error().scope != ErrorScope::mailbox) return Error(ours.error());
    if (!ours || !*ours) continue;
    const auto deleted = target.delete_mailbox(mailbox.name);
    if (!deleted && deleted.error().scope != ErrorScope::mailbox) return Error(deleted.error());
    if (deleted) removed.push_back(mailbox.name);
  }
  return removed;
}

}  // namespace mboxferry::transfer
