// SPDX-License-Identifier: Apache-2.0
// The protocol as lines for a person.
#include "imap/wire_trace.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "imap/text.h"

namespace mboxferry::imap {
namespace {

constexpr std::size_t kLongestLine = 2000;

/// The length of the literal that a line ends with; 0 for none.
std::uint64_t literal_at_end(std::string_view line) {
  if (!line.ends_with('}')) return 0;
  line.remove_suffix(line.ends_with("+}") || line.ends_with("-}") ? 2 : 1);
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return 0;
  return parse_number(line.substr(open + 1)).value_or(0);
}

}  // namespace

std::string without_secrets(std::string text, const WireTrace::Secrets& secrets) {
  constexpr std::string_view kMask = "***";
  for (const Secret& hidden : secrets) {
    const std::string_view secret = hidden.reveal();
    if (secret.empty()) continue;
    for (std::size_t at = text.find(secret); at != std::string::npos;
         at = text.find(secret, at + kMask.size())) {
      text.replace(at, secret.size(), kMask);
    }
  }
  return text;
}

void WireTrace::hide(const std::string& secret) {
  if (sink_) secrets_.emplace_back(secret);
}

void WireTrace::feed(std::string_view bytes) {
  if (!sink_) return;
  while (!bytes.empty()) {
    if (literal_left_ > 0) {
      const auto skipped =
          static_cast<std::size_t>(std::min<std::uint64_t>(literal_left_, bytes.size()));
      literal_left_ -= skipped;
      bytes.remove_prefix(skipped);
      continue;
    }
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (line_.size() < kLongestLine) line_ += part.substr(0, kLongestLine - line_.size());
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

void WireTrace::end_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  literal_left_ = literal_at_end(line_);
  line(line_);
  OPENSSL_cleanse(line_.data(), line_.size());
  line_.clear();
}

void WireTrace::line(std::string_view text) {
  if (!sink_) return;
  std::string shown = without_secrets(std::string(text), secrets_);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  sink_(prefix_ + shown);
}

}  // namespace mboxferry::imap
