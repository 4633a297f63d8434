// SPDX-License-Identifier: Apache-2.0
// Rows of a CSV file, parsed by libcsv line by line, so that places are known.
#include "mboxferry/job/csv.h"

#include <csv.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <new>

#include "job/line_reader.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::job {
namespace {

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

Result<struct stat> csv_status(int descriptor, const std::string& path) {
  struct stat status {};
  if (::fstat(descriptor, &status) != 0)
    return Error{ErrorCode::io, "cannot read " + path + ": " + errno_text(errno), ""};
  return status;
}

/// What separates the fields of the header.
char separator_of(std::string_view header) {
  char best = ',';
  std::ptrdiff_t most = 0;
  for (const char candidate : {',', ';', '\t'}) {
    const std::ptrdiff_t count = std::count(header.begin(), header.end(), candidate);
    if (count > most) best = candidate;
    most = std::max(most, count);
  }
  return best;
}

/// libcsv's parser for one row.
class RowParser {
 public:
  explicit RowParser(char separator) {
    if (csv_init(&parser_, CSV_STRICT | CSV_STRICT_FINI) != 0) throw std::bad_alloc();
    csv_set_delim(&parser_, static_cast<unsigned char>(separator));
    // Blanks belong to a field (RFC 4180 section 2): a password may begin with one.
    csv_set_space_func(&parser_, [](unsigned char) noexcept { return 0; });
  }
  RowParser(const RowParser&) = delete;
  RowParser& operator=(const RowParser&) = delete;
  ~RowParser() { csv_free(&parser_); }

  /// False: this is no CSV.
  bool feed(std::string_view text) {
    return csv_parse(&parser_, text.data(), text.size(), take_field, take_row, this) == text.size();
  }
  bool finish() { return csv_fini(&parser_, take_field, take_row, this) == 0; }
  [[nodiscard]] bool complete() const { return complete_; }
  std::vector<std::string> take() { return std::move(fields_); }

 private:
  // An exception must not pass through libcsv.
  static void take_field(void* text, std::size_t size, void* self) noexcept {
    static_cast<RowParser*>(self)->fields_.emplace_back(static_cast<const char*>(text), size);
  }
  static void take_row(int, void* self) noexcept {
    static_cast<RowParser*>(self)->complete_ = true;
  }

  csv_parser parser_{};
  std::vector<std::string> fields_;
  bool complete_ = false;
};

bool is_blank(std::string_view line) {
  return line.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

}  // namespace

struct CsvFile::State {
  LineReader lines;
  std::string path;
  char separator = ',';
  std::uint64_t line = 1;  ///< of what comes next
  std::string text;        ///< of the current line

  Result<CsvRow> row();
  Result<void> pass_line();
  Result<CsvRow> wrong(CsvRow row, std::string problem, std::uint64_t next_line,
                       std::uint64_t next_offset);
};

/// The rest of a line that is too long.
Result<void> CsvFile::State::pass_line() {
  while (!text.ends_with('\n') && !text.ends_with('\r')) {
    MBOXFERRY_ASSIGN(const bool more, lines.next(text));
    if (!more) break;
  }
  return ok();
}

/// The row that begins with the line in `text`, which has been read.
Result<CsvRow> CsvFile::State::row() {
  CsvRow found;
  found.line = line++;
  found.offset = lines.offset() - text.size();
  const std::uint64_t behind = lines.offset();
  RowParser parser(separator);
  for (std::size_t bytes = 0;;) {
    bytes += text.size();
    if (text.find('\0') != std::string::npos) {
      return wrong(std::move(found), "holds a NUL byte, as UTF-16 has; save the file as UTF-8",
                   line, lines.offset());
    }
    if (!parser.feed(text)) {
      return wrong(std::move(found),
                   "a quote is not closed, or stands within a field that is not quoted",
                   found.line + 1, behind);
    }
    if (parser.complete()) break;
    if (bytes >= kLongestRow) {
      const bool one_line = bytes == text.size();
      if (one_line) MBOXFERRY_TRY(pass_line());
      return wrong(std::move(found), "is too long, or a quote in it is not closed", found.line + 1,
                   one_line ? lines.offset() : behind);
    }
    MBOXFERRY_ASSIGN(const bool more, lines.next(text));
    if (more) {
      ++line;
      continue;
    }
    if (!parser.finish()) {
      return wrong(std::move(found), "a quote is not closed", found.line + 1, behind);
    }
    break;
  }
  found.fields = parser.take();
  for (const std::string& field : found.fields) {
    if (is_utf8(field)) continue;
    found.fields.clear();
    found.problem =
        "is not in UTF-8 but perhaps in Windows-1252; save the file as UTF-8, in Excel as \"CSV "
        "UTF-8 "
        "(Comma delimited)\"";
    found.trouble = CsvTrouble::encoding;
    break;
  }
  return found;
}

Result<CsvRow> CsvFile::State::wrong(CsvRow row, std::string problem, std::uint64_t next_line,
                                     std::uint64_t next_offset) {
  row.problem = std::move(problem);
  row.trouble = CsvTrouble::file;
  line = next_line;
  if (lines.offset() != next_offset) MBOXFERRY_TRY(lines.seek(next_offset));
  return row;
}

CsvFile::CsvFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
CsvFile::CsvFile(CsvFile&&) noexcept = default;
CsvFile& CsvFile::operator=(CsvFile&&) noexcept = default;
CsvFile::~CsvFile() = default;

Result<CsvFile> CsvFile::open(const std::string& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) {
    return Error{ErrorCode::configuration, "cannot read " + path + ": " + errno_text(errno),
                 "name a CSV file with accounts"};
  }
  auto state = std::make_unique<State>(
      State{LineReader(std::move(file), path, kLongestRow), path, ',', 1, ""});
  MBOXFERRY_TRY(state->lines.next(state->text));
  state->separator = separator_of(state->text);
  const bool marked = std::string_view(state->text).starts_with(kByteOrderMark);
  MBOXFERRY_TRY(state->lines.seek(marked ? kByteOrderMark.size() : 0));
  return CsvFile(std::move(state));
}

Result<std::optional<CsvRow>> CsvFile::next() {
  for (;;) {
    MBOXFERRY_ASSIGN(const bool more, state_->lines.next(state_->text));
    if (!more) return std::optional<CsvRow>();
    if (is_blank(state_->text)) {
      ++state_->line;
      continue;
    }
    MBOXFERRY_ASSIGN(CsvRow row, state_->row());
    return std::optional(std::move(row));
  }
}

Result<void> CsvFile::seek(std::uint64_t line, std::uint64_t offset) {
  state_->line = line;
  return state_->lines.seek(offset);
}

Result<bool> CsvFile::others_can_read() const {
  MBOXFERRY_ASSIGN(const struct stat found, csv_status(state_->lines.descriptor(), state_->path));
  return mboxferry::others_can_read(found.st_mode, found.st_uid);
}

Result<void> CsvFile::refuse_others_writing(bool runs_commands) const {
  MBOXFERRY_ASSIGN(const struct stat found, csv_status(state_->lines.descriptor(), state_->path));
  MBOXFERRY_TRY(refuse_writable_by_others(found, "accounts file", state_->path));
  return runs_commands ? refuse_replaceable_by_others("accounts file", state_->path) : ok();
}

}  // namespace mboxferry::job
