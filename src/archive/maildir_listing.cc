// SPDX-License-Identifier: Apache-2.0
// Lists a Maildir whose files are renamed meanwhile.
#include "archive/maildir_listing.h"

#include <sys/stat.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "archive/directory_names.h"
#include "archive/file_rules.h"
#include "archive/mail_file.h"
#include "archive/maildir.h"
#include "archive/open_file.h"

namespace mboxferry::archive {
namespace {

// A look at a million names takes a few seconds.
constexpr int kMostLooks = 30;

std::string name_in_maildir(const std::string& relative) {
  return join_path(std::string(base_name(parent_path(relative))), base_name(relative));
}

}  // namespace

void MaildirListing::Look::add(std::string_view name) {
  ++names;
  sum += std::hash<std::string_view>()(maildir_base(name));
}

MaildirListing::MaildirListing(const TreeRoot& root, MessageCollector& messages,
                               std::string maildir, std::vector<std::string> parts)
    : root_(root), messages_(messages), maildir_(std::move(maildir)), parts_(std::move(parts)) {}

void MaildirListing::begin() {
  written_ = written();
  if (const auto shown = look([](const std::string&) { return ok(); })) first_ = *shown;
}

Result<void> MaildirListing::note_gone(const std::string& relative) {
  const std::string_view name = base_name(relative);
  if (name.starts_with('.') || !index_file_reason(name).empty()) return ok();
  missed_ = true;
  return messages_.note_listed(maildir_, std::string(maildir_base(base_name(relative))),
                               {0, name_in_maildir(relative), 0});
}

Result<void> MaildirListing::note_left_out(const std::string& relative, std::uint64_t inode) {
  return messages_.note_listed(maildir_, std::string(maildir_base(base_name(relative))),
                               {0, name_in_maildir(relative), inode});
}

// What cannot be opened or read to its end was told when its files were visited.
Result<MaildirListing::Look> MaildirListing::look(
    const std::function<Result<void>(const std::string& relative)>& each) const {
  Look shown;
  for (const std::string& part : parts_) {
    FileDescriptor directory = root_.open_directory(part);
    if (!directory.valid()) continue;
    auto names = DirectoryNames::open(std::move(directory), root_.full(part));
    if (!names) continue;
    for (;;) {
      const auto name = names->next();
      if (!name || !*name) break;
      shown.add(**name);
      MBOXFERRY_TRY(each(join_path(part, **name)));
    }
  }
  return shown;
}

std::vector<std::int64_t> MaildirListing::written() const {
  std::vector<std::int64_t> times;
  for (const std::string& part : parts_) {
    struct stat status {};
    times.push_back(root_.status(part, status) ? modification_time(status) : 0);
  }
  return times;
}

Result<void> MaildirListing::finish(const Visit& visit,
                                    const std::function<void(const std::string&)>& lost) {
  // The time alone would not do: file systems write it in steps, and some not at once.
  if (!missed_ && seen_ == first_ && written() == written_) return ok();
  MBOXFERRY_TRY(messages_.drop_renamed(maildir_));
  Look last = seen_;
  for (int i = 0; i < kMostLooks; ++i) {
    missed_ = false;
    MBOXFERRY_ASSIGN(const Look now, look([&](const std::string& relative) {
                       return visit_again(relative, visit);
                     }));
    if (now == last && !missed_) break;
    last = now;
  }
  return messages_.take_lost(maildir_,
                             [&](const std::string& name) { lost(join_path(maildir_, name)); });
}

Result<void> MaildirListing::visit_again(const std::string& relative, const Visit& visit) {
  const std::string_view name = base_name(relative);
  if (!as_delivery(relative) || !index_file_reason(name).empty()) return ok();
  MBOXFERRY_ASSIGN(const auto known, messages_.listed(maildir_, std::string(maildir_base(name))));
  const std::string now = name_in_maildir(relative);
  const bool same = std::any_of(known.begin(), known.end(),
                                [&](const ListedName& one) { return one.name == now; });
  if (same) return ok();
  struct stat status {};
  if (!root_.status(relative, status)) {
    missed_ = missed_ || known.empty();
    return ok();
  }
  for (const ListedName& one : known) {
    if (one.inode != status.st_ino) continue;
    if (one.row == 0) return ok();
    return messages_.set_name(maildir_, one.row,
                              maildir_record(base_name(parent_path(relative)), name));
  }
  for (const ListedName& one : known) {
    struct stat ignored {};
    const bool replaced = one.row != 0 && !root_.status(join_path(maildir_, one.name), ignored);
    if (replaced) MBOXFERRY_TRY(messages_.remove_row(one.row));
  }
  return visit(relative);
}

}  // namespace mboxferry::archive
