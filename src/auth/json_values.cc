// SPDX-License-Identifier: Apache-2.0
// Values out of JSON that others have written.
#include "auth/json_values.h"

#include <utility>

#include "mboxferry/base/ascii.h"

namespace mboxferry::auth {
namespace {

constexpr std::size_t kLongestToken = 16u << 10U;

}  // namespace

std::string text_of(const Json& json, const char* name) {
  const auto member = json.find(name);
  return member != json.end() && member->is_string() ? member->get<std::string>() : std::string();
}

Secret take_secret(Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_string()) return {};
  return Secret(std::move(member->get_ref<std::string&>()));
}

bool is_token(std::string_view text) {
  return !text.empty() && text.size() <= kLongestToken && all_visible(text);
}

}  // namespace mboxferry::auth
