// SPDX-License-Identifier: Apache-2.0
// A clock and a token service without a network.
#pragma once

#include <catch2/catch.hpp>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "mboxferry/auth/token_service.h"

namespace mboxferry::auth::stand_ins {

class AuthClock final : public Clock {
 public:
  [[nodiscard]] std::int64_t unix_seconds() const override { return start_ + passed().count(); }
  [[nodiscard]] std::chrono::steady_clock::time_point now() const override {
    const std::lock_guard lock(mutex_);
    return std::chrono::steady_clock::time_point() + passed_;
  }
  void sleep(std::chrono::milliseconds duration) override {
    const std::lock_guard lock(mutex_);
    passed_ += duration;
  }
  [[nodiscard]] std::chrono::seconds passed() const {
    const std::lock_guard lock(mutex_);
    return std::chrono::duration_cast<std::chrono::seconds>(passed_);
  }

 private:
  std::int64_t start_ = 1'800'000'000;
  mutable std::mutex mutex_;
  std::chrono::milliseconds passed_{0};
};

/// Gives its answers one after the other, the last one again and again, and keeps the forms.
struct StandIn {
  std::vector<std::pair<long, std::string>> answers;
  std::vector<std::string> forms = {};
  std::vector<std::string> urls = {};
  std::mutex mutex = {};

  TokenService service(Clock& clock, const Cancellation& interrupt) {
    return TokenService(
        clock, interrupt,
        [this](const http::Request& request, const http::ClientOptions&) -> Result<http::Answer> {
          const std::lock_guard lock(mutex);
          forms.emplace_back(request.form->reveal());
          urls.push_back(request.url);
          const std::size_t at = std::min(forms.size(), answers.size()) - 1;
          const auto& [status, body] = answers[at];
          if (status == 0) return Error{ErrorCode::unavailable, "no answer", "look"};
          http::Answer answer;
          answer.status = status;
          answer.body = Secret(std::string(body));
          return answer;
        });
  }
};

inline Profile device_profile() {
  Profile profile;
  profile.name = "alice";
  profile.token_url = "https://login.example/token";
  profile.device_url = "https://login.example/device";
  profile.client_id = "client-7";
  profile.scope = "mail offline";
  profile.refresh_token = Secret(std::string("R1"));
  return profile;
}

}  // namespace mboxferry::auth::stand_ins
