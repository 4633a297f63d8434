// SPDX-License-Identifier: Apache-2.0
// Fuzz target: a header read in pieces says what it says when read at once, and stays bounded.
// The first byte of the input chooses the sizes of the pieces.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/message/metadata.h"

namespace {

using mboxferry::message::HeaderFacts;
using mboxferry::message::HeaderScanner;

bool same(const HeaderFacts& a, const HeaderFacts& b) {
  return a.message_id == b.message_id && a.date == b.date && a.received == b.received &&
         a.flags == b.flags && a.keywords == b.keywords && a.labels == b.labels &&
         a.has_status == b.has_status && a.pseudo == b.pseudo && a.expunged == b.expunged &&
         a.has_body == b.has_body && a.fields == b.fields;
}

bool bounded(const HeaderFacts& facts) {
  return facts.message_id.size() <= 4096 && facts.keywords.size() <= 256 &&
         facts.labels.size() <= 256;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::size_t longest = data[0] % 64 + 1U;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);

  HeaderScanner scanner;
  scanner.feed(text);
  const HeaderFacts whole = scanner.finish();
  for (std::size_t piece = 1; !text.empty(); piece = piece % longest + 1) {
    const std::string copy(text.substr(0, piece));
    scanner.feed(copy);
    text.remove_prefix(copy.size());
  }
  const HeaderFacts in_pieces = scanner.finish();
  if (!same(whole, in_pieces) || !bounded(whole)) std::abort();
  for (const std::string& keyword : whole.keywords) {
    const auto atom = mboxferry::message::as_imap_keyword(keyword);
    if (atom && atom->find_first_of("(){ %*\"\\]\r\n") != std::string::npos) std::abort();
  }
  return 0;
}
