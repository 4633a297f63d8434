// SPDX-License-Identifier: Apache-2.0
// From a row of a batch's CSV to a job.
#include "cli/batch_accounts.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>

#include "cli/archive_options.h"
#include "cli/connection_options.h"
#include "cli/credentials.h"
#include "cli/job_settings.h"
#include "cli/mapping_options.h"
#include "cli/profile_login.h"
#include "cli/row_files.h"
#include "cli/row_spellings.h"
#include "cli/state_place.h"
#include "cli/suggestion.h"
#include "cli/unmet_choice.h"
#include "mboxferry/base/ascii.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/base/glob.h"
#include "mboxferry/message/digest.h"
#include "mboxferry/report/printable.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

// Columns that name a file.
constexpr std::array<std::string_view, 8> kFileColumns{
    "password-file", "ca-file", "map-file",       "token-file",
    "senders",       "allowed", "global-senders", "global-allowed"};
// Columns that say no more than where to connect and as whom.
constexpr std::array<std::string_view, 10> kPlainColumns{
    "archive",      "address",          "host",   "port", "user", "mailbox", "password-file",
    "password-env", "password-command", "ca-file"};
constexpr std::array<std::string_view, 5> kCredentialColumns{
    "password-file", "password-env", "password-command", "token-file", "token-command"};
constexpr std::array<std::string_view, 7> kArchiveEndings{"",        ".mbox", ".zip", ".mbox.gz",
                                                          ".tar.gz", ".tgz",  ".tar"};
/// So many archives are opened to find what --exclude names.
constexpr std::size_t kMostForExcludes = 200;

constexpr const char* kKnownColumns =
    "known are archive, host, port, user, password, password_file, password_env, password_command, "
    "token_file, token_command, auth, login_as, mailbox, and the options of an account in: "
    "mboxferry batch --help";

std::string in_small_letters(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), to_lower);
  return text;
}

/// A password in the wrong column has no such ending.
bool looks_like_mail(std::string_view archive) {
  return std::any_of(kArchiveEndings.begin(), kArchiveEndings.end(), [&](std::string_view ending) {
    return !ending.empty() && archive.ends_with(ending);
  });
}

bool is_plain_row(const job::AccountRow& row) {
  return std::all_of(row.values.begin(), row.values.end(), [](const auto& value) {
    return std::find(kPlainColumns.begin(), kPlainColumns.end(), value.first) !=
           kPlainColumns.end();
  });
}

}  // namespace

bool BatchAccounts::names_file(const imap::Secret& password) const {
  std::error_code ignored;
  const std::string& base = archives_in_.empty() ? folder_ : archives_in_;
  return fs::exists(fs::path(base) / password.reveal(), ignored);
}

/// What is the same for many rows, and looked up once.
struct BatchAccounts::Known {
  std::string csv_stamp;
  std::string work;    ///< of rows that say nothing of it
  std::string lists;   ///< as above
  std::string folder;  ///< of the last archive
  std::string full_folder;

  std::string full_path(const std::string& path) {
    const fs::path archive(path);
    std::error_code failed;
    if (fs::is_symlink(archive, failed)) return fs::weakly_canonical(archive, failed).string();
    if (const std::string parent = archive.parent_path().string();
        parent != folder || full_folder.empty()) {
      std::error_code error;
      const fs::path full = fs::weakly_canonical(parent.empty() ? "." : parent, error);
      folder = parent;
      full_folder = error ? parent : full.string();
    }
    return (fs::path(full_folder) / archive.filename()).lexically_normal().string();
  }
};

BatchAccounts::BatchAccounts(std::string csv, const OptionTable& row_options,
                             const Options& options)
    : csv_(std::move(csv)), reader_(row_options), options_(options) {
  folder_ = fs::path(csv_).parent_path().string();
  archives_in_ = options.text("archives-in");
}

Result<BatchAccounts> BatchAccounts::create(std::string csv, const OptionTable& row_options,
                                            const Options& options) {
  BatchAccounts accounts(std::move(csv), row_options, options);
  MBOXFERRY_ASSIGN(accounts.connection_, read_connection_settings(options));
  // What rows add to is told to be wrong once and not for each of them.
  ConnectionSettings somebody = accounts.connection_;
  somebody.host = somebody.user = "x";
  MBOXFERRY_ASSIGN(transfer::JobSettings settings, read_job_settings(options, somebody));
  MBOXFERRY_TRY(accounts.lists_->read(settings.senders));
  settings.mapping.mailbox.reset();
  if (settings.senders.any()) accounts.sender_lists_ = settings.senders.digest();
  accounts.work_ = stamp_of_work(std::move(settings));
  return accounts;
}

std::string BatchAccounts::below_csv(const std::string& path) const {
  return (fs::path(folder_) / path).string();
}

/// Nothing when the row names none and none is there under the user's name.
std::optional<std::string> BatchAccounts::archive_of(const job::AccountRow& row) const {
  const std::string base = archives_in_.empty() ? folder_ : archives_in_;
  if (const auto named = row.values.find("archive"); named != row.values.end()) {
    return (fs::path(base) / named->second).string();
  }
  if (archives_in_.empty()) return std::nullopt;
  for (const char* column : {"address", "user"}) {
    const auto name = row.values.find(column);
    // It names a file in that folder and nothing above it.
    if (name == row.values.end() || name->second.find('/') != std::string::npos) continue;
    if (name->second == "." || name->second == "..") continue;
    for (const std::string_view ending : kArchiveEndings) {
      std::string path = (fs::path(base) / (name->second + std::string(ending))).string();
      std::error_code error;
      if (fs::exists(path, error)) return path;
    }
  }
  return std::nullopt;
}

Result<Options> BatchAccounts::options_of(const job::AccountRow& row) const {
  std::map<std::string, std::string, std::less<>> values;
  for (const auto& [name, value] : row.values) {
    if (name == "archive" || name == "address") continue;
    const bool file =
        std::find(kFileColumns.begin(), kFileColumns.end(), name) != kFileColumns.end();
    values.emplace(name, file ? below_csv(value) : value);
  }
  return reader_.with(options_, values);
}

/// A row that says no more than where and who, as nearly all do, needs no reading of options.
Result<ConnectionSettings> BatchAccounts::connection_of(const job::AccountRow& row) const {
  if (!is_plain_row(row)) {
    MBOXFERRY_ASSIGN(const Options options, options_of(row));
    return read_connection_settings(options);
  }
  ConnectionSettings settings = connection_;
  CredentialSource source;
  for (const auto& [name, value] : row.values) {
    if (name == "host") settings.host = value;
    if (name == "user") settings.user = value;
    if (name == "mailbox") settings.mailbox = value;
    if (name == "ca-file") settings.ca_file = below_csv(value);
    if (name == "password-file") source.file = below_csv(value);
    if (name == "password-env") source.environment = value;
    if (name == "password-command") source.command = value;
    if (name == "port") {
      const auto [end, error] =
          std::from_chars(value.data(), value.data() + value.size(), settings.port.emplace());
      if (error != std::errc() || end != value.data() + value.size() || *settings.port == 0) {
        return Error{ErrorCode::usage, "the port is no number from 1 to 65535", ""};
      }
    }
  }
  const auto given = [](const std::string& text) { return text.empty() ? 0 : 1; };
  const int sources = given(source.file) + given(source.environment) + given(source.command);
  if (sources > 1) {
    return Error{ErrorCode::usage, "more than one place is named for the password", ""};
  }
  if (sources == 1) settings.credentials = source;
  return settings;
}

std::vector<RowProblem> BatchAccounts::check(const job::AccountRow& row, Known& known,
                                             job::NewEntry& entry) const {
  entry.line = row.line;
  entry.offset = row.offset;
  const auto value_of = [&](const char* name) {
    const auto value = row.values.find(name);
    return value == row.values.end() ? std::string() : value->second;
  };
  // As far as the row tells, if it should be wrong.
  entry.user = value_of("user");
  entry.host = value_of("host");
  entry.account = entry.user.empty() ? fmt::format("line {}", row.line) : entry.user;
  if (!row.problem.empty()) return {RowProblem(row.problem)};
  if (row.values.empty() && !row.password) return {RowProblem("the row is empty")};
  std::vector<RowProblem> problems;
  const auto connection = connection_of(row);
  if (!connection) return {RowProblem(describe(connection.error()))};
  const auto account = make_account(*connection);
  if (!account) {
    problems.emplace_back(account.error().what);
  } else {
    if (account->host.find_first_of(" \t/@") != std::string::npos)
      problems.emplace_back("the host is no name of a server");
    const auto is_control = [](char byte) {
      return static_cast<unsigned char>(byte) < 0x20 || byte == 0x7f;
    };
    const std::string names = account->host + account->user;
    if (std::any_of(names.begin(), names.end(), is_control))
      problems.emplace_back("host and user cannot hold control characters");
    entry.account = account->label();
    entry.user = account->user;
    entry.host = account->host;
    entry.place = fmt::format("{}:{}", account->host, account->port);
  }
  std::string work = known.work;
  entry.lists = known.lists;
  if (account && !is_plain_row(row)) {
    const auto options = options_of(row);
    auto settings = options ? read_job_settings(*options, *connection)
                            : Result<transfer::JobSettings>(options.error());
    const auto lists = settings ? lists_->read(settings->senders) : Result<void>(settings.error());
    if (!lists) problems.emplace_back(describe(lists.error()));
    if (settings) entry.lists = lists && settings->senders.any() ? settings->senders.digest() : "";
    if (settings) work = stamp_of_work(*std::move(settings));
  }
  const auto archive = archive_of(row);
  if (archive) {
    entry.gone = ::access(archive->c_str(), F_OK) != 0 && errno == ENOENT;
    const Stamp stamp = entry.gone ? Stamp() : stamp_of_archive(*archive);
    entry.size = stamp.size;
    entry.archive_stamp = stamp.text + ", " + work;
    const std::string full_path = known.full_path(*archive);
    entry.key = entry.account + '\n' + connection->mailbox.value_or("") + '\n' + full_path;
    if (account)
      entry.likeness = message::short_hash(
          fmt::format("{}\n{}\n{}\n{}", account->port, in_small_letters(account->user),
                      connection->mailbox.value_or(""), full_path));
    entry.journal = journal_name_of(entry.account, {full_path}, *archive, connection->mailbox);
  }
  if (!archive) {
    problems.emplace_back(archives_in_.empty()
                              ? "no archive is named"
                              : "there is no archive of that name in " + archives_in_);
  } else if (entry.gone && !needs_archives_) {
    // What a journal says is compared without it.
  } else if (::access(archive->c_str(), R_OK) != 0) {
    const std::string why = errno_text(errno);
    const std::string hint = archive->find('\\') == std::string::npos
                                 ? ""
                                 : "; here / and not \\ stands between folders";
    // With the two in each other's column the archive's name is the password.
    if (row.password && names_file(*row.password)) {
      problems.emplace_back("the password column names a file: are archive and password swapped?");
    } else {
      problems.emplace_back("cannot read the archive " + *archive + ": " + why + hint,
                            "cannot read the archive: " + why + hint,
                            looks_like_mail(*archive) ? "the archive is " + *archive : "");
    }
  }
  const CredentialSource& source = connection->credentials;
  const bool names_another =
      std::any_of(kCredentialColumns.begin(), kCredentialColumns.end(),
                  [&](std::string_view name) { return row.values.contains(std::string(name)); });
  const bool names_profile =
      value_of("auth").starts_with("oauth:") && !connection->credentials.profile.empty();
  if (row.password && (names_another || names_profile)) {
    problems.emplace_back("more than one place is named for the password or token");
  } else if (const auto fit = check_login(connection->mechanism, connection->login_as,
                                          !row.password && source.is_token());
             !fit) {
    problems.emplace_back(fit.error().what);
  } else if (row.password) {
    entry.credentials_stamp = known.csv_stamp;
  } else if (!source.profile.empty()) {
    const auto store = token_store();
    const auto profile = store ? store->load(source.profile) : Result<auth::Profile>(store.error());
    if (profile) {
      entry.credentials_stamp = stamp_of(store->path_of(source.profile)).text;
    } else {
      problems.emplace_back(describe(profile.error()));
    }
  } else if (const auto files = source.files(); !files.empty()) {
    entry.credentials_stamp = stamp_of(files.front()).text;
    const std::string kind = source.is_token() ? "token file" : "password file";
    if (const std::string wrong = secret_file_problem(kind, files.front()); !wrong.empty())
      problems.emplace_back(wrong);
  } else if (!source.given()) {
    problems.emplace_back("no password is given");
  }
  return problems;
}

/// Names of options that a column may have.
std::vector<std::string> BatchAccounts::columns() const {
  std::vector<std::string> columns = reader_.names();
  // Rows say whose mail goes where, not which files of this machine are written.
  std::erase(columns, "log-file");
  std::erase(columns, "verbose");
  return columns;
}

Result<job::AccountsFile> BatchAccounts::open() const {
  MBOXFERRY_ASSIGN(job::AccountsFile file, job::AccountsFile::open(csv_, columns()));
  MBOXFERRY_TRY(file.refuse_others_writing());
  return file;
}

Result<bool> BatchAccounts::run_commands() const {
  if (connection_.credentials.runs_command()) return true;
  MBOXFERRY_ASSIGN(const job::AccountsFile file, open());
  return file.has_column("password-command") || file.has_column("token-command");
}

Result<bool> BatchAccounts::use_profiles() const {
  if (!connection_.credentials.profile.empty()) return true;
  MBOXFERRY_ASSIGN(const job::AccountsFile file, open());
  return file.has_column("auth");
}

Result<Imported> BatchAccounts::import(job::Ledger& ledger, const Shard& shard,
                                       const std::string& only, const Cancellation& interrupt,
                                       const std::function<void(const std::string&)>& visit) {
  Imported found;
  const auto tell = [&](std::uint64_t line, const std::string& text) {
    visit(fmt::format("{}:{}: {}", csv_, line, report::printable(text)));
  };
  const auto tell_mistake = [&](std::uint64_t line, const std::string& text) {
    ++found.mistakes;
    tell(line, text);
  };
  MBOXFERRY_ASSIGN(job::AccountsFile file, open());
  for (const std::string& problem : file.header_problems())
    tell_mistake(file.header_line(), problem);
  for (const std::string& name : file.unknown_columns()) {
    std::vector<std::string> known = columns();
    known.insert(known.end(), {"archive", "password"});
    // What is like a column that is there is something else.
    std::erase_if(known, [&](const std::string& column) { return file.has_column(column); });
    if (const std::string hint = did_you_mean(name, known, ""); !hint.empty())
      tell(file.header_line(), "the column \"" + name + "\": " + hint);
  }
  if (file.has_unknown_columns()) tell(file.header_line(), kKnownColumns);
  // Without a header that is understood, nothing is known about the rows.
  if (found.mistakes > 0) return found;
  MBOXFERRY_ASSIGN(const bool shows_passwords, file.shows_passwords());
  if (shows_passwords)
    tell_mistake(file.header_line(), "others can read the passwords in it; run: chmod 600 " + csv_);
  std::uint64_t other_encoding = 0;
  Known known{stamp_of(csv_).text, work_, sender_lists_, "", ""};
  RowSpellings spellings(ledger, interrupt);
  NearestName nearest(only);
  for (;;) {
    MBOXFERRY_ASSIGN(const auto row, file.next());
    if (!row) break;
    ++found.rows;
    if (row->trouble == job::CsvTrouble::encoding && other_encoding++ > 0) continue;
    job::NewEntry entry;
    auto problems = check(*row, known, entry);
    if (row->trouble == job::CsvTrouble::file || row->trouble == job::CsvTrouble::encoding) {
      for (const RowProblem& problem : problems) tell_mistake(row->line, problem.told);
      continue;
    }
    if (entry.gone && problems.size() == 1) {
      MBOXFERRY_ASSIGN(const auto stamp, ledger.stamp_when_done(entry.key));
      // With other options there would be something to do.
      if (stamp && stamp->ends_with(entry.archive_stamp)) {
        entry.archive_stamp = *stamp;
        problems.clear();
        ++found.gone;
      }
    }
    if (problems.empty()) {
      MBOXFERRY_ASSIGN(auto other, spellings.problem_of(entry));
      if (other) problems.emplace_back(std::move(*other));
    }
    if (only.empty() || glob_matches(only, entry.user)) ++found.chosen;
    if (!only.empty() && found.chosen == 0) nearest.see(entry.user);
    // By account: two rows of one account must not end up in two processes.
    const auto number = static_cast<std::uint64_t>(message::short_hash(entry.account));
    if (number % shard.count != shard.index) continue;
    if (problems.empty()) {
      MBOXFERRY_ASSIGN(const auto earlier, ledger.add(entry));
      if (!earlier) continue;
      problems.emplace_back(
          fmt::format("the same account, mailbox and archive as in line {}", *earlier));
      entry.journal.clear();
    }
    ++found.refused;
    found.wrong_in_rows += problems.size();
    std::string why;
    std::string shown;
    for (const RowProblem& problem : problems) {
      tell(row->line, problem.told);
      why += (why.empty() ? "" : "; ") + problem.kept;
      shown += problem.shown;
    }
    MBOXFERRY_TRY(ledger.add_refused(entry, why, shown));
  }
  found.nearest = nearest.best();
  if (other_encoding > 1) visit(fmt::format("{}: {} rows are not in UTF-8", csv_, other_encoding));
  if (found.rows == 0) tell_mistake(file.header_line(), "there is no account below the header");
  return found;
}

Result<void> BatchAccounts::check_choice(const job::Ledger& ledger,
                                         const Cancellation& interrupt) const {
  MBOXFERRY_ASSIGN(const FolderChoice folders, read_folder_choice(options_));
  MBOXFERRY_ASSIGN(const MappingSettings mapping, read_mapping_settings(options_));
  MBOXFERRY_ASSIGN(UnmetChoice choice,
                   UnmetChoice::create(folders.include, folders.exclude, mapping.rules.maps));
  if (!choice.any()) return ok();
  MBOXFERRY_ASSIGN(const bool has_begun, ledger.has_stored());
  if (has_begun) return ok();
  transfer::JobSettings settings;
  settings.labels = mapping.labels;
  MBOXFERRY_ASSIGN(settings.index, read_index_options(options_));
  MBOXFERRY_ASSIGN(job::AccountsFile file, open());
  std::size_t seen = 0;
  std::string which = "the archives of " + csv_;
  while (!interrupt.requested()) {
    // Scripts exclude what most archives do not have.
    if (seen == kMostForExcludes && !choice.any_error()) {
      which = fmt::format("the first {} archives of {}", seen, csv_);
      break;
    }
    MBOXFERRY_ASSIGN(const auto row, file.next());
    if (!row) break;
    const auto path = row->problem.empty() ? archive_of(*row) : std::nullopt;
    const auto options = path ? options_of(*row) : Result<Options>(options_);
    const auto open =
        options ? read_open_options(*options) : Result<archive::OpenOptions>(options.error());
    if (!path || !open) continue;
    const auto archive = archive::Archive::open(*path, *open);
    if (!archive) continue;
    ++seen;
    MBOXFERRY_TRY(choice.see(*archive));
    if (!sender_lists_.empty()) choice.see_folder("Junk");
    const auto mailbox = row->values.find("mailbox");
    settings.mapping.mailbox = mailbox == row->values.end() ? connection_.mailbox : mailbox->second;
    if (choice.any_map() && may_go_by_labels(settings, *archive)) choice.forgive_maps();
    if (!choice.any()) return ok();
  }
  if (interrupt.requested()) return interrupted("interrupted while looking at the archives");
  return seen > 0 ? choice.check(which) : ok();
}

Result<Options> BatchAccounts::choice_of(const job::AccountRow& row) const {
  std::map<std::string, std::string, std::less<>> values;
  for (const char* name : {"map", "map-file", "include", "exclude"}) {
    const auto value = row.values.find(name);
    if (value == row.values.end()) continue;
    values.emplace(name,
                   name == std::string_view("map-file") ? below_csv(value->second) : value->second);
  }
  return reader_.with(Options({}), values);
}

Result<void> BatchAccounts::check_choice_of(const job::Entry& entry,
                                            transfer::JobSettings& settings) const {
  MBOXFERRY_ASSIGN(job::AccountsFile file, open());
  MBOXFERRY_ASSIGN(const job::AccountRow row, file.at(entry.line, entry.offset));
  MBOXFERRY_ASSIGN(const Options options, choice_of(row));
  MBOXFERRY_ASSIGN(const FolderChoice folders, read_folder_choice(options));
  MBOXFERRY_ASSIGN(const MappingSettings mapping, read_mapping_settings(options));
  if (folders.include.empty() && folders.exclude.empty() && mapping.rules.maps.empty()) return ok();
  MBOXFERRY_ASSIGN(settings.opened, archive::Archive::open_all(settings.archives, settings.open));
  transfer::JobSettings own = settings;
  own.include = folders.include;
  own.exclude = folders.exclude;
  own.mapping.maps = mapping.rules.maps;
  return cli::check_choice(own, settings.opened);
}

Result<transfer::JobSettings> BatchAccounts::settings_of(const job::Entry& entry,
                                                         const Cancellation& interrupt) const {
  MBOXFERRY_ASSIGN(job::AccountsFile file, open());
  MBOXFERRY_ASSIGN(job::AccountRow row, file.at(entry.line, entry.offset));
  job::NewEntry now;
  Known known;
  const auto problems = check(row, known, now);
  // Never with the password of another row.
  if (now.key != entry.key || !problems.empty() || !file.header_problems().empty()) {
    const std::string why =
        now.key == entry.key && !problems.empty() ? ": " + problems.front().told : "";
    return Error{
        ErrorCode::try_later,
        fmt::format("{}:{} is not what it was when the batch began{}", csv_, entry.line, why),
        "run the same command again"};
  }
  MBOXFERRY_ASSIGN(const Options options, options_of(row));
  MBOXFERRY_ASSIGN(ConnectionSettings connection, read_connection_settings(options));
  MBOXFERRY_ASSIGN(transfer::JobSettings settings, read_job_settings(options, connection));
  MBOXFERRY_TRY(lists_->read(settings.senders));
  settings.archives = {archive_of(row).value_or("")};
  MBOXFERRY_ASSIGN(settings.connection, make_connection_options(connection));
  settings.connection.trust = trust_;
  if (row.password) {
    settings.account.password = std::move(*row.password);
  } else {
    MBOXFERRY_TRY(get_credentials(connection.credentials, settings.account, interrupt));
  }
  return settings;
}

}  // namespace mboxferry::cli
