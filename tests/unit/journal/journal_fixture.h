// SPDX-License-Identifier: Apache-2.0
// A journal in a temporary folder, with small ways to fill and to look at it.
#pragma once

#include <sqlite3.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "mboxferry/journal/journal.h"

namespace mboxferry::journal {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "journal-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] std::string file(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

template <typename T>
T value(Result<T> result) {
  if (!result) FAIL(describe(result.error()));
  return std::move(*result);
}

inline void done(const Result<void>& result) {
  if (!result) FAIL(describe(result.error()));
}

/// Fails the test unless the result is an error; returns it.
template <typename T>
Error failure(const Result<T>& result) {
  if (result) FAIL("succeeded, but must not");
  return result.error();
}

/// Changes a journal behind its back.
/// A journal belongs to its user alone.
inline void make_own(const std::string& path) {
  std::filesystem::permissions(path, std::filesystem::perms(0600));
}

inline void run_sql(const std::string& path, const std::string& sql) {
  sqlite3* database = nullptr;
  sqlite3_open(path.c_str(), &database);
  char* error = nullptr;
  const int status = sqlite3_exec(database, sql.c_str(), nullptr, nullptr, &error);
  const std::string text = error != nullptr ? error : "";
  sqlite3_free(error);
  sqlite3_close(database);
  if (status != SQLITE_OK) FAIL(text);
  make_own(path);
}

inline void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
  make_own(path);
}

/// A message whose every fact follows from `number`.
inline MessageRow sample(FolderId folder, MailboxId mailbox, std::uint64_t number) {
  MessageRow row;
  row.folder = folder;
  row.mailbox = mailbox;
  row.offset = number * 3000;
  row.length = 2800;
  row.wire_size = 2900 + number % 97;
  for (std::size_t i = 0; i < row.digest.size(); ++i) {
    row.digest[i] = static_cast<std::uint8_t>(((number + 1) * (i + 7) * 2654435761U) >> 13U);
  }
  row.message_id_hash = static_cast<std::int64_t>((number + 1) * 0x9E3779B97F4A7C15U);
  row.date = {.unix_seconds = 1700000000 + static_cast<std::int64_t>(number), .zone_minutes = 60};
  row.date_source = 1;
  row.flags = 1;
  return row;
}

/// What the server shows of a message.
inline Seen seen_as(const MessageRow& row, Uid uid) {
  return {.uid = uid,
          .size = row.wire_size,
          .date = row.date.unix_seconds,
          .message_id_hash = row.message_id_hash};
}

/// One journal with one folder and one mailbox.
class Fixture {
 public:
  Fixture() { reopen(); }

  void reopen() {
    journal.reset();
    journal = value(Journal::open(path(), OpenMode::create_or_resume));
    if (value(journal->folders()).empty()) {
      mailbox = value(journal->add_mailbox(
          {.name = "INBOX", .renamed_from = {}, .uid_validity = 7, .uid_floor = 1}));
      folder = value(journal->add_folder({.archive = "/a.mbox", .path = "a", .mailbox = mailbox}));
    }
  }

  /// Adds messages; they get their ids.
  void add(std::vector<MessageRow>& rows, FolderId into = 0) {
    for (const FolderRow& row : value(journal->folders())) {
      if (row.id == (into != 0 ? into : folder)) done(journal->add_indexed(row, rows, {}));
    }
  }

  std::vector<MessageRow> add_samples(std::size_t count, std::uint64_t first = 0) {
    std::vector<MessageRow> rows;
    for (std::size_t i = 0; i < count; ++i) rows.push_back(sample(folder, mailbox, first + i));
    add(rows);
    return rows;
  }

  void intend(const std::vector<MessageRow>& rows, Uid floor = 1) {
    Intent intent{.mailbox = rows.at(0).mailbox, .uid_validity = 7, .uid_floor = floor};
    for (const MessageRow& row : rows) intent.messages.push_back(row.id);
    done(journal->commit({.intents = {intent}}));
  }

  State state(MessageId id) { return value(journal->message(id)).value().state; }
  Uid uid(MessageId id) { return value(journal->message(id)).value().uid; }

  [[nodiscard]] std::string path() const { return folder_.file("job.journal"); }
  [[nodiscard]] const TemporaryFolder& temporary() const { return folder_; }

  FolderId folder = 0;
  MailboxId mailbox = 0;
  std::unique_ptr<Journal> journal;

 private:
  TemporaryFolder folder_;
};

}  // namespace mboxferry::journal
