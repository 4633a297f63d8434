// SPDX-License-Identifier: Apache-2.0
// A DMARC policy record, and what RFC 7489 and RFC 9989 each make of it.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::dmarc {

/// The two specifications that are in use beside each other; RFC 9989 replaces RFC 7489.
enum class Standard { rfc7489, rfc9989 };
inline constexpr std::array<Standard, 2> kStandards{Standard::rfc7489, Standard::rfc9989};
/// "RFC 7489", "RFC 9989".
std::string_view standard_name(Standard standard);

enum class Policy { none, quarantine, reject };
/// "none", "quarantine", "reject".
std::string_view policy_name(Policy policy);
/// Letter case does not matter (RFC 9989 section 4.8, by its ABNF).
std::optional<Policy> policy_named(std::string_view name);

/// One `name=value` as it is written, without the blanks around both.
struct Tag {
  std::string name;  ///< in small letters
  std::string value;
  std::size_t offset = 0;  ///< of the name in the record's text, in bytes
  std::size_t value_offset = 0;
};

/// Something about the record that its owner should know.
struct Remark {
  enum class Level { error, warning };
  Level level = Level::warning;
  std::size_t offset = 0;  ///< in the record's text, in bytes
  std::string tag;         ///< empty: the record as a whole
  std::string text;
  bool in_7489 = true;  ///< said by RFC 7489
  bool in_9989 = true;  ///< said by RFC 9989

  [[nodiscard]] bool said_by(Standard standard) const {
    return standard == Standard::rfc7489 ? in_7489 : in_9989;
  }
};

/// Where reports are to go.
struct ReportAddress {
  std::string uri;      ///< as written, without a size limit
  std::string address;  ///< of a mailto: URI, percent signs decoded; else empty
  std::string domain;   ///< of the address, in small letters; empty when it has none
  std::string limit;    ///< the obsolete `!10m`, without the exclamation mark
  std::size_t offset = 0;
};

/// What one standard makes of a record.
struct Reading {
  /// A policy follows from the record. False: receivers act as if there was none.
  bool applies = false;
  /// p, or none where the standard says so; meaningless unless `applies`.
  Policy policy = Policy::none;
  std::optional<Policy> subdomain_policy;    ///< sp
  std::optional<Policy> nonexistent_policy;  ///< np, RFC 9989 only
  bool strict_dkim = false;                  ///< adkim=s
  bool strict_spf = false;                   ///< aspf=s
  bool testing = false;                      ///< t=y, RFC 9989 only
  unsigned percent = 100;                    ///< pct, RFC 7489 only
  char public_suffix = 'u';                  ///< psd: y, n or u; RFC 9989 only
  std::string why;  ///< why it does not apply, or why the policy is not what p says; may be empty
};

/// A record taken apart.
struct Record {
  std::string text;
  std::vector<Tag> tags;
  std::vector<Remark> remarks;  ///< by their place
  std::vector<ReportAddress> rua;
  std::vector<ReportAddress> ruf;
  Reading by_7489;
  Reading by_9989;
  /// It begins with `v=DMARC1`: it counts where several records at one name are told apart.
  bool is_dmarc = false;
  /// It is `v=DMARC1` and no policy: the answer that lets another domain's reports come here
  /// (RFC 7489 section 7.1, RFC 9990 section 4).
  bool is_authorization = false;

  [[nodiscard]] const Reading& by(Standard standard) const {
    return standard == Standard::rfc7489 ? by_7489 : by_9989;
  }
  /// True when the standard has no error in it.
  [[nodiscard]] bool is_valid(Standard standard) const;
  /// The first tag of this name, or null.
  [[nodiscard]] const Tag* tag(std::string_view name) const;
};

/// Reads the text of a TXT record, its strings joined. Takes any bytes and never fails: what is
/// wrong is in the remarks. At most 64 KiB are looked at, which no TXT record exceeds.
Record parse_record(std::string_view text);

}  // namespace mboxferry::dmarc
