// SPDX-License-Identifier: Apache-2.0
// The parts of a mail, as far as reports need them.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace mboxferry::dmarc {

/// A part without parts. The views are into the mail.
struct MailPart {
  std::string type;      ///< "application/gzip", in small letters
  std::string name;      ///< of the file, as the mail says; may be empty
  std::string encoding;  ///< "base64", in small letters
  std::string_view body;
};

/// The value of a header field, unfolded; empty when it is absent. The header ends at the first
/// empty line of `text`.
std::string field_value(std::string_view text, std::string_view name);

/// True when `text` begins with a line that only a mail's header has.
bool looks_like_mail(std::string_view text);

/// Gives `visit` each part, those of attached mails as well (RFC 2046). At most eight levels and
/// 1,000 parts; what is deeper is a part by itself. `visit` returns false to end the walk. False
/// when parts were left out for one of these bounds.
bool walk_parts(std::string_view mail, const std::function<bool(const MailPart&)>& visit);

/// The part's bytes, its transfer encoding undone, at most `most`; into `buffer` where it has one.
std::string_view decoded(const MailPart& part, std::size_t most, std::string& buffer);

}  // namespace mboxferry::dmarc
