// SPDX-License-Identifier: Apache-2.0
// dmarc-urilist of RFC 7489 section 6.4 and RFC 9989 section 4.8.
#include "dmarc/report_address.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "dmarc/tag_list.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/policy/domain_name.h"

namespace mboxferry::dmarc {
namespace {

/// More than two need not be served (RFC 7489 section 6.2).
constexpr std::size_t kMostAddresses = 2;

/// True when a scheme is in front of a colon (RFC 3986 section 3.1).
bool has_scheme(std::string_view uri) {
  const std::size_t colon = uri.find(':');
  return colon != std::string_view::npos && colon > 0 && is_letter(uri.front()) &&
         std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon), [](char c) {
           return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
         });
}

std::string percent_decoded(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    unsigned byte = 0;
    if (text.front() == '%' && text.size() >= 3 && text[1] != '-' &&
        std::from_chars(text.data() + 1, text.data() + 3, byte, 16).ptr == text.data() + 3) {
      out += static_cast<char>(byte);
      text.remove_prefix(3);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

/// Digits and at most one of k, m, g, t.
bool is_size(std::string_view text) {
  if (!text.empty() &&
      std::string_view("kmgt").find(to_lower(text.back())) != std::string_view::npos)
    text.remove_suffix(1);
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

class AddressReader {
 public:
  AddressReader(const Tag& tag, std::vector<Remark>& remarks) : tag_(tag), remarks_(remarks) {}

  std::optional<ReportAddress> read(const Piece& piece) {
    ReportAddress found;
    found.offset = piece.offset;
    std::string_view uri = piece.text;
    if (const std::size_t mark = uri.rfind('!'); mark != std::string_view::npos) {
      found.limit = uri.substr(mark + 1);
      uri = uri.substr(0, mark);
      if (!is_size(found.limit))
        return nothing(piece, fmt::format("'!{}' is no size such as !10m", found.limit));
      remark(piece,
             fmt::format("the size limit '!{}' is obsolete, and RFC 9989 ignores it", found.limit));
    }
    found.uri = uri;
    if (!has_scheme(uri))
      return nothing(piece, fmt::format("'{}' is no URI; write mailto:{}", uri.substr(0, 60),
                                        uri.substr(0, 60)));
    if (!equals_ignoring_case(uri.substr(0, kMailto.size()), kMailto)) {
      remark(piece, fmt::format("'{}': only mailto: is defined, so nothing is sent there",
                                uri.substr(0, 60)));
      return found;
    }
    std::string_view address = uri.substr(kMailto.size());
    address = address.substr(0, address.find('?'));
    found.address = percent_decoded(address);
    const std::size_t at = found.address.rfind('@');
    if (at == std::string::npos || at == 0 || at + 1 == found.address.size()) {
      remark(piece, fmt::format("'{}' has no address NAME@DOMAIN, so nothing is sent there",
                                uri.substr(0, 60)));
      found.address.clear();
      return found;
    }
    policy::append_compared_domain(found.domain, std::string_view(found.address).substr(at + 1));
    return found;
  }

 private:
  void remark(const Piece& piece, std::string text) {
    remarks_.push_back({Remark::Level::warning, piece.offset, tag_.name, std::move(text)});
  }
  std::optional<ReportAddress> nothing(const Piece& piece, std::string text) {
    remarks_.push_back({Remark::Level::error, piece.offset, tag_.name, std::move(text)});
    return {};
  }

  const Tag& tag_;
  std::vector<Remark>& remarks_;
};

}  // namespace

std::vector<ReportAddress> read_report_addresses(const Tag& tag, std::vector<Remark>& remarks) {
  std::vector<ReportAddress> addresses;
  AddressReader reader(tag, remarks);
  for (const Piece& raw : split({tag.value, tag.value_offset}, ',')) {
    const Piece piece = trimmed(raw);
    if (piece.text.empty()) {
      remarks.push_back({Remark::Level::error, raw.offset, tag.name,
                         "there is no address between two commas, or none at all"});
      continue;
    }
    if (auto address = reader.read(piece)) addresses.push_back(std::move(*address));
  }
  if (addresses.size() > kMostAddresses)
    remarks.push_back(
        {Remark::Level::warning, tag.offset, tag.name,
         fmt::format("{} addresses: receivers need not send to more than two", addresses.size())});
  return addresses;
}

}  // namespace mboxferry::dmarc
