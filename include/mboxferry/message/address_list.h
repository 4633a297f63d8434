// SPDX-License-Identifier: Apache-2.0
// The addresses in a From, Sender or Return-Path field.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::message {

/// True for a character of an atom (RFC 5322 section 3.2.3, and RFC 6532: also beyond ASCII).
bool is_atom_character(char c);

/// The content of a local part as it is written: in quotes only where it cannot do without.
void append_local_part(std::string& out, std::string_view content);

/// The addr-specs of RFC 5322 address lists, groups and obsolete forms included. Display names,
/// group names and comments are never addresses, and encoded words are never decoded into one.
/// Linear in the length of the text, whatever it holds. Memory is kept for the next message.
/// One thread at a time.
class AddressList {
 public:
  void clear();
  /// Adds the addresses of a field's value. What is between two addresses that no comma separates
  /// counts as malformed, and both are added.
  void add(std::string_view value);

  [[nodiscard]] std::size_t size() const { return ends_.size(); }
  [[nodiscard]] bool empty() const { return ends_.empty(); }
  /// `local@domain` without white space, comments and needless quotes, in the case in which it is
  /// written; without `@` where there is no domain. Never empty; `<>` is no address.
  [[nodiscard]] std::string_view operator[](std::size_t index) const;
  /// True when some of the text added since clear() is no address list: who the message is from is
  /// then open to debate.
  [[nodiscard]] bool malformed() const { return malformed_; }

 private:
  class Parser;

  std::string text_;  ///< the addresses, one behind the other
  std::vector<std::size_t> ends_;
  std::string local_;   ///< content of the local part that is being read
  std::string domain_;  ///< and of the domain
  bool malformed_ = false;
};

}  // namespace mboxferry::message
