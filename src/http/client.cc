// SPDX-License-Identifier: Apache-2.0
// A small HTTPS client on libcurl.
#include "mboxferry/http/client.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

#include "http/curl_library.h"
#include "http/url.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/base/words.h"

namespace mboxferry::http {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kMostRedirections = 3;
constexpr std::size_t kMostHeaders = std::size_t{64} << 10U;

/// What libcurl was told to put where, and how much of it.
struct Exchange {
  std::string body;
  std::size_t most_bytes = 0;
  std::size_t header_bytes = 0;
  bool too_long = false;
  const Cancellation* interrupt = nullptr;
};

std::size_t take_body(char* data, std::size_t, std::size_t count, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  if (exchange.body.size() + count > exchange.most_bytes) {
    exchange.too_long = true;
    return 0;
  }
  exchange.body.append(data, count);  // reserved: no reallocation leaves a copy behind
  return count;
}

std::size_t count_header(char*, std::size_t, std::size_t count, void* user) noexcept {
  auto& exchange = *static_cast<Exchange*>(user);
  exchange.header_bytes += count;
  if (exchange.header_bytes <= kMostHeaders) return count;
  exchange.too_long = true;
  return 0;
}

int look_for_interrupt(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) noexcept {
  const auto& exchange = *static_cast<const Exchange*>(user);
  return exchange.interrupt != nullptr && exchange.interrupt->requested() ? 1 : 0;
}

bool is_about_tls(CURLcode code) {
  constexpr std::array<CURLcode, 8> kTls{
      CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
      CURLE_SSL_ISSUER_ERROR,  CURLE_SSL_INVALIDCERTSTATUS,    CURLE_SSL_CIPHER,
      CURLE_USE_SSL_FAILED,    CURLE_SSL_CERTPROBLEM};
  return std::find(kTls.begin(), kTls.end(), code) != kTls.end();
}

Error error_of(CURLcode code, const std::string& place, std::string_view details,
               const Exchange& exchange) {
  if (exchange.too_long) {
    return {ErrorCode::protocol, place + ": the answer is too long",
            "check that this is the address of the service"};
  }
  if (code == CURLE_ABORTED_BY_CALLBACK)
    return {ErrorCode::interrupted, place + ": interrupted while waiting for the answer", ""};
  const std::string why =
      printable_ascii(details.empty() ? (*curl_library())->easy_strerror(code) : details);
  if (is_about_tls(code)) {
    return {ErrorCode::tls, fmt::format("{}: no trusted connection: {}", place, why),
            "a private authority is named with --ca-file"};
  }
  return {ErrorCode::unavailable,
          fmt::format("{}: no answer: {}", place, why),
          "check the address and the network, and run the same command again",
          ErrorScope::session,
          {Retry::When::later, {}}};
}

Error bad_header(std::string_view name) {
  return {ErrorCode::usage, "the header " + printable_ascii(name) + " cannot be sent", ""};
}

/// `line` is copied by the library.
Result<void> add_header(const CurlLibrary& library, CurlList& list, const char* line,
                        std::size_t size, std::string_view name) {
  const std::string_view text(line, size);
  if (text.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return bad_header(name);
  curl_slist* const longer = library.slist_append(list.get(), line);
  if (longer == nullptr) return bad_header(name);
  static_cast<void>(list.release());
  list.reset(longer);
  return ok();
}

Result<CurlList> headers_of(const CurlLibrary& library, const Request& request) {
  CurlList list;
  for (const auto& [name, value] : request.headers) {
    const std::string line = name + ": " + value;
    MBOXFERRY_TRY(add_header(library, list, line.c_str(), line.size(), name));
  }
  if (request.bearer) {
    constexpr std::string_view kName = "Authorization";
    constexpr std::string_view kScheme = ": Bearer ";
    const std::string_view token = request.bearer->reveal();
    std::string text;
    text.reserve(kName.size() + kScheme.size() + token.size() + 1);
    text.append(kName).append(kScheme).append(token);
    text += '\0';  // the end of the line for the library
    const Secret line(std::move(text));
    MBOXFERRY_TRY(add_header(library, list, line.reveal().data(), line.reveal().size() - 1, kName));
  }
  if (request.patch) {
    constexpr std::string_view kType = "Content-Type: application/json";
    MBOXFERRY_TRY(add_header(library, list, kType.data(), kType.size(), kType));
  }
  return list;
}

class Curl {
 public:
  static Result<Curl> make() {
    MBOXFERRY_ASSIGN(const CurlLibrary* library, curl_library());
    Curl curl(*library);
    if (!curl.handle_) return Error{ErrorCode::internal, "the HTTPS library does not start", ""};
    return curl;
  }

  template <typename Value>
  void set(CURLoption option, Value value) {
    if (library_->easy_setopt(handle_.get(), option, value) != CURLE_OK) refused_ = true;
  }
  template <typename Value>
  [[nodiscard]] Value info(CURLINFO what) const {
    Value value{};
    library_->easy_getinfo(handle_.get(), what, &value);
    return value;
  }
  /// True when an option was not taken: nothing is sent then, it may have been one about trust.
  [[nodiscard]] bool refused() const { return refused_; }
  CURLcode perform() { return library_->easy_perform(handle_.get()); }
  [[nodiscard]] const CurlLibrary& library() const { return *library_; }

 private:
  explicit Curl(const CurlLibrary& library) : library_(&library), handle_(library.easy_init()) {}

  const CurlLibrary* library_;
  CurlHandle handle_;
  bool refused_ = false;
};

void set_trust(Curl& curl, const ClientOptions& options) {
  curl.set(CURLOPT_PROTOCOLS_STR, "https");
  curl.set(CURLOPT_FOLLOWLOCATION, 0L);
  curl.set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  curl.set(CURLOPT_SSL_VERIFYPEER, 1L);
  curl.set(CURLOPT_SSL_VERIFYHOST, 2L);
  if (!options.ca_file.empty()) {
    curl.set(CURLOPT_CAINFO, options.ca_file.c_str());
    curl.set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  }
}

/// What goes to the service besides headers; null: nothing.
const Secret* sent_by(const Request& request) {
  if (request.patch) return &*request.patch;
  return request.form ? &*request.form : nullptr;
}

std::string place_of(const Origin& origin) { return origin.host + ":" + origin.port; }

/// One request, without following anything; `target` gets where a redirection leads.
Result<Answer> send_once(const Request& request, const std::string& url, const Origin& origin,
                         const ClientOptions& options, Clock::time_point until,
                         std::string& target) {
  MBOXFERRY_ASSIGN(Curl curl, Curl::make());
  MBOXFERRY_ASSIGN(const CurlList headers, headers_of(curl.library(), request));
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
  Exchange exchange;
  exchange.most_bytes = options.most_bytes;
  exchange.body.reserve(options.most_bytes);
  exchange.interrupt = options.interrupt;
  std::array<char, CURL_ERROR_SIZE> details{};
  set_trust(curl, options);
  curl.set(CURLOPT_URL, url.c_str());
  curl.set(CURLOPT_ERRORBUFFER, details.data());
  curl.set(CURLOPT_NOSIGNAL, 1L);
  curl.set(CURLOPT_TIMEOUT_MS, std::max<long>(1, static_cast<long>(left.count())));
  curl.set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl.set(CURLOPT_USERAGENT, "mboxferry/" MBOXFERRY_VERSION);
  curl.set(CURLOPT_HTTPHEADER, headers.get());
  curl.set(CURLOPT_WRITEFUNCTION, &take_body);
  curl.set(CURLOPT_WRITEDATA, &exchange);
  curl.set(CURLOPT_HEADERFUNCTION, &count_header);
  curl.set(CURLOPT_HEADERDATA, &exchange);
  curl.set(CURLOPT_XFERINFOFUNCTION, &look_for_interrupt);
  curl.set(CURLOPT_XFERINFODATA, &exchange);
  curl.set(CURLOPT_NOPROGRESS, 0L);
  if (const Secret* const sent = sent_by(request)) {
    // Not copied by the library.
    curl.set(CURLOPT_POSTFIELDSIZE, static_cast<long>(sent->reveal().size()));
    curl.set(CURLOPT_POSTFIELDS, sent->reveal().data());
  }
  if (request.patch) curl.set(CURLOPT_CUSTOMREQUEST, "PATCH");
  if (curl.refused())
    return Error{ErrorCode::internal, "the HTTPS library lacks what a safe request needs", ""};
  const CURLcode code = curl.perform();
  Secret body(std::move(exchange.body));
  if (code != CURLE_OK) return error_of(code, place_of(origin), details.data(), exchange);
  Answer answer;
  answer.status = curl.info<long>(CURLINFO_RESPONSE_CODE);
  if (const char* type = curl.info<char*>(CURLINFO_CONTENT_TYPE))
    answer.content_type = printable_ascii(type);
  if (const auto wait = curl.info<curl_off_t>(CURLINFO_RETRY_AFTER); wait > 0)
    answer.retry_after = std::chrono::seconds(wait);
  if (const char* location = curl.info<char*>(CURLINFO_REDIRECT_URL)) target = location;
  answer.body = std::move(body);
  return answer;
}

}  // namespace

Result<Answer> send(const Request& request, const ClientOptions& options) {
  // Whoever writes it decides which service gets the tokens.
  if (!options.ca_file.empty())
    MBOXFERRY_TRY(refuse_writable_by_others("CA file", options.ca_file));
  MBOXFERRY_ASSIGN(const Origin origin, origin_of(request.url));
  const auto until = Clock::now() + options.timeout;
  std::string url = request.url;
  for (int hops = 0;; ++hops) {
    std::string target;
    MBOXFERRY_ASSIGN(Answer answer, send_once(request, url, origin, options, until, target));
    if (target.empty()) return answer;
    const auto next = origin_of(target);
    const std::string where = next ? place_of(*next) : "a place without TLS";
    if (!next || *next != origin || sent_by(request) != nullptr || hops == kMostRedirections) {
      return Error{ErrorCode::protocol,
                   fmt::format("{}: the service sends us to {}, and is not followed there",
                               place_of(origin), printable_ascii(where)),
                   "use the address that it leads to, if you trust it"};
    }
    url = target;
  }
}

}  // namespace mboxferry::http
