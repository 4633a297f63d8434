// SPDX-License-Identifier: Apache-2.0
// Whom to log in.
#include <algorithm>

#include "mboxferry/sasl/exchange.h"

namespace mboxferry::sasl {
namespace {

// Between the names of the user and of a master user; no name begins with one.
constexpr std::string_view kSeparators = "*%+/!|";

bool is_printable_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

}  // namespace

LoginNames login_names(const std::string& user, const std::string& login_as) {
  if (login_as.empty()) return {user, {}};
  const bool is_suffix = kSeparators.find(login_as.front()) != std::string_view::npos;
  return is_suffix ? LoginNames{user + login_as, {}} : LoginNames{login_as, user};
}

bool have_one_form(const LoginNames& names, const Secret& password) {
  return is_printable_ascii(password.reveal()) && is_printable_ascii(names.user) &&
         is_printable_ascii(names.authorisation);
}

}  // namespace mboxferry::sasl
