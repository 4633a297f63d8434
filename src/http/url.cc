// SPDX-License-Identifier: Apache-2.0
// Which URLs are asked at all.
#include "http/url.h"

#include <algorithm>
#include <string_view>

#include "http/curl_library.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/http/client.h"

namespace mboxferry::http {
namespace {

constexpr std::string_view kScheme = "https://";

/// Not with the URL: what is no URL may be a secret in the wrong place.
Error no_url() {
  return {ErrorCode::usage, "this is no URL that begins with https:// and names a host",
          "requests go over TLS only: use the https address of the service"};
}

std::string part_of(const CurlLibrary& library, const CurlUrl& url, CURLUPart part,
                    unsigned flags = 0) {
  char* text = nullptr;
  if (library.url_get(url.get(), part, &text, flags) != CURLUE_OK) return {};
  const CurlText owned(text);
  return text;
}

}  // namespace

Result<Origin> origin_of(const std::string& url) {
  // libcurl takes one slash or three for two.
  const std::string_view rest = std::string_view(url).substr(std::min(url.size(), kScheme.size()));
  const bool is_https = equals_ignoring_case(url.substr(0, kScheme.size()), kScheme);
  if (!all_visible(url) || !is_https || rest.empty() || rest.front() == '/') return no_url();
  MBOXFERRY_ASSIGN(const CurlLibrary* library, curl_library());
  const CurlUrl parsed(library->url());
  if (!parsed || library->url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK)
    return no_url();
  if (part_of(*library, parsed, CURLUPART_SCHEME) != "https") return no_url();
  if (!part_of(*library, parsed, CURLUPART_USER).empty() ||
      !part_of(*library, parsed, CURLUPART_PASSWORD).empty()) {
    return Error{ErrorCode::usage, "a URL with a user name or a password is not asked",
                 "take them out of it"};
  }
  Origin origin{part_of(*library, parsed, CURLUPART_HOST),
                part_of(*library, parsed, CURLUPART_PORT, CURLU_DEFAULT_PORT)};
  if (origin.host.empty()) return no_url();
  std::transform(origin.host.begin(), origin.host.end(), origin.host.begin(), to_lower);
  return origin;
}

std::string url_encoded(std::string_view text) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4U];
      out += kHex[byte & 0xfU];
    }
  }
  return out;
}

}  // namespace mboxferry::http
