// SPDX-License-Identifier: Apache-2.0
// Reads the database of Got Your Back, which may be anything.
#include "archive/gyb_database.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

#include "archive/file_rules.h"
#include "archive/temporary_database.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::archive {
namespace {

constexpr int kLongestCell = 64 * 1024;
constexpr int kStepsAtOnce = 10'000;
// A database as the program writes it takes one step for five bytes.
constexpr std::uint64_t kLeastWork = 1000;
constexpr std::uint64_t kBytesForStepsAtOnce = 2'500;
constexpr std::size_t kMostLabelRows = 400;

// Both must be plain tables: views and virtual tables run what their author wrote.
constexpr const char* kTables =
    "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name IN ('messages', 'labels')"
    " AND rootpage > 0";
constexpr const char* kMessages =
    "SELECT message_num, message_filename, message_internaldate FROM messages";
constexpr const char* kLabels = "SELECT label FROM labels WHERE message_num = ?1 LIMIT ?2";

using Connection = Handle<sqlite3, sqlite3_close_v2>;

/// Ends statements that work more than the file's size explains.
struct WorkLimit {
  std::uint64_t left = 0;
  static int spend(void* self) noexcept {
    auto* limit = static_cast<WorkLimit*>(self);
    return limit->left == 0 || --limit->left == 0 ? 1 : 0;
  }
};

/// A name for a file that has none, while SQLite opens it: SQLite resolves links, and the one in
/// /proc leads nowhere. The file stays its owner's alone, and another's file is never replaced.
class NameForOpening {
 public:
  explicit NameForOpening(const TemporaryFile& file) {
    const std::string link = "/proc/self/fd/" + std::to_string(file.descriptor());
    std::array<char, 4096> target{};
    const ssize_t size = ::readlink(link.c_str(), target.data(), target.size());
    if (size <= 0) return;
    std::string name = parent_path(std::string(target.data(), static_cast<std::size_t>(size)));
    name += "/mboxferry-" + std::to_string(::getpid()) + '-' + std::to_string(file.descriptor());
    if (::linkat(AT_FDCWD, link.c_str(), AT_FDCWD, name.c_str(), AT_SYMLINK_FOLLOW) == 0)
      name_ = std::move(name);
  }
  NameForOpening(const NameForOpening&) = delete;
  NameForOpening& operator=(const NameForOpening&) = delete;
  ~NameForOpening() {
    if (!name_.empty()) ::unlink(name_.c_str());
  }

  /// Empty: the file system gives no names to such files.
  [[nodiscard]] const std::string& path() const { return name_; }

 private:
  std::string name_;
};

// In a URI `?`, `#` and `%` would mean something.
std::string as_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : path) {
    const bool plain = c == '/' || c == '.' || c == '-' || c == '_' || is_letter(c) || is_digit(c);
    constexpr std::string_view kHex = "0123456789ABCDEF";
    const auto code = static_cast<unsigned char>(c);
    if (plain) {
      uri += c;
    } else {
      uri += {'%', kHex[code >> 4U], kHex[code & 15U]};
    }
  }
  return uri + "?mode=ro&immutable=1";
}

Connection open_read_only(const TemporaryFile& file) {
  const NameForOpening opening(file);
  if (opening.path().empty()) return Connection();
  const std::string name = as_uri(opening.path());
  sqlite3* raw = nullptr;
  const int status =
      sqlite3_open_v2(name.c_str(), &raw, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, nullptr);
  Connection connection(raw);
  if (status != SQLITE_OK) return Connection();
  sqlite3_limit(raw, SQLITE_LIMIT_LENGTH, kLongestCell);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, nullptr);
  sqlite3_db_config(raw, SQLITE_DBCONFIG_ENABLE_VIEW, 0, nullptr);
  sqlite3_exec(raw, "PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;", nullptr, nullptr,
               nullptr);
  return connection;
}

Statement prepare_on(const Connection& connection, const char* sql) {
  sqlite3_stmt* raw = nullptr;
  const int status = sqlite3_prepare_v2(connection.get(), sql, -1, &raw, nullptr);
  Statement statement(raw);
  return status == SQLITE_OK ? std::move(statement) : Statement();
}

/// Below the database's directory: Windows wrote backslashes.
std::string file_name_of(std::string name) {
  std::replace(name.begin(), name.end(), '\\', '/');
  return name;
}

}  // namespace

Result<bool> read_gyb_database(
    const TemporaryFile& file, std::uint64_t content,
    const std::function<Result<void>(const std::string& name, const SideNote& note)>& visit) {
  const Connection connection = open_read_only(file);
  if (!connection) return false;
  WorkLimit limit{kLeastWork + content / kBytesForStepsAtOnce};
  sqlite3_progress_handler(connection.get(), kStepsAtOnce, &WorkLimit::spend, &limit);
  const Statement tables = prepare_on(connection, kTables);
  if (!tables || sqlite3_step(tables.get()) != SQLITE_ROW || number_of(tables.get(), 0) != 2)
    return false;
  const Statement messages = prepare_on(connection, kMessages);
  const Statement labels = prepare_on(connection, kLabels);
  if (!messages || !labels) return false;
  for (;;) {
    const int status = sqlite3_step(messages.get());
    if (status == SQLITE_DONE) return true;
    if (status != SQLITE_ROW) return false;
    const std::string name = file_name_of(bytes_of(messages.get(), 1));
    const std::string date = bytes_of(messages.get(), 2);
    sqlite3_bind_int64(labels.get(), 1, sqlite3_column_int64(messages.get(), 0));
    bind_number(labels.get(), 2, kMostLabelRows);
    std::vector<std::string> of_message;
    int found = SQLITE_ROW;
    while ((found = sqlite3_step(labels.get())) == SQLITE_ROW)
      of_message.push_back(bytes_of(labels.get(), 0));
    sqlite3_reset(labels.get());
    if (found != SQLITE_DONE) return false;
    SideNote note = note_of_gmail_labels(of_message);
    note.is_cut = note.is_cut || of_message.size() == kMostLabelRows;
    note.is_listed = true;
    note.date = parse_stored_date(date);
    MBOXFERRY_TRY(visit(name, note));
  }
}

}  // namespace mboxferry::archive
