// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever a token service answers, what is granted is a token, and texts stay fit to
// be shown. The first two bytes are the status.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/auth/token_answer.h"

using namespace mboxferry;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

bool is_visible(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  http::Answer from;
  from.status = data[0] * 256 + data[1];
  from.body = Secret(std::string(reinterpret_cast<const char*>(data) + 2, size - 2));
  const auth::TokenAnswer answer = auth::read_token_answer(from, {});
  using Kind = auth::TokenAnswer::Kind;
  const bool granted = answer.kind == Kind::granted;
  require(granted == !answer.grant.access_token.reveal().empty());
  require(is_visible(answer.grant.access_token.reveal()));
  require(is_visible(answer.grant.refresh_token.reveal()));
  if (answer.grant.lifetime) require(answer.grant.lifetime->count() > 0);
  const std::string text = describe(answer.error);
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
  require(text.size() < 2000);
  return 0;
}
