// SPDX-License-Identifier: Apache-2.0
// One part of a report's XML as a small tree, repaired where it has to be.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

namespace mboxferry::dmarc {

/// A part above this is not read: a tree takes many times its text.
inline constexpr std::size_t kMostPartBytes = 256 * 1024;

/// The tree of the part read last.
class XmlPart {
 public:
  /// False when the text cannot be read, also not with what is no tag taken as text.
  bool read(std::string_view text);
  [[nodiscard]] pugi::xml_node root() const { return document_.first_child(); }
  [[nodiscard]] bool was_repaired() const { return was_repaired_; }

 private:
  bool parse(std::string_view text);

  pugi::xml_document document_;
  std::string repaired_;
  bool was_repaired_ = false;
};

/// The name without a namespace's prefix.
std::string_view local_name(pugi::xml_node node);
/// The text directly in `node`, as UTF-8 without blanks at its ends.
std::string text_of(pugi::xml_node node);
/// `text` as UTF-16, in a declared charset or with a byte order mark, as UTF-8; into `buffer` where
/// it has to be converted.
std::string_view xml_in_utf8(std::string_view text, std::string& buffer);

}  // namespace mboxferry::dmarc
