// SPDX-License-Identifier: Apache-2.0
// Values out of JSON that others have written.
#include "auth/json_values.h"

#include <algorithm>
#include <utility>

namespace mboxferry::auth {
namespace {

constexpr std::size_t kLongestToken = 16u << 10U;

}  // namespace

std::string shown(std::string_view text, std::size_t most) {
  std::string out(text.substr(0, most));
  std::replace_if(
      out.begin(), out.end(), [](char c) { return c < 0x20 || c > 0x7e; }, '?');
  return out;
}

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
  return !text.empty() && text.size() <= kLongestToken &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7f; });
}

}  // namespace mboxferry::auth
