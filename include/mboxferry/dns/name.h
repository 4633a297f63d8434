// SPDX-License-Identifier: Apache-2.0
// Domain names as the DNS compares them.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::dns {

/// A domain name of at most 255 octets with labels of 1 to 63 (RFC 1035 section 2.3.4), in one
/// spelling: lower case, no final dot, and every octet of a label that has a meaning in zone files
/// as `\DDD`, so that each dot ends a label. The root is ".".
class Name {
 public:
  /// The root.
  Name() = default;
  /// Reads presentation format (RFC 1035 section 5.1), final dot or not. Error `usage`.
  static Result<Name> parse(std::string_view text);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// With the final dot, as zone files and ldns want it.
  [[nodiscard]] std::string absolute() const { return is_root() ? text_ : text_ + "."; }
  [[nodiscard]] bool is_root() const { return text_ == "."; }
  /// True for the zone's own name and for each below it.
  [[nodiscard]] bool is_in(const Name& zone) const;
  /// The name without its first label; the root's is the root.
  [[nodiscard]] Name parent() const;
  /// True when the labels are letters, digits and inner hyphens (RFC 1123 section 2.1), with a
  /// last one that is not all digits: an address in dots is none.
  [[nodiscard]] bool is_host() const;

  friend bool operator==(const Name&, const Name&) = default;
  friend std::strong_ordering operator<=>(const Name& a, const Name& b) {
    return a.text_.compare(b.text_) <=> 0;
  }

 private:
  explicit Name(std::string text) : text_(std::move(text)) {}

  std::string text_ = ".";
};

/// `labels` before `name`: "_imaps._tcp" and example.org. Error `usage`, also where it gets too
/// long.
Result<Name> below(std::string_view labels, const Name& name);

}  // namespace mboxferry::dns
