// SPDX-License-Identifier: Apache-2.0
// Records of the types that a move of mail has to do with.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/dns/name.h"

namespace mboxferry::dns {

/// In the order of RecordData's alternatives where these differ.
enum class RecordType { a, aaaa, cname, ns, mx, srv, txt, tlsa, ds, caa, soa };

/// "MX".
std::string_view type_name(RecordType type);
std::optional<RecordType> type_named(std::string_view name);
/// Its number in messages, and back.
std::uint16_t type_code(RecordType type);
std::optional<RecordType> type_of_code(std::uint16_t code);

/// A or AAAA, as inet_ntop() writes it.
struct Address {
  std::string text;
  friend bool operator==(const Address&, const Address&) = default;
};
/// CNAME or NS.
struct Pointer {
  Name target;
  friend bool operator==(const Pointer&, const Pointer&) = default;
};
struct Mx {
  std::uint16_t preference = 0;
  Name exchange;  ///< the root: the domain takes no mail (RFC 7505)
  friend bool operator==(const Mx&, const Mx&) = default;
};
struct Srv {
  std::uint16_t priority = 0;
  std::uint16_t weight = 0;
  std::uint16_t port = 0;
  Name target;  ///< the root: the service is not offered (RFC 2782)
  friend bool operator==(const Srv&, const Srv&) = default;
};
/// Strings of at most 255 octets each, at least one.
struct Txt {
  std::vector<std::string> strings;
  /// As SPF, DKIM and DMARC read it: joined without blanks (RFC 7208 section 3.3).
  [[nodiscard]] std::string joined() const;
  friend bool operator==(const Txt&, const Txt&) = default;
};
/// TLSA (usage, selector, matching type) or DS (key tag, algorithm, digest type); lower-case hex.
struct Fingerprint {
  std::uint16_t first = 0;
  std::uint8_t second = 0;
  std::uint8_t third = 0;
  std::string hex;
  friend bool operator==(const Fingerprint&, const Fingerprint&) = default;
};
struct Caa {
  std::uint8_t flags = 0;
  std::string tag;
  std::string value;
  friend bool operator==(const Caa&, const Caa&) = default;
};
struct Soa {
  Name primary;
  Name mailbox;
  std::uint32_t serial = 0;
  std::uint32_t refresh = 0;
  std::uint32_t retry = 0;
  std::uint32_t expire = 0;
  std::uint32_t minimum = 0;
  friend bool operator==(const Soa&, const Soa&) = default;
};

using RecordData = std::variant<Address, Pointer, Mx, Srv, Txt, Fingerprint, Caa, Soa>;

/// Reads the data of a record of this type in presentation format. Nothing out of range is cut or
/// rounded. Error `usage`, which names the type.
Result<RecordData> parse_data(RecordType type, std::string_view text);

/// The inverse of parse_data(), and the same text for the same data.
std::string data_text(const RecordData& data);

/// Any text as a TXT record: in strings of 255 octets where it is longer.
Txt txt_of_text(std::string_view text);
/// True when some receiver may take the text for a record of a version such as "v=spf1": letters in
/// any case and blanks around the "=" are what people write.
bool is_of_version(std::string_view text, std::string_view version);

/// One record of a message.
struct Record {
  Name name;
  RecordType type = RecordType::a;
  std::uint32_t ttl = 0;  ///< seconds
  RecordData data;
};

/// All records of a name and type, which share a TTL (RFC 2181 section 5.2).
struct RecordSet {
  Name name;
  RecordType type = RecordType::a;
  std::uint32_t ttl = 0;  ///< seconds
  std::vector<RecordData> data;

  /// Puts the data in one order and drops doubles; sets compare equal only after it.
  void normalize();
  friend bool operator==(const RecordSet&, const RecordSet&) = default;
};

}  // namespace mboxferry::dns
