// SPDX-License-Identifier: Apache-2.0
// Looks through the journals of a state folder.
#include "transfer/check/older_jobs.h"

#include <strings.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace mboxferry::transfer {
namespace {

namespace fs = std::filesystem;

/// So many of an account are opened for the places of a file.
constexpr std::size_t kMostJournals = 16;
/// So many of a folder's messages tell where it went.
constexpr std::size_t kMostRows = 512;

bool has_same_letters(const std::string& one, const std::string& other) {
  return strcasecmp(one.c_str(), other.c_str()) == 0;
}

/// Those in `folder` whose names may be this account's, but for `own`; the newest first.
std::vector<std::string> journals_of(const std::string& folder, const std::string& account,
                                     const std::string& own) {
  // The names of journals begin with that of the account, as far as a file's name can hold it.
  const std::size_t same = account.find_first_not_of(
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-@.");
  const std::string start = account.substr(0, std::min<std::size_t>(same, 48));
  std::vector<std::pair<fs::file_time_type, std::string>> journals;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder, error)) {
    std::error_code ignored;
    const std::string name = entry.path().filename().string();
    const bool fits = entry.path().extension() == ".journal" &&
                      has_same_letters(name.substr(0, start.size()), start) &&
                      !fs::equivalent(entry.path(), own, ignored);
    if (fits) journals.emplace_back(entry.last_write_time(ignored), entry.path().string());
  }
  std::sort(journals.begin(), journals.end(), std::greater<>());
  std::vector<std::string> paths;
  for (auto& journal : journals) paths.push_back(std::move(journal.second));
  return paths;
}

/// Null when it is another account's, or has stored nothing.
std::unique_ptr<journal::Journal> open_if_of(const std::string& account, const std::string& path) {
  auto journal = journal::Journal::open(path, journal::OpenMode::read_only);
  if (!journal) return nullptr;
  const auto identity = (*journal)->identity();
  if (!identity || !has_same_letters(identity->account, account)) return nullptr;
  const auto stored = has_stored(**journal, 0);
  return stored && *stored ? std::move(*journal) : nullptr;
}

/// Adds the mailboxes that hold messages of `rows`, which are of one folder.
void add_places(const Result<std::vector<journal::MessageRow>>& rows,
                const std::vector<journal::MailboxRow>& mailboxes,
                std::vector<OlderPlace>& places) {
  if (!rows) return;
  std::set<journal::MailboxId> used;
  for (const journal::MessageRow& row : *rows)
    if (row.state == journal::State::stored) used.insert(row.mailbox);
  for (const journal::MailboxRow& mailbox : mailboxes) {
    if (!used.contains(mailbox.id)) continue;
    const bool is_known = std::any_of(places.begin(), places.end(), [&](const OlderPlace& place) {
      return place.mailbox == mailbox.name;
    });
    if (!is_known) places.push_back({mailbox.name, used.size() > 1});
  }
}

}  // namespace

Result<bool> has_stored(const journal::Journal& journal, journal::MailboxId mailbox) {
  bool any = false;
  const auto walked = journal.each(journal::State::stored, mailbox,
                                   [&](const journal::MessageRow&) -> Result<void> {
                                     any = true;
                                     return Error{ErrorCode::interrupted, "one is enough", ""};
                                   });
  if (!walked && !any) return Error(walked.error());
  return any;
}

std::string find_older_journal(const std::string& folder, const std::string& account,
                               const std::string& own) {
  const std::vector<std::string> journals = journals_of(folder, account, own);
  const auto newest = std::find_if(
      journals.begin(), journals.end(),
      [&](const std::string& journal) { return open_if_of(account, journal) != nullptr; });
  return newest == journals.end() ? "" : *newest;
}

OlderPlaces::OlderPlaces(const JobSettings& settings, const std::vector<SourceFolder>& sources,
                         const Cancellation& cancel) {
  if (settings.state_folder.empty()) return;
  const std::string account = settings.account.label();
  std::vector<std::string> journals =
      journals_of(settings.state_folder, account, settings.journal_path);
  if (journals.size() > kMostJournals) journals.resize(kMostJournals);
  if (journals.empty()) return;
  for (const SourceFolder& source : sources) by_file_[source.row.file];
  FileBeginnings beginnings(settings.index, sources, cancel);
  for (const std::string& path : journals)
    if (const auto journal = open_if_of(account, path)) add(*journal, beginnings);
  std::erase_if(by_file_, [](const auto& file) { return file.second.empty(); });
}

void OlderPlaces::add(const journal::Journal& journal, FileBeginnings& beginnings) {
  const auto folders = journal.folders();
  const auto mailboxes = journal.mailboxes();
  if (!folders || !mailboxes) return;
  std::set<std::string> known;
  for (const journal::FolderRow& folder : *folders) {
    const auto file = by_file_.find(folder.file);
    if (file == by_file_.end()) continue;
    known.insert(folder.file);
    add_places(journal.messages(folder.id, 0, kMostRows), *mailboxes, file->second);
  }
  if (known.size() == by_file_.size()) return;
  for (const journal::FolderRow& folder : *folders) {
    if (known.contains(folder.file)) continue;
    const auto first = journal.messages(folder.id, 0, FileBeginnings::kRows);
    if (!first) continue;
    for (const std::string& file : beginnings.that_match(*first))
      if (!known.contains(file))
        add_places(journal.messages(folder.id, 0, kMostRows), *mailboxes, by_file_[file]);
  }
}

const std::vector<OlderPlace>& OlderPlaces::of(const std::string& file) const {
  static const std::vector<OlderPlace> kNone;
  const auto found = by_file_.find(file);
  return found == by_file_.end() ? kNone : found->second;
}

}  // namespace mboxferry::transfer
