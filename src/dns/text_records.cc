// SPDX-License-Identifier: Apache-2.0
// Tags and their values.
#include "dns/text_records.h"

#include <fmt/format.h>

#include <algorithm>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/base64.h"
#include "mboxferry/dmarc/record.h"
#include "mboxferry/dns/name.h"

namespace mboxferry::dns {
namespace {

constexpr std::size_t kShownOfValue = 60;
constexpr std::size_t kLongestId = 32;

std::string_view trimmed(std::string_view part) {
  const std::size_t begin = part.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return {};
  return part.substr(begin, part.find_last_not_of(" \t") + 1 - begin);
}

/// True for `mailto:local@domain` and `https://host...`.
bool is_report_uri(std::string_view uri) {
  constexpr std::string_view kMailto = "mailto:";
  constexpr std::string_view kHttps = "https://";
  std::string_view host;
  if (equals_ignoring_case(uri.substr(0, kMailto.size()), kMailto)) {
    uri = uri.substr(0, uri.find('?'));
    const std::size_t at = uri.rfind('@');
    if (at == std::string_view::npos || at <= kMailto.size()) return false;
    host = uri.substr(at + 1);
  } else if (equals_ignoring_case(uri.substr(0, kHttps.size()), kHttps)) {
    uri.remove_prefix(kHttps.size());
    host = uri.substr(0, uri.find_first_of(":/?#"));
  }
  const auto name = Name::parse(host);
  return name && name->is_host();
}

}  // namespace

std::optional<std::string> tag_value(std::string_view text, std::string_view tag) {
  for (;;) {
    const std::size_t end = text.find(';');
    const std::string_view part = text.substr(0, end);
    const std::size_t equals = part.find('=');
    if (equals != std::string_view::npos && trimmed(part.substr(0, equals)) == tag)
      return std::string(trimmed(part.substr(equals + 1)));
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
}

std::string dmarc_mistake(std::string_view record) {
  for (const dmarc::Remark& remark : dmarc::parse_record(record).remarks)
    if (remark.level == dmarc::Remark::Level::error) return remark.text;
  return {};
}

std::string dkim_mistake(std::string_view record) {
  if (const auto version = tag_value(record, "v"); version && *version != "DKIM1")
    return fmt::format("v={}: the version is not DKIM1", version->substr(0, kShownOfValue));
  if (const auto kind = tag_value(record, "k"); kind && *kind != "rsa" && *kind != "ed25519")
    return fmt::format("k={}: no kind of key that receivers know", kind->substr(0, kShownOfValue));
  auto key = tag_value(record, "p");
  if (!key) return "it has no p= tag";
  std::erase_if(*key, [](char c) { return c == ' ' || c == '\t'; });
  return from_base64(*key) ? ""
                           : fmt::format("p={}: that is no Base64", key->substr(0, kShownOfValue));
}

std::string mta_sts_mistake(std::string_view record) {
  const auto id = tag_value(record, "id");
  if (!id || id->empty()) return "the record has no id";
  const bool fits = id->size() <= kLongestId && std::all_of(id->begin(), id->end(), [](char c) {
                      return is_letter(c) || is_digit(c);
                    });
  return fits ? ""
              : fmt::format("id={}: it is not up to 32 letters and digits",
                            id->substr(0, kShownOfValue));
}

std::string tls_rpt_mistake(std::string_view record) {
  const auto rua = tag_value(record, "rua");
  if (!rua || rua->empty()) return "the record has no rua= tag";
  for (std::string_view rest = *rua;;) {
    const std::size_t end = rest.find(',');
    const std::string_view uri = trimmed(rest.substr(0, end));
    if (!is_report_uri(uri))
      return fmt::format("rua={}: neither a mailto: nor an https: address",
                         uri.substr(0, kShownOfValue));
    if (end == std::string_view::npos) return {};
    rest.remove_prefix(end + 1);
  }
}

}  // namespace mboxferry::dns
