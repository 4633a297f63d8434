// SPDX-License-Identifier: Apache-2.0
// getaddrinfo on a thread.
#include "imap/tls/name_lookup.h"

#include <condition_variable>
#include <memory>
#include <mutex>

#include "imap/tls/errors.h"
#include "mboxferry/base/thread.h"

namespace mboxferry::imap {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kBetweenLooks{50};

struct Answer {
  int failure = EAI_AGAIN;
  Addresses addresses;
};

Answer ask(const std::string& host, const std::string& port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  Answer answer;
  answer.failure = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &found);
  if (answer.failure == 0) answer.addresses.reset(found);
  return answer;
}

Answer ask(const std::string& host, const std::string& port) {
  Answer answer = ask(host, port, AI_ADDRCONFIG);
  if (answer.failure != EAI_NONAME && answer.failure != EAI_ADDRFAMILY) return answer;
  // A machine with nothing but loopback has no "configured" address for localhost.
  return ask(host, port, 0);
}

/// Shared with a thread that may outlive the question.
struct Question {
  std::mutex mutex;
  std::condition_variable answered;
  bool done = false;
  Answer answer;
};

}  // namespace

Result<Addresses> look_up(const std::string& host, std::uint16_t port,
                          std::chrono::milliseconds timeout, const Cancellation* interrupt) {
  const std::string place = host + ":" + std::to_string(port);
  Answer answer = ask(host, std::to_string(port), AI_NUMERICHOST);
  if (!answer.addresses) {
    const auto question = std::make_shared<Question>();
    auto thread = start_thread([question, host, number = std::to_string(port)] {
      Answer found = ask(host, number);
      const std::scoped_lock lock(question->mutex);
      question->answer = std::move(found);
      question->done = true;
      question->answered.notify_all();
    });
    if (thread) {
      thread->detach();
      const auto until = Clock::now() + timeout;
      std::unique_lock lock(question->mutex);
      while (!question->done) {
        if (interrupt != nullptr && interrupt->requested()) return interrupted_error(place);
        if (Clock::now() >= until)
          return silence_error(place + ": the name server does not answer");
        question->answered.wait_for(lock, kBetweenLooks);
      }
      answer = std::move(question->answer);
    } else {
      answer = ask(host, std::to_string(port));
    }
  }
  if (answer.addresses) return std::move(answer.addresses);
  const bool unknown = answer.failure == EAI_NONAME || answer.failure == EAI_NODATA;
  Error error{ErrorCode::unavailable,
              place + ": " + (unknown ? "no such host" : "cannot look up the host") + ": " +
                  ::gai_strerror(answer.failure),
              "check the server's name", ErrorScope::session};
  if (answer.failure == EAI_AGAIN) error.retry.when = Retry::When::later;
  return error;
}

}  // namespace mboxferry::imap
