// SPDX-License-Identifier: Apache-2.0
// pugixml, which expands no entities of a document's own.
#include "dmarc/xml_part.h"

#include <algorithm>
#include <array>

#include "mboxferry/base/ascii.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/message/charset.h"

namespace mboxferry::dmarc {
namespace {

constexpr std::string_view kBlankCharacters = " \t\r\n";

/// All elements of both standards' reports, and of drafts.
constexpr std::array<std::string_view, 44> kElements{"adkim",
                                                     "aspf",
                                                     "auth_results",
                                                     "begin",
                                                     "comment",
                                                     "count",
                                                     "date_range",
                                                     "discovery_method",
                                                     "disposition",
                                                     "dkim",
                                                     "domain",
                                                     "email",
                                                     "end",
                                                     "envelope_from",
                                                     "envelope_to",
                                                     "error",
                                                     "extension",
                                                     "extra_contact_info",
                                                     "feedback",
                                                     "fo",
                                                     "generator",
                                                     "header_from",
                                                     "human_result",
                                                     "identifiers",
                                                     "identities",
                                                     "np",
                                                     "org_name",
                                                     "p",
                                                     "pct",
                                                     "policy_evaluated",
                                                     "policy_published",
                                                     "reason",
                                                     "record",
                                                     "report_id",
                                                     "report_metadata",
                                                     "result",
                                                     "row",
                                                     "scope",
                                                     "selector",
                                                     "source_ip",
                                                     "sp",
                                                     "spf",
                                                     "testing",
                                                     "type"};

/// True when a tag of a report is at the beginning of `text`, which begins with `<`.
bool begins_with_tag(std::string_view text) {
  text.remove_prefix(1);
  if (text.starts_with('/')) text.remove_prefix(1);
  std::string_view name = text.substr(0, text.find_first_of(" \t\r\n/>"));
  name.remove_prefix(name.find(':') + 1);
  return std::find(kElements.begin(), kElements.end(), name) != kElements.end();
}

std::string_view declared_charset(std::string_view text) {
  if (!text.starts_with("<?xml")) return {};
  const std::string_view declaration = text.substr(0, text.find("?>"));
  const std::size_t at = declaration.find("encoding");
  if (at == std::string_view::npos) return {};
  const std::size_t begin = declaration.find_first_of("\"'", at);
  if (begin == std::string_view::npos) return {};
  const std::size_t end = declaration.find(declaration[begin], begin + 1);
  return end == std::string_view::npos ? std::string_view()
                                       : declaration.substr(begin + 1, end - begin - 1);
}

}  // namespace

bool XmlPart::parse(std::string_view text) {
  constexpr unsigned kOptions = pugi::parse_cdata | pugi::parse_escapes | pugi::parse_eol |
                                pugi::parse_trim_pcdata | pugi::parse_embed_pcdata;
  const auto result =
      document_.load_buffer(text.data(), text.size(), kOptions, pugi::encoding_utf8);
  return result.status == pugi::status_ok && document_.first_child();
}

bool XmlPart::read(std::string_view text) {
  was_repaired_ = false;
  if (text.size() > kMostPartBytes) return false;
  if (parse(text)) return true;
  repaired_.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '<' && !begins_with_tag(text.substr(i)))
      repaired_ += "&lt;";
    else if (text[i] != '\0')
      repaired_ += text[i];
  }
  was_repaired_ = true;
  return parse(repaired_);
}

std::string_view local_name(pugi::xml_node node) {
  std::string_view name = node.name();
  name.remove_prefix(name.find(':') + 1);
  return name;
}

std::string text_of(pugi::xml_node node) {
  std::string_view text = node.text().get();
  text.remove_prefix(std::min(text.find_first_not_of(kBlankCharacters), text.size()));
  text = text.substr(0, text.find_last_not_of(kBlankCharacters) + 1);
  const bool is_ascii = std::all_of(text.begin(), text.end(),
                                    [](char c) { return static_cast<signed char>(c) >= 0; });
  return is_ascii || is_utf8(text) ? std::string(text) : to_utf8(text);
}

std::string_view xml_in_utf8(std::string_view text, std::string& buffer) {
  if (text.starts_with("\xEF\xBB\xBF")) return text.substr(3);
  const bool big = text.starts_with("\xFE\xFF") || text.starts_with(std::string_view("\0<", 2));
  const bool little = text.starts_with("\xFF\xFE") || text.starts_with(std::string_view("<\0", 2));
  if (big || little) {
    buffer.clear();
    for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
      const auto unit = [&](std::size_t at) {
        const auto high = static_cast<unsigned char>(text[big ? at : at + 1]);
        const auto low = static_cast<unsigned char>(text[big ? at + 1 : at]);
        return static_cast<char32_t>(high << 8 | low);
      };
      char32_t code = unit(i);
      if (code >= 0xD800 && code < 0xDC00 && i + 3 < text.size()) {
        const char32_t low = unit(i + 2);
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          i += 2;
        }
      }
      if (code >= 0xD800 && code < 0xE000) code = 0xFFFD;
      if (code != 0xFEFF) append_utf8(buffer, code);
    }
    return buffer;
  }
  const std::string_view charset = declared_charset(text);
  if (charset.empty() || equals_ignoring_case(charset, "utf-8") ||
      equals_ignoring_case(charset, "us-ascii") || !message::is_known_charset(charset))
    return text;
  buffer = message::charset_to_utf8(text, charset);
  return buffer;
}

}  // namespace mboxferry::dmarc
