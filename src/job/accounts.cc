// SPDX-License-Identifier: Apache-2.0
// The accounts of a batch, as a CSV file names them.
#include "mboxferry/job/accounts.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace mboxferry::job {
namespace {

constexpr std::string_view kPassword = "password";

/// Names that other programs give to columns.
constexpr std::array<std::pair<std::string_view, std::string_view>, 6> kAliases{{
    {"emailaddress", "address"},
    {"email-address", "address"},
    {"email", "address"},
    {"username", "user"},
    {"login", "user"},
    {"server", "host"},
}};

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string column_name(std::string_view field) {
  field = without_blanks(field);
  std::string name;
  for (const char c : field) {
    const bool upper = c >= 'A' && c <= 'Z';
    name += c == '_' || c == ' ' ? '-' : upper ? static_cast<char>(c - 'A' + 'a') : c;
  }
  for (const auto& [alias, own] : kAliases) {
    if (name == alias) return std::string(own);
  }
  return name;
}

/// Whether it may be a column's name at all.
bool is_plain(const std::string& name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || c == '-';
  });
}

}  // namespace

Result<AccountsFile> AccountsFile::open(const std::string& path,
                                        std::span<const std::string> options) {
  MBOXFERRY_ASSIGN(CsvFile csv, CsvFile::open(path));
  AccountsFile accounts(std::move(csv));
  MBOXFERRY_ASSIGN(const auto header, accounts.file_.next());
  if (!header) {
    return Error{ErrorCode::configuration, path + " is empty",
                 "it needs a header such as archive,host,user,password_file, and a row an account"};
  }
  accounts.read_header(*header, options);
  return accounts;
}

void AccountsFile::read_header(const CsvRow& header, std::span<const std::string> options) {
  header_line_ = header.line;
  if (!header.problem.empty()) {
    problems_.push_back(header.problem);
    return;
  }
  const auto is_known = [&](const std::string& name) {
    return name == "archive" || name == "address" || name == kPassword ||
           std::find(options.begin(), options.end(), name) != options.end();
  };
  if (without_blanks(header.fields.front()).starts_with("sep=")) {
    problems_.emplace_back("sep= is not needed: remove this line, so that the header comes first");
    return;
  }
  bool only_names = true;
  std::size_t odd = 0;
  for (const std::string& field : header.fields) {
    const std::string name = column_name(field);
    if (!is_known(name)) {
      // Not by its name: it may be somebody's password.
      problems_.push_back(fmt::format("the column number {} {}", columns_.size() + 1,
                                      name.empty() ? "has no name; give it one, or remove its "
                                                     "separator from all lines"
                                                   : "is not known"));
      unknown_.push_back(name);
      only_names = only_names && is_plain(name);
      ++odd;
    } else if (has_column(name)) {
      problems_.push_back("the column \"" + name + "\" is there twice");
      ++odd;
    }
    columns_.push_back(name);
  }
  // A file without a header begins with a row, and a header may be joined to one.
  has_unknown_ = !unknown_.empty();
  if (!only_names || 2 * odd >= header.fields.size()) unknown_.clear();
  if (!has_column("user") && !has_column("address")) {
    problems_.emplace_back("there is no column \"user\"");
  }
}

bool AccountsFile::has_column(std::string_view name) const {
  return std::find(columns_.begin(), columns_.end(), name) != columns_.end();
}

Result<bool> AccountsFile::shows_passwords() const {
  return has_column(kPassword) ? file_.others_can_read() : Result<bool>(false);
}

Result<void> AccountsFile::refuse_others_writing() const {
  const bool runs_commands =
      has_column("password-command") || has_column("password-env") || has_column("token-command");
  return file_.refuse_others_writing(runs_commands);
}

AccountRow AccountsFile::to_account(CsvRow row) const {
  AccountRow account{row.line, row.offset, {}, {}, std::move(row.problem), row.trouble};
  if (!account.problem.empty()) return account;
  const bool is_blank = std::all_of(row.fields.begin(), row.fields.end(), [](const auto& field) {
    return without_blanks(field).empty();
  });
  // Spreadsheets leave rows of separators, and not always as many as there are columns.
  if (is_blank) return account;
  if (row.fields.size() != columns_.size()) {
    account.problem = fmt::format("has {} field{}, the header has {}", row.fields.size(),
                                  row.fields.size() == 1 ? "" : "s", columns_.size());
    account.trouble = CsvTrouble::row;
    return account;
  }
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (row.fields[i].empty()) continue;
    if (columns_[i] == kPassword) {
      account.password.emplace(std::move(row.fields[i]));
    } else if (const auto value = without_blanks(row.fields[i]); !value.empty()) {
      account.values.emplace(columns_[i], value);
    }
  }
  const auto address = account.values.find("address");
  if (address != account.values.end()) account.values.try_emplace("user", address->second);
  return account;
}

Result<std::optional<AccountRow>> AccountsFile::next() {
  MBOXFERRY_ASSIGN(auto row, file_.next());
  if (!row) return std::optional<AccountRow>();
  return std::optional(to_account(std::move(*row)));
}

Result<AccountRow> AccountsFile::at(std::uint64_t line, std::uint64_t offset) {
  MBOXFERRY_TRY(file_.seek(line, offset));
  MBOXFERRY_ASSIGN(auto row, file_.next());
  if (!row) return AccountRow{line, offset, {}, {}, "is gone", CsvTrouble::row};
  return to_account(std::move(*row));
}

}  // namespace mboxferry::job
