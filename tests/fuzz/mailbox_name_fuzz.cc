// SPDX-License-Identifier: Apache-2.0
// Fuzz target: names survive the way to the wire and back, in both directions and both forms, and
// modified UTF-7 is what the C library's UTF-7-IMAP makes of it.
#include <iconv.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

#include "imap/reply/mailbox_name.h"

namespace {

using namespace mboxferry;
using imap::NameForm;

constexpr std::size_t kLongest = 4096;

class Iconv {
 public:
  Iconv(const char* to, const char* from) : handle_(::iconv_open(to, from)) {
    if (handle_ == std::bit_cast<iconv_t>(std::intptr_t{-1})) std::abort();
  }
  Iconv(const Iconv&) = delete;
  Iconv& operator=(const Iconv&) = delete;
  ~Iconv() { ::iconv_close(handle_); }

  std::optional<std::string> convert(std::string_view text) {
    std::string in(text);
    std::string out(in.size() * 8 + 16, '\0');
    char* from = in.data();
    char* to = out.data();
    std::size_t left = in.size();
    std::size_t room = out.size();
    constexpr auto kFailed = static_cast<std::size_t>(-1);
    ::iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    if (::iconv(handle_, &from, &left, &to, &room) == kFailed ||
        ::iconv(handle_, nullptr, nullptr, &to, &room) == kFailed) {
      return std::nullopt;
    }
    out.resize(out.size() - room);
    return out;
  }

 private:
  iconv_t handle_;
};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_round_trips(std::string_view name, NameForm form) {
  if (const auto wire = imap::encode_mailbox_name(name, form)) {
    const auto back = imap::decode_mailbox_name(*wire, form);
    require(back && *back == name);
  }
  if (const auto decoded = imap::decode_mailbox_name(name, form)) {
    const auto wire = imap::encode_mailbox_name(*decoded, form);
    require(wire && *wire == name);
  }
}

void check_against_iconv(std::string_view name) {
  static Iconv encoder("UTF-7-IMAP", "UTF-8");
  static Iconv decoder("UTF-8", "UTF-7-IMAP");
  if (const auto wire = imap::encode_mailbox_name(name, NameForm::modified_utf7)) {
    require(std::all_of(wire->begin(), wire->end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
    require(encoder.convert(name) == *wire);
  }
  if (const auto decoded = imap::decode_mailbox_name(name, NameForm::modified_utf7))
    require(decoder.convert(name) == *decoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view name(reinterpret_cast<const char*>(data), std::min(size, kLongest));
  check_round_trips(name, NameForm::modified_utf7);
  check_round_trips(name, NameForm::utf8);
  check_against_iconv(name);
  return 0;
}
