// SPDX-License-Identifier: Apache-2.0
// Whom to log in.

#include "mboxferry/base/ascii.h"
#include "mboxferry/sasl/exchange.h"

namespace mboxferry::sasl {
namespace {

// Between the names of the user and of a master user; no name begins with one.
constexpr std::string_view kSeparators = "*%+/!|";

}  // namespace

LoginNames login_names(const std::string& user, const std::string& login_as) {
  if (login_as.empty()) return {user, {}};
  const bool is_suffix = kSeparators.find(login_as.front()) != std::string_view::npos;
  return is_suffix ? LoginNames{user + login_as, {}} : LoginNames{login_as, user};
}

bool have_one_form(const LoginNames& names, const Secret& password) {
  return all_printable_ascii(password.reveal()) && all_printable_ascii(names.user) &&
         all_printable_ascii(names.authorisation);
}

}  // namespace mboxferry::sasl
