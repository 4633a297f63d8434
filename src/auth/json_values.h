// SPDX-License-Identifier: Apache-2.0
// Values out of JSON that others have written.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "mboxferry/base/secret.h"

namespace mboxferry::auth {

using Json = nlohmann::json;

/// A member that is a text; empty when there is none.
std::string text_of(const Json& json, const char* name);

/// Takes the text out, so that no copy of it stays behind in the document.
Secret take_secret(Json& json, const char* name);

/// RFC 6749 appendix A.12, A.17: visible characters. A header or form could not carry others.
bool is_token(std::string_view text);

}  // namespace mboxferry::auth
