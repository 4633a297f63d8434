// SPDX-License-Identifier: Apache-2.0
// Reads imap-backup's files. https://github.com/joeyates/imap-backup, docs/files: version 3 has the
// UID, flags, offset and length of each message of the mbox beside it.
#include "archive/mbox_marks.h"

#include <algorithm>
#include <array>
#include <functional>
#include <istream>
#include <nlohmann/json.hpp>
#include <streambuf>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kCreateMarks =
    "CREATE TABLE mark(mbox BLOB, offset INTEGER, flags BLOB, keywords BLOB,"
    " PRIMARY KEY(mbox, offset)) WITHOUT ROWID; BEGIN;";
constexpr const char* kInsertMark = "INSERT OR REPLACE INTO mark VALUES(?, ?, ?, ?)";
constexpr const char* kFindMark =
    "SELECT offset, flags, keywords FROM mark WHERE mbox = ?1 AND offset <= ?2"
    " ORDER BY offset DESC LIMIT 1";

constexpr std::uint64_t kLargestMarkFile = std::uint64_t{1} << 30U;
constexpr std::size_t kMostMarks = 64;
constexpr std::size_t kLongestMark = 256;
/// No text in such a file is as long.
constexpr std::size_t kLongestToken = 4096;
/// The longest From_ line between an offset in such a file and the message.
constexpr std::uint64_t kLongestFromLine = 1000;

/// The bytes of a stream, up to a bound, and no further than tokens of usual length go.
class MarkBuffer final : public std::streambuf {
 public:
  explicit MarkBuffer(InputStream& bytes) : bytes_(bytes) {}

  [[nodiscard]] const std::optional<Error>& error() const { return error_; }

 protected:
  int_type underflow() override {
    const auto got = bytes_.read(buffer_);
    if (!got) error_ = got.error();
    if (!got || *got == 0 || (all_ += *got) > kLargestMarkFile) return traits_type::eof();
    for (std::size_t i = 0; i < *got; ++i) {
      const bool ends = buffer_[i] == ',' || buffer_[i] == '{' || buffer_[i] == '}';
      token_ = ends ? 0 : token_ + 1;
      if (token_ > kLongestToken) return traits_type::eof();
    }
    setg(buffer_.data(), buffer_.data(), buffer_.data() + *got);
    return traits_type::to_int_type(buffer_[0]);
  }

 private:
  InputStream& bytes_;
  std::array<char, 16 * 1024> buffer_{};
  std::uint64_t all_ = 0;
  std::size_t token_ = 0;
  std::optional<Error> error_;
};

struct ListedMark {
  std::optional<std::uint64_t> offset;
  std::string flags;     ///< Maildir's letters
  std::string keywords;  ///< with a line end behind each
};

void add_mark(ListedMark& mark, std::string_view name) {
  constexpr std::array<std::pair<std::string_view, char>, 5> kMarkLetters{
      {{"seen", 'S'}, {"answered", 'R'}, {"flagged", 'F'}, {"draft", 'D'}, {"deleted", 'T'}}};
  if (name.starts_with('\\')) name.remove_prefix(1);
  if (equals_ignoring_case(name, "recent")) return;
  for (const auto& [word, letter] : kMarkLetters) {
    if (equals_ignoring_case(name, word)) {
      mark.flags += letter;
      return;
    }
  }
  if (name.size() > kLongestMark || name.find('\n') != std::string_view::npos) return;
  mark.keywords.append(name) += '\n';
}

/// {"version": 3, "uid_validity": N, "messages": [{"uid", "flags": [], "offset", "length"}]}
class MarkParser final : public nlohmann::json_sax<nlohmann::json> {
 public:
  using Take = std::function<Result<void>(const ListedMark&)>;
  explicit MarkParser(Take take) : take_(std::move(take)) {}

  [[nodiscard]] bool is_known() const { return version_ == 3 && has_messages_; }
  [[nodiscard]] const Result<void>& taken() const { return taken_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(number_integer_t) override { return true; }
  bool number_unsigned(number_unsigned_t number) override {
    if (depth_ == 1 && key_ == "version") version_ = number;
    if (depth_ == 3 && in_messages_ && key_ == "offset" && number <= kLastOffset)
      mark_.offset = number;
    return true;
  }
  bool number_float(number_float_t, const string_t&) override { return true; }
  bool string(string_t& text) override {
    if (depth_ == 4 && in_messages_ && in_flags_ && marks_++ < kMostMarks) add_mark(mark_, text);
    return true;
  }
  bool binary(binary_t&) override { return true; }
  bool start_object(std::size_t) override {
    if (++depth_ == 3 && in_messages_) {
      mark_ = ListedMark{};
      marks_ = 0;
    }
    return depth_ <= kDeepest;
  }
  bool key(string_t& name) override {
    key_ = std::move(name);
    return true;
  }
  bool end_object() override {
    if (depth_-- == 3 && in_messages_ && mark_.offset) taken_ = take_(mark_);
    return taken_.has_value();
  }
  bool start_array(std::size_t) override {
    if (depth_ == 1 && key_ == "messages") in_messages_ = has_messages_ = true;
    if (depth_ == 3 && in_messages_) in_flags_ = key_ == "flags";
    return ++depth_ <= kDeepest;
  }
  bool end_array() override {
    if (--depth_ == 1) in_messages_ = false;
    if (depth_ == 3) in_flags_ = false;
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) override {
    return false;
  }

 private:
  static constexpr std::uint64_t kLastOffset = std::uint64_t{1} << 62U;
  static constexpr int kDeepest = 16;

  Take take_;
  Result<void> taken_;
  int depth_ = 0;
  std::uint64_t version_ = 0;
  bool has_messages_ = false;
  bool in_messages_ = false;
  bool in_flags_ = false;
  std::size_t marks_ = 0;
  std::string key_;
  ListedMark mark_;
};

}  // namespace

Result<std::shared_ptr<MarkTable>> MarkTable::create() {
  auto table = std::make_shared<MarkTable>();
  MBOXFERRY_TRY(table->database_.open(kCreateMarks));
  MBOXFERRY_ASSIGN(table->insert_, table->database_.prepare(kInsertMark));
  MBOXFERRY_ASSIGN(table->find_, table->database_.prepare(kFindMark));
  return table;
}

Result<bool> MarkTable::read(const std::string& mbox, InputStream& bytes) {
  MarkParser parser([&](const ListedMark& mark) -> Result<void> {
    bind_bytes(insert_.get(), 1, mbox);
    bind_number(insert_.get(), 2, *mark.offset);
    bind_bytes(insert_.get(), 3, mark.flags);
    bind_bytes(insert_.get(), 4, mark.keywords);
    return database_.insert(insert_.get());
  });
  MarkBuffer buffer(bytes);
  std::istream stream(&buffer);
  const bool parsed = nlohmann::json::sax_parse(stream, &parser);
  MBOXFERRY_TRY(parser.taken());
  if (parsed && parser.is_known()) return true;
  MBOXFERRY_ASSIGN(const Statement forget, database_.prepare("DELETE FROM mark WHERE mbox = ?"));
  bind_bytes(forget.get(), 1, mbox);
  MBOXFERRY_TRY(database_.insert(forget.get()));
  if (buffer.error()) return *buffer.error();
  return false;
}

Result<std::uint64_t> MarkTable::count(const std::string& mbox) {
  MBOXFERRY_ASSIGN(const Statement all,
                   database_.prepare("SELECT count(*) FROM mark WHERE mbox = ?"));
  bind_bytes(all.get(), 1, mbox);
  if (sqlite3_step(all.get()) != SQLITE_ROW) return database_.failed();
  return number_of(all.get(), 0);
}

Result<std::optional<MessageFile>> MarkTable::at(const std::string& mbox, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  sqlite3_reset(find_.get());
  bind_bytes(find_.get(), 1, mbox);
  bind_number(find_.get(), 2, offset);
  const int status = sqlite3_step(find_.get());
  if (status != SQLITE_ROW && status != SQLITE_DONE) return database_.failed();
  const bool found = status == SQLITE_ROW;
  const std::uint64_t from = found ? number_of(find_.get(), 0) : 0;
  MessageFile marks;
  marks.offset = offset;
  marks.has_flags = true;
  marks.flags = found ? bytes_of(find_.get(), 1) : "";
  const std::string keywords = found ? bytes_of(find_.get(), 2) : "";
  sqlite3_reset(find_.get());
  if (!found || offset - from > kLongestFromLine) return std::optional<MessageFile>();
  for (std::size_t begin = 0; begin < keywords.size();) {
    const std::size_t end = keywords.find('\n', begin);
    marks.keywords.push_back(keywords.substr(begin, end - begin));
    begin = end + 1;
  }
  return std::optional(std::move(marks));
}

Result<std::optional<MessageFile>> marks_at(const Folder& folder, std::uint64_t offset) {
  if (!folder.marks) return std::optional<MessageFile>();
  return folder.marks->table->at(folder.marks->mbox, offset);
}

}  // namespace mboxferry::archive
