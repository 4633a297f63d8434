// SPDX-License-Identifier: Apache-2.0
// Reads one line of HTTP and the query in it.
#include "auth/redirect_request.h"

#include <algorithm>
#include <map>
#include <utility>

#include "auth/json_values.h"
#include "mboxferry/base/percent.h"
#include "mboxferry/base/words.h"

namespace mboxferry::auth {
namespace {

using Fields = std::map<std::string, std::string, std::less<>>;

/// Nothing when a field is there twice (RFC 6749 section 3.1) or is no text of a form.
std::optional<Fields> fields_of(std::string_view query) {
  Fields fields;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(query.size(), field.size() + 1));
    if (field.empty()) continue;
    const std::size_t equals = std::min(field.find('='), field.size());
    std::string value(field.substr(std::min(field.size(), equals + 1)));
    std::replace(value.begin(), value.end(), '+', ' ');
    const auto name = percent_decoded(field.substr(0, equals));
    auto decoded = percent_decoded(value);
    if (!name || !decoded || !fields.emplace(*name, *std::move(decoded)).second) return {};
  }
  return fields;
}

std::string take_field(Fields& fields, std::string_view name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string() : std::exchange(found->second, {});
}

}  // namespace

std::optional<Redirect> read_redirect(std::string_view request, std::string_view path,
                                      std::string_view state) {
  constexpr std::string_view kMethod = "GET ";
  constexpr std::string_view kVersion = " HTTP/1.";
  const std::string_view line = request.substr(0, request.find_first_of("\r\n"));
  const std::size_t end = line.rfind(kVersion);
  if (!line.starts_with(kMethod) || end == std::string_view::npos || end < kMethod.size())
    return {};
  const std::string_view target = line.substr(kMethod.size(), end - kMethod.size());
  const std::size_t question = target.find('?');
  if (question == std::string_view::npos || target.substr(0, question) != path) return {};
  auto fields = fields_of(target.substr(question + 1));
  if (!fields || state.empty() || take_field(*fields, "state") != state) return {};
  Redirect redirect;
  redirect.error = printable_ascii(take_field(*fields, "error"));
  redirect.description = printable_ascii(take_field(*fields, "error_description"));
  redirect.code = Secret(take_field(*fields, "code"));
  if (redirect.error.empty() && !is_token(redirect.code.reveal())) return {};
  return redirect;
}

}  // namespace mboxferry::auth
