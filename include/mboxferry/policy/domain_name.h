// SPDX-License-Identifier: Apache-2.0
// Domain names in the form in which they are compared.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry::policy {

/// Appends `domain` in small letters, labels beyond ASCII as A-labels (RFC 5890), without a dot at
/// its end. False, and it is appended as it is in small letters, when it is no name that IDNA
/// knows.
bool append_compared_domain(std::string& out, std::string_view domain);

/// The same with Unicode in the place of A-labels.
std::string unicode_domain(std::string_view domain);

/// True when everybody's names are below `domain` (the Public Suffix List): "ru", "co.uk".
bool is_public_suffix(std::string_view domain);
/// The public suffix of `domain` and one label more, which is the organizational domain of RFC 7489
/// section 3.2; empty when `domain` is a public suffix itself. `domain` is in the compared form.
std::string registrable_domain(std::string_view domain);
/// The same as is_public_suffix() without the rule that a top-level domain that is not in the list
/// is one as well.
bool is_listed_suffix(std::string_view domain);

}  // namespace mboxferry::policy
