// SPDX-License-Identifier: Apache-2.0
// What a server found out about a message's sender.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry::policy {

/// The domain, as it is compared, for which the topmost Authentication-Results field (RFC 8601) of
/// the server `authserv_id` says `dmarc=pass` with `header.from`; empty when there is no such field
/// or it does not say so. `fields` has a value on each line.
std::string authenticated_domain(std::string_view fields, std::string_view authserv_id);

}  // namespace mboxferry::policy
