// SPDX-License-Identifier: Apache-2.0
// UTF-16 (RFC 2781), as the shells and editors of Windows write it.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "archive/text_conversion.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kLittleMark = "\xff\xfe"sv;
constexpr std::string_view kBigMark = "\xfe\xff"sv;
// Four characters, which is also what is known of a file before it is opened.
constexpr std::size_t kUnits = 4;

bool is_text_unit(char high, char low) {
  return high == '\0' && ((low >= ' ' && low <= '~') || low == '\n' || low == '\r' || low == '\t');
}

bool is_text(std::string_view units, bool little) {
  for (std::size_t at = 0; at + 1 < units.size(); at += 2) {
    if (!is_text_unit(units[at + (little ? 1 : 0)], units[at + (little ? 0 : 1)])) return false;
  }
  return true;
}

class Utf16Stream final : public ConvertedStream {
 public:
  Utf16Stream(std::unique_ptr<InputStream> packed, bool little)
      : ConvertedStream(std::move(packed)), little_(little) {}

 private:
  void take(std::string_view bytes) override;
  void end() override;
  std::size_t take_units(std::string_view bytes);
  void take_unit(char16_t unit);
  void take_line_start(char first, char second);

  const bool little_;
  bool is_plain_ = false;  // what follows was joined to the text, and is no UTF-16
  // At a line's beginning: what may be the first bytes of a plain From_ line.
  bool begins_line_ = true;
  std::string held_;
  std::optional<char> half_;      // the first byte of a unit
  std::optional<char16_t> high_;  // the first surrogate of a pair
  bool at_start_ = true;
};

void Utf16Stream::take_unit(char16_t unit) {
  constexpr char32_t kUnknown = 0xFFFD;
  constexpr char16_t kMark = 0xFEFF;
  if (std::exchange(at_start_, false) && unit == kMark) return;
  const bool is_high = unit >= 0xD800 && unit < 0xDC00;
  const bool is_low = unit >= 0xDC00 && unit < 0xE000;
  if (high_ && is_low) {
    const auto top = static_cast<char32_t>(*high_) - 0xD800;
    append_utf8(text_, 0x10000 + (top << 10U) + (static_cast<char32_t>(unit) - 0xDC00));
    high_.reset();
    return;
  }
  if (high_) append_utf8(text_, kUnknown);
  high_.reset();
  if (is_high) {
    high_ = unit;
  } else {
    append_utf8(text_, is_low ? kUnknown : unit);
  }
}

// Programs that join files put plain mail behind text in UTF-16. "From " of it would be three
// units that no line begins with.
void Utf16Stream::take_line_start(char first, char second) {
  constexpr std::string_view kPlain = "From ";
  held_ += first;
  held_ += second;
  const std::string_view known = kPlain.substr(0, held_.size());
  if (!held_.starts_with(known)) begins_line_ = false;
  if (begins_line_ && held_.size() < kPlain.size()) return;
  is_plain_ = begins_line_;
  const std::string units = std::exchange(held_, {});
  if (is_plain_) {
    text_ += units;
  } else {
    take_units(units);
  }
}

// Pairs of bytes, up to those that begin a line. How many bytes are taken.
std::size_t Utf16Stream::take_units(std::string_view bytes) {
  std::size_t at = 0;
  for (; at + 1 < bytes.size() && !begins_line_; at += 2) {
    const auto first = static_cast<unsigned char>(bytes[at]);
    const auto second = static_cast<unsigned char>(bytes[at + 1]);
    const auto unit = static_cast<char16_t>(little_ ? second << 8U | first : first << 8U | second);
    take_unit(unit);
    begins_line_ = unit == u'\n';
  }
  return at;
}

void Utf16Stream::take(std::string_view bytes) {
  while (!bytes.empty() && !is_plain_) {
    if (half_ || begins_line_) {
      const char byte = bytes.front();
      bytes.remove_prefix(1);
      if (!half_) {
        half_ = byte;
        continue;
      }
      const char pair[2] = {*half_, byte};
      half_.reset();
      if (begins_line_) {
        take_line_start(pair[0], pair[1]);
      } else {
        take_units({pair, 2});
      }
      continue;
    }
    bytes.remove_prefix(take_units(bytes));
    if (bytes.size() == 1 && !begins_line_) {
      half_ = bytes.front();
      return;
    }
  }
  text_ += bytes;
}

void Utf16Stream::end() {
  if (!held_.empty()) {
    begins_line_ = false;
    take_units(std::exchange(held_, {}));
  }
  if (high_ || half_) append_utf8(text_, 0xFFFD);
}

}  // namespace

bool is_little_endian(std::string_view head) {
  return head.starts_with(kLittleMark) || (head.size() > 1 && head[1] == '\0');
}

bool is_utf16_text(std::string_view head) {
  if (head.size() < 2 * kUnits) return false;
  head = head.substr(0, 2 * kUnits);
  if (head.starts_with(kLittleMark)) return is_text(head.substr(2), true);
  if (head.starts_with(kBigMark)) return is_text(head.substr(2), false);
  return is_text(head, true) || is_text(head, false);
}

bool may_be_utf16(std::string_view head) {
  if (head.starts_with(kLittleMark) || head.starts_with(kBigMark)) return true;
  return head.size() > 3 && ((head[0] == '\0' && head[2] == '\0' && head[1] != '\0') ||
                             (head[1] == '\0' && head[3] == '\0' && head[0] != '\0'));
}

std::string_view conversion_name(std::string_view head) {
  if (is_utf16_text(head)) return "text in UTF-16";
  return is_mmdf(head) ? "an MMDF mailbox" : std::string_view();
}

std::unique_ptr<InputStream> utf16_to_utf8(std::unique_ptr<InputStream> packed,
                                           bool little_endian) {
  return std::make_unique<Utf16Stream>(std::move(packed), little_endian);
}

}  // namespace mboxferry::archive
