// SPDX-License-Identifier: Apache-2.0
// Profiles to JSON and back.
#include "auth/profile_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "auth/json_values.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::auth {
namespace {

constexpr std::int64_t kLatest = 253'402'300'799;  // the end of the year 9999
constexpr std::string_view kFormat = "mboxferry token profile 1";

constexpr std::array<std::pair<const char*, std::string Profile::*>, 10> kTexts{{
    {"token_url", &Profile::token_url},
    {"device_url", &Profile::device_url},
    {"authorize_url", &Profile::authorize_url},
    {"redirect_host", &Profile::redirect_host},
    {"client_id", &Profile::client_id},
    {"scope", &Profile::scope},
    {"user", &Profile::user},
    {"ca_file", &Profile::ca_file},
    {"certificate_digest", &Profile::certificate_digest},
    {"key_id", &Profile::key_id},
}};
constexpr std::array<std::pair<const char*, Secret Profile::*>, 4> kSecrets{{
    {"client_secret", &Profile::client_secret},
    {"private_key", &Profile::private_key},
    {"refresh_token", &Profile::refresh_token},
    {"access_token", &Profile::access_token},
}};
constexpr std::array<std::pair<const char*, std::optional<std::int64_t> Profile::*>, 2> kTimes{{
    {"ends", &Profile::ends},
    {"renew_at", &Profile::renew_at},
}};

/// Not by the library, which would leave copies of secrets behind as its text grows.
void add_text(std::string& out, const char* name, std::string_view value) {
  out += ",\n  \"";
  out += name;
  out += "\": \"";
  for (const char c : value) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  out += '"';
}

std::optional<std::int64_t> time_of(const Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_number_integer()) return {};
  const auto time = member->get<std::int64_t>();
  if (time < 0 || time > kLatest) return {};
  return time;
}

}  // namespace

Secret profile_text(const Profile& profile) {
  constexpr std::size_t kLongestEscape = 6;
  std::size_t size = 1024;
  for (const auto& [name, member] : kTexts) size += (profile.*member).size() * kLongestEscape;
  for (const auto& [name, member] : kSecrets)
    size += (profile.*member).reveal().size() * kLongestEscape;
  std::string out;
  out.reserve(size);
  out += "{\n  \"format\": \"";
  out += kFormat;
  out += '"';
  add_text(out, "flow", flow_name(profile.flow));
  for (const auto& [name, member] : kTexts) add_text(out, name, profile.*member);
  for (const auto& [name, member] : kTimes) {
    if (profile.*member) out += fmt::format(",\n  \"{}\": {}", name, *(profile.*member));
  }
  for (const auto& [name, member] : kSecrets) add_text(out, name, (profile.*member).reveal());
  out += "\n}\n";
  return Secret(std::move(out));
}

std::optional<Profile> profile_from_text(std::string_view text) {
  Json json = Json::parse(text.begin(), text.end(), nullptr, false);
  if (!json.is_object() || text_of(json, "format") != kFormat) return {};
  const auto flow = flow_from_name(text_of(json, "flow"));
  if (!flow) return {};
  Profile profile;
  profile.flow = *flow;
  for (const auto& [name, member] : kTexts) {
    profile.*member = text_of(json, name);
    // Logins take nothing else (RFC 6749 appendix A), and nothing else is shown.
    if (!all_printable_ascii(profile.*member)) return {};
  }
  if (profile.redirect_host.empty()) profile.redirect_host = Profile().redirect_host;
  for (const auto& [name, member] : kTimes) profile.*member = time_of(json, name);
  for (const auto& [name, member] : kSecrets) profile.*member = take_secret(json, name);
  for (const Secret& token : {profile.refresh_token, profile.access_token}) {
    if (!token.reveal().empty() && !is_token(token.reveal())) return {};
  }
  if (profile.token_url.empty() || profile.client_id.empty()) return {};
  return profile;
}

}  // namespace mboxferry::auth
