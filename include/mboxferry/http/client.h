// SPDX-License-Identifier: Apache-2.0
// A small HTTPS client: one request, one bounded answer.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/result.h"
#include "mboxferry/base/secret.h"

namespace mboxferry::http {

/// How requests are made. `interrupt` outlives them; null: nothing ends a wait but time.
struct ClientOptions {
  std::string ca_file;                        ///< PEM; empty: the system's certificates
  std::chrono::milliseconds timeout{30'000};  ///< for the whole exchange, redirections included
  std::size_t most_bytes = std::size_t{1} << 20U;  ///< of a body
  const Cancellation* interrupt = nullptr;
};

/// GET, POST where there is a form, or PATCH. Not both of the latter.
struct Request {
  std::string url;  ///< `https://…`, without user name and password
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<Secret> form = {};    ///< sent as application/x-www-form-urlencoded
  std::optional<Secret> patch = {};   ///< sent by PATCH as application/json
  std::optional<Secret> bearer = {};  ///< the token of an Authorization header (RFC 6750)
};

/// Any status is an answer.
struct Answer {
  long status = 0;
  std::string content_type;                         ///< printable, bounded; empty: not told
  Secret body;                                      ///< may hold tokens
  std::optional<std::chrono::seconds> retry_after;  ///< of a 429 or 503
};

/// Sends one request over TLS 1.2 or later, with the server's certificate and name verified; never
/// in the clear. A redirection is followed for a GET and within one host and port, three times at
/// most. Errors: `usage` (the URL), `configuration` (no libcurl), `unavailable`, `tls`, `protocol`
/// (too long, or led elsewhere), `interrupted`. No text holds anything of the form, the headers or
/// the body. Any thread; blocks.
Result<Answer> send(const Request& request, const ClientOptions& options);

/// Text as it stands in a form or in the query of a URL (RFC 3986 section 2.1).
std::string url_encoded(std::string_view text);

}  // namespace mboxferry::http
