// SPDX-License-Identifier: Apache-2.0
// Modified UTF-7: printable ASCII stands for itself, `&` is `&-`, the rest is UTF-16 in base64
// with `,` for `/`, between `&` and `-`.
#include "imap/mailbox_name.h"

#include <cstdint>

#include "imap/text.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::imap {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool stands_for_itself(char32_t c) { return c >= 0x20 && c <= 0x7e; }

/// Collects UTF-16 units as base64 digits.
class Base64Run {
 public:
  void add(std::uint32_t unit, std::string& out) {
    bits_ = (bits_ << 16U) | unit;
    count_ += 16;
    while (count_ >= 6) {
      count_ -= 6;
      out += kAlphabet[(bits_ >> count_) & 0x3fU];
    }
    bits_ &= (1U << count_) - 1U;
  }
  void finish(std::string& out) {
    if (count_ > 0) out += kAlphabet[(bits_ << (6U - count_)) & 0x3fU];
    bits_ = 0;
    count_ = 0;
  }

 private:
  std::uint32_t bits_ = 0;
  unsigned count_ = 0;
};

Error bad_name(std::string_view name, const std::string& why) {
  return Error{ErrorCode::refused, "mailbox name \"" + printable(name) + "\" cannot be: " + why,
               "rename the folder or map it to another mailbox", ErrorScope::mailbox};
}

/// One run of base64 as UTF-8; none if it is not whole UTF-16.
bool decode_run(std::string_view digits, std::string& out) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  char32_t high = 0;
  for (const char digit : digits) {
    const std::size_t value = kAlphabet.find(digit);
    if (value == std::string_view::npos) return false;
    bits = (bits << 6U) | static_cast<std::uint32_t>(value);
    count += 6;
    if (count < 16) continue;
    count -= 16;
    const char32_t unit = (bits >> count) & 0xffffU;
    bits &= (1U << count) - 1U;
    if (high != 0) {
      if (unit < 0xdc00 || unit > 0xdfff) return false;
      append_utf8(out, 0x10000 + ((high - 0xd800) << 10U) + (unit - 0xdc00));
      high = 0;
    } else if (unit >= 0xd800 && unit <= 0xdbff) {
      high = unit;
    } else if (unit >= 0xdc00 && unit <= 0xdfff) {
      return false;
    } else {
      append_utf8(out, unit);
    }
  }
  return high == 0;
}

bool is_control(char32_t c, NameForm form) {
  if (c < 0x20 || c == 0x7f) return true;
  return form == NameForm::utf8 && ((c >= 0x80 && c <= 0x9f) || c == 0x2028 || c == 0x2029);
}

Result<void> check_name(std::string_view utf8, NameForm form) {
  if (utf8.empty()) return bad_name(utf8, "it is empty");
  for (std::string_view rest = utf8; !rest.empty();) {
    const auto code_point = take_code_point(rest);
    if (!code_point) return bad_name(utf8, "it is not UTF-8");
    if (is_control(*code_point, form)) return bad_name(utf8, "it has a control character");
  }
  return ok();
}

std::string to_modified_utf7(std::string_view utf8) {
  std::string out;
  Base64Run run;
  bool in_run = false;
  std::string_view rest = utf8;
  while (const auto code_point = take_code_point(rest)) {
    const char32_t c = *code_point;
    if (stands_for_itself(c)) {
      if (in_run) {
        run.finish(out);
        out += '-';
        in_run = false;
      }
      out += static_cast<char>(c);
      if (c == '&') out += '-';
      continue;
    }
    if (!in_run) out += '&';
    in_run = true;
    if (c >= 0x10000) {
      run.add(0xd800U + static_cast<std::uint32_t>((c - 0x10000) >> 10U), out);
      run.add(0xdc00U + static_cast<std::uint32_t>((c - 0x10000) & 0x3ffU), out);
    } else {
      run.add(static_cast<std::uint32_t>(c), out);
    }
  }
  if (in_run) {
    run.finish(out);
    out += '-';
  }
  return out;
}

}  // namespace

Result<std::string> encode_mailbox_name(std::string_view utf8, NameForm form) {
  MBOXFERRY_TRY(check_name(utf8, form));
  return form == NameForm::utf8 ? std::string(utf8) : to_modified_utf7(utf8);
}

std::optional<std::string> decode_mailbox_name(std::string_view wire, NameForm form) {
  if (form == NameForm::utf8) {
    return check_name(wire, form) ? std::optional<std::string>(wire) : std::nullopt;
  }
  std::string out;
  std::string_view rest = wire;
  while (!rest.empty()) {
    const char c = rest.front();
    if (!stands_for_itself(static_cast<unsigned char>(c))) return std::nullopt;
    rest.remove_prefix(1);
    if (c != '&') {
      out += c;
      continue;
    }
    const std::size_t end = rest.find('-');
    if (end == std::string_view::npos) return std::nullopt;
    if (end == 0) {
      out += '&';
    } else if (!decode_run(rest.substr(0, end), out)) {
      return std::nullopt;
    }
    rest.remove_prefix(end + 1);
  }
  // Only the one canonical spelling: another one could not be said to the server again.
  const auto again = encode_mailbox_name(out, form);
  if (!again || *again != wire) return std::nullopt;
  return out;
}

std::string quoted_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

}  // namespace mboxferry::imap
