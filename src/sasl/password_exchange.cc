// SPDX-License-Identifier: Apache-2.0
// Mechanisms for passwords: PLAIN (RFC 4616), LOGIN (draft-murchison-sasl-login), SCRAM.
#include <openssl/rand.h>

#include <array>
#include <utility>

#include "mboxferry/base/base64.h"
#include "mboxferry/base/words.h"
#include "mboxferry/sasl/exchange.h"
#include "sasl/scram.h"

namespace mboxferry::sasl {
namespace {

Error too_many_challenges() {
  return {ErrorCode::protocol, "the server asks for more than the mechanism has to say",
          "choose another one with --auth"};
}

class PlainExchange final : public Exchange {
 public:
  PlainExchange(const LoginNames& names, const Secret& password) {
    using namespace std::string_view_literals;
    message_ = Secret(joined({names.authorisation, "\0"sv, names.user, "\0"sv, password.reveal()}));
  }
  [[nodiscard]] std::optional<Secret> initial() const override { return message_; }
  Result<Secret> answer(const std::optional<std::string>&) override {
    return too_many_challenges();
  }

 private:
  Secret message_;
};

/// Asked for two things, which servers call by different words.
class LoginExchange final : public Exchange {
 public:
  LoginExchange(std::string user, Secret password)
      : user_(std::move(user)), password_(std::move(password)) {}
  [[nodiscard]] std::optional<Secret> initial() const override { return {}; }
  Result<Secret> answer(const std::optional<std::string>&) override {
    if (++asked_ == 1) return Secret(std::string(user_));
    if (asked_ == 2) return password_;
    return too_many_challenges();
  }

 private:
  std::string user_;
  Secret password_;
  int asked_ = 0;
};

std::string random_nonce() {
  std::string bytes(18, '\0');
  // Without randomness nothing is sent: an empty nonce matches no answer.
  if (RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(bytes.size())) !=
      1) {
    return {};
  }
  return base64(bytes);
}

class ScramExchange final : public Exchange {
 public:
  explicit ScramExchange(ScramClient client) : client_(std::move(client)) {}
  [[nodiscard]] std::optional<Secret> initial() const override { return Secret(client_.first()); }
  Result<Secret> answer(const std::optional<std::string>& challenge) override {
    if (step_ == Step::begun && challenge) {
      step_ = Step::proven;
      MBOXFERRY_ASSIGN(std::string final_message, client_.final_for(*challenge));
      return Secret(std::move(final_message));
    }
    if (step_ == Step::proven && challenge) {
      // Servers that are not convinced may say why before the NO.
      if (challenge->starts_with("e=")) {
        reason_ = printable(challenge->substr(2));
        return Secret();
      }
      MBOXFERRY_TRY(client_.check(*challenge));
      step_ = Step::checked;
      return Secret();
    }
    return too_many_challenges();
  }
  [[nodiscard]] Result<void> finish() const override {
    if (step_ == Step::checked) return ok();
    return Error{ErrorCode::protocol, "the server did not prove that it knows the password",
                 "someone may be playing the server; check its certificate"};
  }
  [[nodiscard]] std::string reason() const override { return reason_; }

 private:
  enum class Step { begun, proven, checked };

  ScramClient client_;
  Step step_ = Step::begun;
  std::string reason_;
};

}  // namespace

std::string joined(std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::string whole;
  whole.reserve(size);
  for (const std::string_view part : parts) whole += part;
  return whole;
}

std::unique_ptr<Exchange> password_exchange(LoginWay way, const LoginNames& names,
                                            const Secret& password, ScramBinding binding) {
  if (way == LoginWay::plain) return std::make_unique<PlainExchange>(names, password);
  if (!is_scram(way)) return std::make_unique<LoginExchange>(names.user, password);
  const bool sha1 = way == LoginWay::scram_sha_1 || way == LoginWay::scram_sha_1_plus;
  if (!is_channel_bound(way)) binding.tls_exporter.reset();
  return std::make_unique<ScramExchange>(ScramClient(sha1 ? ScramHash::sha1 : ScramHash::sha256,
                                                     names.authorisation, names.user, password,
                                                     std::move(binding), random_nonce()));
}

}  // namespace mboxferry::sasl
