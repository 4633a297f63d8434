// SPDX-License-Identifier: Apache-2.0
// The protocol as lines for a person.
#include "imap/wire/wire_trace.h"

#include <openssl/crypto.h>

#include <algorithm>

#include "imap/wire/reply_line.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

constexpr std::size_t kLongestLine = 2000;

constexpr std::size_t kTail = 64;  // more than any announcement has

/// The length of the literal that a command goes on with; 0 for none.
std::uint64_t literal_of_command(std::string_view line) {
  if (!line.ends_with('}')) return 0;
  line.remove_suffix(line.ends_with("+}") || line.ends_with("-}") ? 2 : 1);
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return 0;
  return parse_number(line.substr(open + 1)).value_or(0);
}

/// Where the item's name ends that begins with this word at or behind `from`; nothing for none.
std::size_t behind_item(std::string_view line, std::string_view word, std::size_t from) {
  const auto found =
      std::search(line.begin() + static_cast<std::ptrdiff_t>(from), line.end(), word.begin(),
                  word.end(), [](char a, char b) { return to_lower(a) == to_lower(b); });
  if (found == line.end()) return std::string_view::npos;
  auto at = static_cast<std::size_t>(found - line.begin()) + word.size();
  if (word.ends_with('[')) at = std::min(line.find(']', at), line.size());
  return std::min(line.find(' ', at), line.size());
}

}  // namespace

std::string without_bodies(std::string line) {
  for (const std::string_view word : {"BODY[", "BINARY[", "RFC822"}) {
    for (std::size_t at = behind_item(line, word, 0); at < line.size();
         at = behind_item(line, word, at)) {
      at = std::min(line.find_first_not_of(' ', at), line.size());
      if (at == line.size() || line[at] != '"') continue;
      std::size_t end = at + 1;
      while (end < line.size() && line[end] != '"') end += line[end] == '\\' ? 2U : 1U;
      end = std::min(end, line.size());
      OPENSSL_cleanse(line.data() + at + 1, end - at - 1);
      line.replace(at + 1, end - at - 1, "***");
      at += sizeof "\"***";
    }
  }
  return line;
}

void WireTrace::hide(const Secret& secret) {
  if (sink_) secrets_.hide(secret);
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
    // A secret that begins in what is shown is known as a whole.
    const std::size_t most = kLongestLine + secrets_.longest_spelling();
    if (line_.size() < most) line_ += part.substr(0, most - line_.size());
    tail_ += part.substr(part.size() - std::min(part.size(), kTail));
    if (tail_.size() > kTail) tail_.erase(0, tail_.size() - kTail);
    if (end == std::string_view::npos) return;
    bytes.remove_prefix(end + 1);
    end_line();
  }
}

void WireTrace::end_line() {
  for (std::string* text : {&line_, &tail_})
    if (text->ends_with('\r')) text->pop_back();
  if (challenges_hidden_ && line_.starts_with("+ ") && line_.size() > 2) {
    OPENSSL_cleanse(line_.data(), line_.size());
    line_ = "+ ***";
    tail_.clear();
  }
  if (first_.empty()) first_ = line_;
  const bool sent = prefix_.starts_with('C');
  literal_left_ = sent ? literal_of_command(tail_) : announced_literal(first_, tail_).value_or(0);
  line(sent ? std::move(line_) : without_bodies(std::move(line_)));
  for (std::string* text : {&line_, &tail_}) {
    OPENSSL_cleanse(text->data(), text->size());
    text->clear();
  }
  if (literal_left_ == 0) first_.clear();
}

void WireTrace::line(std::string_view text) {
  if (!sink_) return;
  std::string shown = secrets_.masked(text, kLongestLine);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
  }
  sink_(prefix_ + shown);
}

}  // namespace mboxferry::imap
