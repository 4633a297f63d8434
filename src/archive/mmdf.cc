// SPDX-License-Identifier: Apache-2.0
// MMDF: a line of four ^A before and behind each message.
#include <algorithm>
#include <array>
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

class MmdfStream final : public InputStream {
 public:
  explicit MmdfStream(std::unique_ptr<InputStream> packed) : packed_(std::move(packed)) {}

  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return packed_->name(); }

 private:
  Result<void> convert_more();
  void take(std::string_view text);
  void begin_line(bool ended);

  std::unique_ptr<InputStream> packed_;
  std::array<char, 32 * 1024> input_{};
  std::string mbox_;
  std::size_t used_ = 0;
  std::string line_;          // the beginning of a line, as long as it is undecided
  bool inside_line_ = false;  // it is decided
  bool in_message_ = false;
  bool in_header_ = false;
  bool is_first_ = true;
  bool at_end_ = false;
};

// `line_` is decided; it ends with its line end when it has `ended`.
void MmdfStream::begin_line(bool ended) {
  std::string_view text = line_;
  while (ended && (text.ends_with('\n') || text.ends_with('\r'))) text.remove_suffix(1);
  const bool separates = text == kMmdfLine;
  if (separates) in_message_ = false;
  const bool is_blank = ended && text.empty();
  if (!separates && !in_message_ && !is_blank) {
    if (!std::exchange(is_first_, false)) mbox_ += '\n';
    if (!text.starts_with(kMmdfFrom)) mbox_ += "From -\n";
    in_message_ = in_header_ = true;
  } else if (!in_header_ && in_message_) {
    const std::size_t quotes = std::min(text.find_first_not_of('>'), text.size());
    if (text.substr(quotes).starts_with(kMmdfFrom)) mbox_ += '>';
  }
  if (is_blank) in_header_ = false;
  if (!separates && in_message_) mbox_ += line_;
  line_.clear();
  inside_line_ = !ended;
}

void MmdfStream::take(std::string_view text) {
  while (!text.empty()) {
    if (inside_line_) {
      const std::size_t end = text.find('\n');
      const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
      mbox_ += text.substr(0, size);
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

Result<void> MmdfStream::convert_more() {
  mbox_.clear();
  used_ = 0;
  MBOXFERRY_ASSIGN(const std::size_t got, packed_->read(input_));
  take({input_.data(), got});
  at_end_ = got == 0;
  if (at_end_ && !line_.empty()) begin_line(true);
  return ok();
}

Result<std::size_t> MmdfStream::read(std::span<char> buffer) {
  while (used_ == mbox_.size() && !at_end_) MBOXFERRY_TRY(convert_more());
  const std::size_t size = mbox_.copy(buffer.data(), buffer.size(), used_);
  used_ += size;
  return size;
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
