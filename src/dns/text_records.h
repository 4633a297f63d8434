// SPDX-License-Identifier: Apache-2.0
// What is wrong with the text of a record by itself, before anybody is asked.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace mboxferry::dns {

/// The value of `tag` in `tag=value; ...`; nothing when it is not there.
std::optional<std::string> tag_value(std::string_view text, std::string_view tag);

/// The first mistake in a record of its kind; empty: there is none.
std::string dmarc_mistake(std::string_view record);
/// RFC 6376 section 3.6.1; an empty p is none: it revokes the key.
std::string dkim_mistake(std::string_view record);
/// RFC 8461 section 3.1.
std::string mta_sts_mistake(std::string_view record);
/// RFC 8460 section 3.
std::string tls_rpt_mistake(std::string_view record);

}  // namespace mboxferry::dns
