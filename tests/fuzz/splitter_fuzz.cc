// SPDX-License-Identifier: Apache-2.0
// Any bytes, read in pieces of any size: each byte is accounted for once, messages ascend, and a
// pass that is resumed at any boundary finds what the whole pass found. A folder in which nothing
// is doubtful is split as a plain reader splits it that has all the lines before it. The first two
// bytes of the input choose the sizes of the pieces; with an odd third byte, each byte behind it
// stands for one of the pieces below that folders are made of.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mbox/scanner.h"
#include "mbox/text.h"
#include "mboxferry/mbox/splitter.h"

namespace {

using mboxferry::ByteSource;
using mboxferry::ok;
using mboxferry::Result;
using mboxferry::mbox::Accounting;

void require(bool condition) {
  if (!condition) std::abort();
}

class Memory final : public ByteSource {
 public:
  Memory(std::string_view bytes, std::size_t at_most) : bytes_(bytes), at_most_(at_most) {}
  Result<std::size_t> read_at(std::uint64_t offset, std::span<char> buffer) override {
    if (offset >= bytes_.size()) return std::size_t{0};
    const auto at = static_cast<std::size_t>(offset);
    const std::size_t size = std::min({buffer.size(), bytes_.size() - at, at_most_});
    std::memcpy(buffer.data(), bytes_.data() + at, size);
    return size;
  }
  Result<void> check_unchanged() override { return ok(); }
  const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  std::size_t at_most_;
  std::string name_ = "fuzz";
};

struct Found {
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t resume_at = 0;
  Accounting accounting;
  friend bool operator==(const Found&, const Found&) = default;
};

class Checker final : public mboxferry::mbox::MessageSink {
 public:
  explicit Checker(std::string_view bytes) : bytes_(bytes) {}
  Result<void> begin(std::uint64_t offset, const mboxferry::mbox::Envelope&) override {
    require(!inside_ && offset >= last_end_ && offset <= bytes_.size());
    inside_ = true;
    current_ = {.offset = offset, .length = 0, .resume_at = 0, .accounting = {}};
    return ok();
  }
  Result<void> bytes(std::string_view raw) override {
    require(inside_ && bytes_.substr(current_.offset + current_.length, raw.size()) == raw);
    current_.length += raw.size();
    return ok();
  }
  Result<void> end(std::uint64_t length, std::uint64_t resume_at,
                   const Accounting& accounting) override {
    require(inside_ && length == current_.length && accounting.sum() == resume_at);
    require(resume_at >= current_.offset + length && resume_at <= bytes_.size());
    inside_ = false;
    last_end_ = resume_at;
    current_.resume_at = resume_at;
    current_.accounting = accounting;
    found.push_back(current_);
    return ok();
  }
  Result<void> doubt(const mboxferry::mbox::Doubt& doubt) override {
    require(doubt.offset < bytes_.size() && doubt.line.size() <= 200);
    return ok();
  }
  Result<void> problem(const mboxferry::mbox::Problem& problem) override {
    require(problem.offset <= bytes_.size());
    return ok();
  }

  std::vector<Found> found;

 private:
  std::string_view bytes_;
  Found current_;
  std::uint64_t last_end_ = 0;
  bool inside_ = false;
};

constexpr std::array<std::string_view, 32> kFragments{
    "\n",
    "From a@b Sat Jan  3 01:05:34 1996\nSubject: s\n",
    "From c Sun Feb 29 23:59:59 2004\nTo: x\n\n",
    ">From x\n",
    ">>From y\n",
    "text\n",
    "From here on\n",
    "From - Mon Mar  3 09:15:02 2008\n",
    "Content-Length: 6\n",
    "Content-Length: 5\n",
    "--boundary\n",
    "Content-Type: text/plain\n",
    "\r\n",
    "\r",
    std::string_view("\0", 1),
    "From \n",
    "Received: by x\n",
    "X-Mozilla-Status: 0001\n",
    " folded\n",
    "From joe@x lun. 3 mars 2008, 9:15:02\n",
    ">From - \n",
    "no end",
    "From a at b.org  Fri Nov  2 08:00:00 2001\nDate: x\n",
    "Subject: t\n",
    "--boundary--\n",
    "\n\n",
    "From 123@xxx Fri Nov 02 08:00:00 +0000 2001\n",
    "From 123@xxx\n",
    "\xEF\xBB\xBF",
    "From MAILER-DAEMON Fri Jan  2 10:14:00 1970\nSubject: u\n\nbody\n\n",
    "Lines: 3\n",
    "Status: RO\n"};

std::string assemble(std::string_view script) {
  std::string bytes;
  for (const char c : script)
    bytes += kFragments[static_cast<unsigned char>(c) % kFragments.size()];
  return bytes;
}

// --- the plain reader

struct PlainLine {
  std::uint64_t offset = 0;
  std::uint64_t next = 0;
  std::string_view text;
};

std::vector<PlainLine> lines_of(std::string_view bytes) {
  std::vector<PlainLine> lines;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t end = std::min(bytes.find('\n', at), bytes.size() - 1);
    lines.push_back({at, end + 1, bytes.substr(at, end - at)});
    at = end + 1;
  }
  return lines;
}

// `9` stands for a digit and `?` for any character.
bool matches(std::string_view text, std::string_view pattern) {
  return std::equal(text.begin(), text.end(), pattern.begin(), pattern.end(), [](char c, char p) {
    return p == '9' ? c >= '0' && c <= '9' : p == '?' || c == p;
  });
}

bool is_name(std::string_view names, std::string_view name) {
  for (std::size_t i = 0; i < names.size(); i += 3) {
    if (names.substr(i, 3) == name) return true;
  }
  return false;
}

// Of the same number of digits each, so that their order is that of the numbers.
bool within(std::string_view digits, std::string_view least, std::string_view most) {
  return digits >= least && digits <= most;
}

// `From `, one word, and a date in the form of asctime.
bool is_plain_from_line(std::string_view line) {
  constexpr std::size_t kDateSize = 24;
  constexpr std::size_t kLongestSender = 300;
  if (line.size() < 5 + 2 + kDateSize || !line.starts_with("From ")) return false;
  const std::string_view sender = line.substr(5, line.size() - 5 - 1 - kDateSize);
  const std::string_view date = line.substr(line.size() - kDateSize);
  const bool word =
      sender.size() <= kLongestSender && std::all_of(sender.begin(), sender.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '@' || c == '-';
      });
  return word && line[line.size() - kDateSize - 1] == ' ' &&
         matches(date, "??? ??? ?9 99:99:99 9999") &&
         is_name("MonTueWedThuFriSatSun", date.substr(0, 3)) &&
         is_name("JanFebMarAprMayJunJulAugSepOctNovDec", date.substr(4, 3)) &&
         (within(date.substr(8, 2), " 1", " 9") || within(date.substr(8, 2), "01", "31")) &&
         within(date.substr(11, 2), "00", "23") && within(date.substr(14, 2), "00", "59") &&
         within(date.substr(17, 2), "00", "59") && within(date.substr(20), "1900", "9999");
}

// Nothing when some line may be read in more than one way.
std::optional<std::vector<PlainLine>> clear_lines(std::string_view bytes) {
  std::string lower(bytes);
  for (char& c : lower) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
  const bool odd = bytes.find('\r') != std::string_view::npos ||
                   bytes.find('\0') != std::string_view::npos ||
                   lower.find("content-length") != std::string::npos ||
                   lower.find("\n--") != std::string::npos || !lower.ends_with('\n');
  if (odd) return std::nullopt;
  auto lines = lines_of(bytes);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i > 0 && !lines[i].text.starts_with("From ")) continue;
    const bool clear =
        is_plain_from_line(lines[i].text) && (i == 0 || lines[i - 1].text.empty()) &&
        i + 1 < lines.size() &&
        (lines[i + 1].text.starts_with("Subject:") || lines[i + 1].text.starts_with("To:"));
    if (!clear) return std::nullopt;
  }
  return lines;
}

bool is_quoted(std::string_view line) {
  const std::size_t quotes = line.find_first_not_of('>');
  return quotes != std::string_view::npos && quotes > 0 && line.substr(quotes).starts_with("From ");
}

void compare_with_plain_reader(std::string_view bytes, const std::vector<Found>& found,
                               const Accounting& total) {
  const auto lines = clear_lines(bytes);
  if (!lines) return;
  std::size_t message = 0;
  std::uint64_t quotes = 0;
  for (std::size_t i = 0; i < lines->size(); ++message) {
    const std::size_t first = i + 1;
    std::size_t body = 0;
    for (i = first; i < lines->size() && !(*lines)[i].text.starts_with("From "); ++i) {
      if (body > 0 && is_quoted((*lines)[i].text)) ++quotes;
      if (body == 0 && (*lines)[i].text.empty()) body = i + 1;
    }
    // The last empty line belongs to the separator, unless it is the one that ends the header.
    const bool gives_one = (*lines)[i - 1].text.empty() && body != i;
    const std::uint64_t end = (*lines)[gives_one ? i - 2 : i - 1].next;
    require(message < found.size() && found[message].offset == (*lines)[first].offset);
    require(found[message].offset + found[message].length == end);
    require(found[message].resume_at == (*lines)[i - 1].next);
  }
  require(message == found.size() && total.quoting == quotes && total.junk == 0);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::size_t at_most = std::size_t{data[0]} + 1;
  const std::size_t step = (std::size_t{data[1]} + 1) * 16;
  const std::string_view input(reinterpret_cast<const char*>(data) + 3, size - 3);
  const std::string assembled = data[2] % 2 == 0 ? std::string(input) : assemble(input);
  const std::string_view bytes = assembled;
  Memory source(bytes, at_most);
  Memory peek(bytes, bytes.size());
  const auto profile = mboxferry::mbox::survey(source, mboxferry::mbox::Dialect::automatic);
  require(profile.has_value() && profile->empty == bytes.empty());

  const mboxferry::Cancellation never;
  Checker whole(bytes);
  const auto total = split(source, peek, *profile, whole, never);
  require(total.has_value() && total->sum() == bytes.size());

  compare_with_plain_reader(bytes, whole.found, *total);
  require(mboxferry::mbox::find_from(bytes) == bytes.find("From "));

  // The lookahead bounds what a decision may use, so that only the step may differ; beyond the
  // folder's end there is nothing to look at.
  const std::size_t lookahead = std::min<std::size_t>(512 << 10, bytes.size() + 1);
  const mboxferry::mbox::WindowSizes sizes{.behind = 8192, .step = step, .lookahead = lookahead};
  const auto scan = [&](Checker& checker, std::uint64_t from, const Accounting& so_far) {
    mboxferry::mbox::Scanner scanner(source, peek, *profile, checker, never, from, so_far, sizes);
    const auto sum = scanner.run();
    require(sum.has_value() && *sum == *total);
  };
  Checker pieces(bytes);
  scan(pieces, 0, {});
  require(pieces.found == whole.found);

  for (std::size_t i = 0; i < whole.found.size(); i += 1 + whole.found.size() / 4) {
    Checker rest(bytes);
    scan(rest, whole.found[i].resume_at, whole.found[i].accounting);
    require(std::equal(rest.found.begin(), rest.found.end(),
                       whole.found.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                       whole.found.end()));
  }
  return 0;
}
