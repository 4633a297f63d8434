// SPDX-License-Identifier: Apache-2.0
// MMDF: a line of four ^A before and behind each message.
#include <algorithm>
#include <string>
#include <utility>

#include "archive/text_conversion.h"

namespace mboxferry::archive {
namespace {

constexpr std::string_view kMmdfLine = "\x01\x01\x01\x01";
constexpr std::string_view kMmdfFrom = "From ";
// A line that has nothing else so far is looked at no further.
constexpr std::size_t kMostQuotes = 256;

// True while `line` may still become one of the lines that are looked for.
bool is_undecided(std::string_view line) {
  if (kMmdfLine.starts_with(line) || line == "\x01\x01\x01\x01\r") return true;
  if (line.starts_with(kMmdfLine)) return line.size() == kMmdfLine.size();
  const std::size_t quotes = std::min(line.find_first_not_of('>'), line.size());
  const std::string_view rest = line.substr(quotes);
  return quotes < kMostQuotes && rest.size() < kMmdfFrom.size() && kMmdfFrom.starts_with(rest);
}

class MmdfStream final : public ConvertedStream {
 public:
  explicit MmdfStream(std::unique_ptr<InputStream> packed) : ConvertedStream(std::move(packed)) {}

 private:
  void take(std::string_view text) override;
  void end() override {
    if (!line_.empty()) begin_line(true);
  }
  void begin_line(bool ended);

  std::string line_;          // the beginning of a line, as long as it is undecided
  bool inside_line_ = false;  // it is decided
  bool in_message_ = false;
  bool in_header_ = false;
  bool is_first_ = true;
};

// `line_` is decided; it ends with its line end when it has `ended`.
void MmdfStream::begin_line(bool ended) {
  std::string_view text = line_;
  while (ended && (text.ends_with('\n') || text.ends_with('\r'))) text.remove_suffix(1);
  const bool separates = text == kMmdfLine;
  if (separates) in_message_ = false;
  const bool is_blank = ended && text.empty();
  if (!separates && !in_message_ && !is_blank) {
    if (!std::exchange(is_first_, false)) text_ += '\n';
    if (!text.starts_with(kMmdfFrom)) text_ += "From -\n";
    in_message_ = in_header_ = true;
  } else if (!in_header_ && in_message_) {
    const std::size_t quotes = std::min(text.find_first_not_of('>'), text.size());
    if (text.substr(quotes).starts_with(kMmdfFrom)) text_ += '>';
  }
  if (is_blank) in_header_ = false;
  if (!separates && in_message_) text_ += line_;
  line_.clear();
  inside_line_ = !ended;
}

void MmdfStream::take(std::string_view text) {
  while (!text.empty()) {
    if (inside_line_) {
      const std::size_t end = text.find('\n');
      const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
      text_ += text.substr(0, size);
      inside_line_ = end == std::string_view::npos;
      text.remove_prefix(size);
      continue;
    }
    line_ += text.front();
    text.remove_prefix(1);
    const bool ended = line_.ends_with('\n');
    const bool half_of_end = line_ == "\r";
    if (ended || (!half_of_end && !is_undecided(line_))) begin_line(ended);
  }
}

}  // namespace

bool is_mmdf(std::string_view head) {
  if (!head.starts_with(kMmdfLine)) return false;
  head.remove_prefix(kMmdfLine.size());
  return head.starts_with('\n') || head.starts_with("\r\n");
}

std::unique_ptr<InputStream> mmdf_to_mbox(std::unique_ptr<InputStream> packed) {
  return std::make_unique<MmdfStream>(std::move(packed));
}

}  // namespace mboxferry::archive
