// SPDX-License-Identifier: Apache-2.0
// Writes a JSON document piece by piece, in constant memory.
#pragma once

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// `text` as a JSON string with its quotes; bytes that are no UTF-8 become U+FFFD.
std::string json_string(std::string_view text);

/// A JSON document (RFC 8259), compact. The caller nests calls correctly; commas are placed here.
/// The first failing write is kept and returned by result(); later calls do nothing.
class JsonStream {
 public:
  explicit JsonStream(TextOutput& out) : out_(out) {}

  JsonStream& begin_object() { return open('{'); }
  JsonStream& end_object() { return close('}'); }
  JsonStream& begin_array() { return open('['); }
  JsonStream& end_array() { return close(']'); }
  JsonStream& key(std::string_view name);

  JsonStream& text(std::string_view value);
  JsonStream& number(std::uint64_t value);
  /// Three digits behind the point.
  JsonStream& decimal(double value);
  JsonStream& boolean(bool value);
  JsonStream& null();
  JsonStream& texts(std::span<const std::string> values);
  /// A whole value rendered before.
  JsonStream& spooled(const Spool& value);

  JsonStream& member(std::string_view name, std::string_view value) {
    return key(name).text(value);
  }
  /// Pointers and signed numbers do not convert to a bool or a number by accident.
  template <std::unsigned_integral T>
  JsonStream& member(std::string_view name, T value) {
    if constexpr (std::same_as<T, bool>) {
      return key(name).boolean(value);
    } else {
      return key(name).number(value);
    }
  }

  /// Ends the line behind a finished document.
  JsonStream& end_line();
  [[nodiscard]] Result<void> result() const;

 private:
  JsonStream& open(char bracket);
  JsonStream& close(char bracket);
  void value_begins();
  void put(std::string_view raw);

  TextOutput& out_;
  std::vector<bool> has_items_;  ///< one entry an open bracket
  bool after_key_ = false;
  std::optional<Error> error_;
};

}  // namespace mboxferry::report
