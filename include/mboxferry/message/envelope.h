// SPDX-License-Identifier: Apache-2.0
// What a reader sees of a message in a list: the part of it that servers hardly ever alter.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace mboxferry::message {

/// The beginning of a message up to its first empty line, given in pieces of any size. Line ends
/// may be LF or CRLF. Memory is bounded: of a header longer than 64 KiB the beginning counts. One
/// thread at a time.
class HeaderText {
 public:
  void feed(std::string_view bytes);
  /// True when feeding more changes nothing.
  [[nodiscard]] bool done() const { return done_; }
  /// Takes a field, unfolded: its name, and its value without white space around it.
  using FieldVisitor = std::function<void(std::string_view name, std::string_view value)>;
  /// Every field in its order. What is no field is passed over.
  void each_field(const FieldVisitor& visit) const;
  void clear();

 private:
  std::string text_;
  bool done_ = false;
};

/// By what people know a message: the first field of each name, with encoded words decoded and
/// white space as single blanks. Each at most 998 bytes long, the length that RFC 5322
/// section 2.1.1 gives to a line.
struct Title {
  std::string subject;
  std::string from;
  std::string message_id;  ///< with its angle brackets; HeaderFacts has it
};
/// Subject and sender.
Title title_of(const HeaderText& header);

/// Reads From, To, Subject and Date from a message's bytes, given as to HeaderText.
class EnvelopeScanner {
 public:
  void feed(std::string_view bytes) { header_.feed(bytes); }
  /// A hash of the four fields with encoded words decoded, and without white space, quotation
  /// marks, case, the names beside addresses and the spelling of the date. The scanner starts anew.
  std::int64_t finish();

 private:
  HeaderText header_;
};

}  // namespace mboxferry::message
