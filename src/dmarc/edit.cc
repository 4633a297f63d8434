// SPDX-License-Identifier: Apache-2.0
// Tags of a record replaced, added and taken out where they stand.
#include "mboxferry/dmarc/edit.h"

#include <fmt/format.h>

#include <algorithm>

#include "dmarc/report_address.h"
#include "dmarc/tag_list.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::dmarc {
namespace {

/// What stands between two semicolons, with its blanks.
class Pieces {
 public:
  explicit Pieces(std::string_view text) {
    for (const Piece& piece : split({text, 0}, ';')) pieces_.emplace_back(piece.text);
  }

  /// Replaces the tag's value; a new tag comes behind `after`, or at the end.
  void set(std::string_view tag, std::string_view value, std::string_view after = {}) {
    const std::string text = fmt::format("{}={}", tag, value);
    if (const std::size_t at = place_of(tag); at < pieces_.size()) {
      const std::size_t blanks = pieces_[at].find_first_not_of(" \t");
      pieces_[at] = pieces_[at].substr(0, blanks) + text;
      return;
    }
    std::size_t at = place_of(after) + 1;
    if (at > pieces_.size()) {
      at = pieces_.size();
      // A semicolon that ends the record stays its end.
      if (trimmed({pieces_.back(), 0}).text.empty()) --at;
    }
    pieces_.insert(pieces_.begin() + static_cast<std::ptrdiff_t>(at), " " + text);
  }

  void remove(std::string_view tag) {
    if (const std::size_t at = place_of(tag); at < pieces_.size())
      pieces_.erase(pieces_.begin() + static_cast<std::ptrdiff_t>(at));
  }

  [[nodiscard]] std::string text() const { return fmt::format("{}", fmt::join(pieces_, ";")); }

 private:
  /// The number of pieces when it is not there.
  [[nodiscard]] std::size_t place_of(std::string_view tag) const {
    const auto found = std::find_if(pieces_.begin(), pieces_.end(), [&](std::string_view piece) {
      const std::string_view name = trimmed({piece.substr(0, piece.find('=')), 0}).text;
      return !tag.empty() && equals_ignoring_case(name, tag);
    });
    return static_cast<std::size_t>(found - pieces_.begin());
  }

  std::vector<std::string> pieces_;
};

/// RFC 9989 section 4.8 and RFC 7489 section 6.2: a comma and an exclamation mark are written as
/// %2C and %21; a semicolon would end the tag.
std::string mailto_of(std::string_view address) {
  std::string uri(kMailto);
  for (const char c : address) {
    if (std::string_view(",!;%?&# ").find(c) == std::string_view::npos)
      uri += c;
    else
      uri += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return uri;
}

Result<std::string> addresses_of(std::string_view tag, const std::vector<std::string>& addresses) {
  std::string list;
  for (const std::string& address : addresses) {
    const bool is_uri =
        equals_ignoring_case(std::string_view(address).substr(0, kMailto.size()), kMailto);
    const std::string uri = is_uri ? address : mailto_of(address);
    const Record alone = parse_record(fmt::format("v=DMARC1; p=none; {}={}", tag, uri));
    const auto& found = tag == "rua" ? alone.rua : alone.ruf;
    // The domain as the DNS has it.
    if (!all_visible(uri) || !alone.is_valid(Standard::rfc9989) || found.size() != 1 ||
        found.front().domain.empty())
      return Error{ErrorCode::usage,
                   fmt::format("--{} '{}': that is no address that reports can go to", tag,
                               address.substr(0, 80)),
                   "write NAME@DOMAIN in ASCII, one option for each address"};
    list += (list.empty() ? "" : ",") + uri;
  }
  return list;
}

Result<void> edit_addresses(Pieces& pieces, std::string_view tag,
                            const std::optional<std::vector<std::string>>& addresses) {
  if (!addresses) return ok();
  if (addresses->empty()) {
    pieces.remove(tag);
    return ok();
  }
  MBOXFERRY_ASSIGN(const std::string list, addresses_of(tag, *addresses));
  pieces.set(tag, list);
  return ok();
}

}  // namespace

Result<std::string> edited_record(std::string_view text, const Edit& edit) {
  Pieces pieces(text.empty() ? "v=DMARC1" : text);
  if (edit.policy) pieces.set("p", policy_name(*edit.policy), "v");
  if (edit.subdomain_policy) pieces.set("sp", policy_name(*edit.subdomain_policy), "p");
  MBOXFERRY_TRY(edit_addresses(pieces, "rua", edit.rua));
  MBOXFERRY_TRY(edit_addresses(pieces, "ruf", edit.ruf));
  std::string edited = pieces.text();
  for (const Remark& remark : parse_record(edited).remarks)
    if (remark.level == Remark::Level::error)
      return Error{ErrorCode::configuration,
                   fmt::format("the record would be wrong: {} (in '{}')", remark.text,
                               std::string_view(edited).substr(0, 200)),
                   text.empty() ? "name the policy with --policy; none is where to begin"
                                : "write the whole record with mboxferry dns plan --dmarc TEXT"};
  return edited;
}

}  // namespace mboxferry::dmarc
