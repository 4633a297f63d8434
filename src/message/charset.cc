// SPDX-License-Identifier: Apache-2.0
// Converts with iconv, for a closed list of charsets: the C library has many more, and some of
// their converters have had faults that hostile bytes could reach.
#include "mboxferry/message/charset.h"

#include <iconv.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <string>

#include "mboxferry/base/utf8.h"
#include "message/ascii.h"

namespace mboxferry::message {
namespace {

struct CharsetName {
  std::string_view mime;
  const char* iconv;  ///< null: UTF-8 or a part of it
};

// Where a newer charset holds all of an older one, mail that names the older one may use the newer.
constexpr std::array kCharsets = std::to_array<CharsetName>({
    {"utf-8", nullptr},
    {"utf8", nullptr},
    {"us-ascii", nullptr},
    {"ascii", nullptr},
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-8-i", "ISO-8859-8"},
    {"iso-8859-9", "ISO-8859-9"},
    {"iso-8859-10", "ISO-8859-10"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-14", "ISO-8859-14"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "WINDOWS-1250"},
    {"windows-1251", "WINDOWS-1251"},
    {"windows-1252", "WINDOWS-1252"},
    {"windows-1253", "WINDOWS-1253"},
    {"windows-1254", "WINDOWS-1254"},
    {"windows-1255", "WINDOWS-1255"},
    {"windows-1256", "WINDOWS-1256"},
    {"windows-1257", "WINDOWS-1257"},
    {"windows-1258", "WINDOWS-1258"},
    {"cp1250", "WINDOWS-1250"},
    {"cp1251", "WINDOWS-1251"},
    {"cp1252", "WINDOWS-1252"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"tis-620", "TIS-620"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5"},
    {"shift_jis", "CP932"},
    {"shift-jis", "CP932"},
    {"windows-31j", "CP932"},
    {"cp932", "CP932"},
    {"euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"euc-kr", "CP949"},
    {"ks_c_5601-1987", "CP949"},
});

class Converter {
 public:
  explicit Converter(const char* charset) : handle_(::iconv_open("UTF-8", charset)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (valid()) ::iconv_close(handle_);
  }

  [[nodiscard]] bool valid() const {
    // What iconv_open(3) gives for an error.
    return handle_ != std::bit_cast<iconv_t>(std::intptr_t{-1});
  }

  std::string convert(std::string_view bytes) {
    std::string out;
    std::string input(bytes);
    char* from = input.data();
    std::size_t left = input.size();
    for (;;) {
      std::array<char, 256> piece{};
      char* to = piece.data();
      std::size_t room = piece.size();
      errno = 0;
      const bool whole = ::iconv(handle_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
      const int failure = errno;
      out.append(piece.data(), piece.size() - room);
      if (whole) return out;
      if (failure == E2BIG) continue;
      append_utf8(out, 0xFFFD);
      if (left <= 1 || failure != EILSEQ) return out;
      ++from;
      --left;
    }
  }

 private:
  iconv_t handle_;
};

// The row of a charset; null when there is none.
const CharsetName* find_charset(std::string_view name) {
  const auto* const row =
      std::find_if(kCharsets.begin(), kCharsets.end(),
                   [&](const CharsetName& each) { return equals_ignoring_case(each.mime, name); });
  return row == kCharsets.end() ? nullptr : row;
}

}  // namespace

bool is_known_charset(std::string_view name) { return find_charset(name) != nullptr; }

std::string charset_to_utf8(std::string_view bytes, std::string_view charset) {
  const CharsetName* const row = find_charset(charset);
  if (row == nullptr || row->iconv == nullptr) return to_utf8(bytes);
  Converter converter(row->iconv);
  return converter.valid() ? converter.convert(bytes) : to_utf8(bytes);
}

}  // namespace mboxferry::message
