// SPDX-License-Identifier: Apache-2.0
// Fuzz target: the envelope of a header read in pieces is that of the header read at once; it does
// not depend on line ends, on the body, or on fields that are no part of it, and a scanner that is
// used again remembers nothing. The first byte of the input chooses the sizes of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/message/envelope.h"
#include "message/ascii.h"

namespace {

using mboxferry::message::EnvelopeScanner;

// The scanner reads 64 KiB; whatever is added to shorter ones must not reach that.
constexpr std::size_t kShort = 60'000;

void require(bool condition) {
  if (!condition) std::abort();
}

std::int64_t envelope_of(std::string_view text) {
  EnvelopeScanner scanner;
  scanner.feed(text);
  return scanner.finish();
}

std::int64_t in_pieces(EnvelopeScanner& scanner, std::string_view text, std::size_t most) {
  for (std::size_t size = 1; !text.empty(); size = size % most + 1) {
    scanner.feed(text.substr(0, size));
    text.remove_prefix(std::min(size, text.size()));
  }
  return scanner.finish();
}

bool is_of_envelope(std::string_view field) {
  const std::string_view name =
      mboxferry::message::trim(field.substr(0, std::min(field.find(':'), field.size())));
  for (const std::string_view known : {"from", "to", "subject", "date"})
    if (mboxferry::equals_ignoring_case(name, known)) return true;
  return false;
}

struct Header {
  std::string whole;     // with LF, and an empty line at its end
  std::string envelope;  // the same without the fields that do not count
};

Header split(std::string_view text) {
  Header header;
  std::string field;
  const auto end_field = [&] {
    if (is_of_envelope(field)) header.envelope += field + "\n";
    field.clear();
  };
  std::string plain(text);
  std::erase(plain, '\r');
  const std::size_t end = plain.find("\n\n");
  std::string_view rest = std::string_view(plain).substr(0, end);
  header.whole = std::string(rest) + "\n\n";
  for (bool first = true; !rest.empty(); first = false) {
    const std::size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, length);
    const bool goes_on = !first && (line.starts_with(' ') || line.starts_with('\t'));
    if (!goes_on && !first) end_field();
    if (goes_on) field += "\n";
    field += line;
    rest.remove_prefix(std::min(length + 1, rest.size()));
  }
  end_field();
  header.envelope += "\n";
  return header;
}

std::string with_crlf(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\n' ? std::string("\r\n") : std::string(1, c);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t most = 1 + data[0] % 61U;
  const std::string text(reinterpret_cast<const char*>(data + 1), size - 1);
  const std::int64_t whole = envelope_of(text);
  EnvelopeScanner scanner;
  require(in_pieces(scanner, text, most) == whole);
  require(in_pieces(scanner, text, 61) == whole);
  if (text.size() > kShort) return 0;
  const Header header = split(text);
  require(envelope_of(header.whole) == whole);
  require(envelope_of(with_crlf(header.whole)) == whole);
  require(envelope_of(header.whole + "Subject: of the body\n\n") == whole);
  require(envelope_of(header.envelope) == whole);
  return 0;
}
