// SPDX-License-Identifier: Apache-2.0
// Presentation format to one spelling.
#include "mboxferry/dns/name.h"

#include <fmt/format.h>

#include <algorithm>

#include "dns/presentation.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::dns {
namespace {

constexpr std::size_t kLongestLabel = 63;
constexpr std::size_t kLongestName = 255;
/// What an error repeats of a name that may be anything.
constexpr std::size_t kShown = 80;

bool stands_for_itself(char c) {
  return is_letter(c) || is_digit(c) ||
         std::string_view("-_*/+=~!#%&',:<>?[]^`{|}").find(c) != std::string_view::npos;
}

Error no_name(std::string_view text, const char* why) {
  return {ErrorCode::usage,
          fmt::format("'{}' is not a domain name: {}", text.substr(0, kShown), why),
          "write it as in example.org; other scripts in their xn-- form"};
}

}  // namespace

Result<Name> Name::parse(std::string_view text) {
  if (text == ".") return Name();
  std::string_view rest = text;
  std::string name;
  std::size_t label = 0;
  std::size_t octets = 1;  // the root's label
  while (!rest.empty()) {
    if (rest.front() == '.') {
      rest.remove_prefix(1);
      if (label == 0) return no_name(text, "a label is empty");
      label = 0;
      ++octets;
      if (!rest.empty()) name += '.';
      continue;
    }
    const unsigned char first = static_cast<unsigned char>(rest.front());
    if (first <= ' ' || first >= 0x7f) return no_name(text, "it has other characters than ASCII's");
    const auto octet = take_octet(rest);
    if (!octet) return no_name(text, "a backslash is followed by neither a character nor a number");
    const char c = to_lower(*octet);
    if (stands_for_itself(c))
      name += c;
    else
      name += fmt::format("\\{:03}", static_cast<unsigned char>(c));
    if (++label > kLongestLabel) return no_name(text, "a label is longer than 63 characters");
    if (++octets > kLongestName) return no_name(text, "it is longer than 255 characters");
  }
  if (label != 0) ++octets;
  if (name.empty()) return no_name(text, "it is empty");
  if (octets > kLongestName) return no_name(text, "it is longer than 255 characters");
  return Name(std::move(name));
}

bool Name::is_in(const Name& zone) const {
  if (zone.is_root() || *this == zone) return true;
  return text_.size() > zone.text_.size() + 1 && text_.ends_with(zone.text_) &&
         text_[text_.size() - zone.text_.size() - 1] == '.';
}

Name Name::parent() const {
  const std::size_t dot = text_.find('.');
  return is_root() || dot == std::string::npos ? Name() : Name(text_.substr(dot + 1));
}

bool Name::is_host() const {
  if (is_root()) return false;
  std::string_view rest = text_;
  bool digits_only = true;
  for (;;) {
    const std::string_view label = rest.substr(0, rest.find('.'));
    if (label.starts_with('-') || label.ends_with('-')) return false;
    if (!std::all_of(label.begin(), label.end(),
                     [](char c) { return is_letter(c) || is_digit(c) || c == '-'; }))
      return false;
    digits_only = std::all_of(label.begin(), label.end(), is_digit);
    if (label.size() == rest.size()) return !digits_only;
    rest.remove_prefix(label.size() + 1);
  }
}

Result<Name> below(std::string_view labels, const Name& name) {
  return Name::parse(name.is_root() ? std::string(labels)
                                    : fmt::format("{}.{}", labels, name.text()));
}

}  // namespace mboxferry::dns
