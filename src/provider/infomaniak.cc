// SPDX-License-Identifier: Apache-2.0
// Requests to Infomaniak's API, in its pace.
#include "mboxferry/provider/infomaniak.h"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

#include "provider/infomaniak_answer.h"

namespace mboxferry::provider {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kMinute{60'000};
constexpr milliseconds kLookAtInterrupt{100};
constexpr seconds kLongestWait{120};
constexpr seconds kUsualWait{10};
constexpr int kMostTries = 3;
constexpr int kMostWaits = 5;
constexpr std::size_t kPerPage = 100;
// The service is not known to take more, and an answer with all of them has to fit, too.
constexpr std::size_t kLargestBody = std::size_t{1} << 20U;
constexpr std::size_t kLargestAnswer = std::size_t{4} << 20U;

Error interrupted_here() { return interrupted("interrupted while waiting for the service"); }

std::string lists_of(const std::string& mailbox) { return "the lists of mailbox " + mailbox; }

}  // namespace

Infomaniak::Infomaniak(InfomaniakSettings settings, Clock& clock)
    : settings_(std::move(settings)),
      clock_(clock),
      place_(settings_.address + "/1/mail_hostings/" + settings_.service) {
  settings_.http.most_bytes = kLargestAnswer;
  hidden_.hide(settings_.token);
}

std::string Infomaniak::url_of(const std::string& mailbox) const {
  return place_ + "/mailboxes/" + http::url_encoded(mailbox);
}

bool Infomaniak::wait(milliseconds duration) {
  const Cancellation* const interrupt = settings_.http.interrupt;
  while (duration.count() > 0) {
    if (interrupt != nullptr && interrupt->requested()) return false;
    const milliseconds part = std::min(duration, kLookAtInterrupt);
    clock_.sleep(part);
    duration -= part;
  }
  return interrupt == nullptr || !interrupt->requested();
}

Result<void> Infomaniak::keep_pace() {
  const auto forget = [&] {
    while (!asked_.empty() && clock_.now() - asked_.front() >= kMinute) asked_.pop_front();
  };
  forget();
  if (asked_.size() >= kMostPerMinute) {
    const auto left = kMinute - (clock_.now() - asked_.front());
    if (!wait(std::chrono::ceil<milliseconds>(left))) return interrupted_here();
    forget();
  }
  asked_.push_back(clock_.now());
  return ok();
}

Result<http::Answer> Infomaniak::ask(http::Request request, const std::string& shown) {
  request.bearer = settings_.token;
  request.headers = {{"Accept", "application/json"}};
  int tries = 0;
  for (int waits = 0;;) {
    MBOXFERRY_TRY(keep_pace());
    if (settings_.trace) settings_.trace("C: " + shown);
    auto answer = http::send(request, settings_.http);
    if (settings_.trace)
      settings_.trace(
          answer ? fmt::format("S: {} ({} bytes)", answer->status, answer->body.reveal().size())
                 : "S: " + answer.error().what);
    if (answer && answer->status == 429) {
      const seconds pause = answer->retry_after.value_or(kUsualWait);
      if (pause > kLongestWait || ++waits > kMostWaits) return answer;
      if (!wait(pause)) return interrupted_here();
      continue;
    }
    const bool troubled =
        answer ? answer->status >= 500 : answer.error().code == ErrorCode::unavailable;
    // What was to be changed may have been changed.
    if (!troubled || request.patch || ++tries == kMostTries) return answer;
    if (!wait(seconds(tries))) return interrupted_here();
  }
}

Result<std::vector<std::string>> Infomaniak::mailboxes() {
  const std::string what = "list the mailboxes of service " + settings_.service;
  std::vector<std::string> names;
  std::unordered_set<std::string> known;
  std::size_t told = 0;
  for (std::size_t number = 1;; ++number) {
    const std::string query = fmt::format("/mailboxes?page={}&per_page={}", number, kPerPage);
    MBOXFERRY_ASSIGN(const http::Answer answer, ask({place_ + query}, "GET " + query));
    MBOXFERRY_ASSIGN(MailboxPage page, mailboxes_of(answer, what, hidden_));
    const bool ends_early = page.names.empty() && told != page.total;
    if (page.page != number || ends_early || (told += page.names.size()) > page.total)
      return Error{ErrorCode::protocol,
                   fmt::format("cannot {}: page {} is not the one that was asked for, or its "
                               "numbers do not fit it",
                               what, number),
                   "nothing was changed; run the same command again"};
    for (std::string& name : page.names)
      if (known.insert(name).second) names.push_back(std::move(name));
    // An empty page is the end, however many the service tells of.
    if (number < page.pages && !page.names.empty()) continue;
    if (names.size() == page.total) return names;
    return Error{ErrorCode::try_later,
                 fmt::format("cannot {}: {} were told of, and there are {} different ones", what,
                             page.total, names.size()),
                 "mailboxes may have been made or removed meanwhile; run the same command again"};
  }
}

Result<MailboxSenders> Infomaniak::senders(const std::string& mailbox) {
  // A field that is not asked for is told as an empty list.
  constexpr std::string_view kFields = "?with=authorized_senders,blocked_senders,has_move_spam";
  http::Request request{url_of(mailbox) + std::string(kFields)};
  MBOXFERRY_ASSIGN(const http::Answer answer, ask(std::move(request), "GET " + lists_of(mailbox)));
  return senders_of(answer, "read " + lists_of(mailbox), hidden_);
}

Result<Infomaniak::Change> Infomaniak::replace_senders(const std::string& mailbox,
                                                       const SenderEntries& entries) {
  http::Request request{url_of(mailbox)};
  MBOXFERRY_ASSIGN(request.patch, senders_json(entries));
  if (request.patch->reveal().size() > kLargestBody)
    return Error{ErrorCode::configuration,
                 fmt::format("{} would have {} entries, which is too much for the service",
                             lists_of(mailbox), entries.size()),
                 "shorten the lists: senders check names entries that others cover"};
  MBOXFERRY_ASSIGN(const http::Answer answer,
                   ask(std::move(request),
                       fmt::format("PATCH {} ({} entries)", lists_of(mailbox), entries.size())));
  return success_of(answer, "change " + lists_of(mailbox), hidden_);
}

}  // namespace mboxferry::provider
