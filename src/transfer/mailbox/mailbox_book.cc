// SPDX-License-Identifier: Apache-2.0
// Folder paths and labels to rows of mailboxes.
#include "transfer/mailbox/mailbox_book.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "mboxferry/archive/same_names.h"
#include "transfer/mailbox/mailboxes.h"

namespace mboxferry::transfer {

namespace {

// The journal's note of what a mailbox was made for: `+` when others may share it, else `-`, and
// the folder's path or the label.
std::string source_note(journal::MailboxId mailbox) {
  return "mailbox_source." + std::to_string(mailbox);
}

}  // namespace

Result<MailboxBook> MailboxBook::open(plan::Mapper mapper, journal::Journal& journal) {
  MBOXFERRY_ASSIGN(auto rows, journal.mailboxes());
  MailboxBook book(std::move(mapper), journal, std::move(rows));
  for (const journal::MailboxRow& row : book.rows_) {
    MBOXFERRY_ASSIGN(const auto note, journal.note(source_note(row.id)));
    if (!note || note->empty()) continue;
    // What is not on the server has no mail.
    book.collisions_.add(
        note->substr(1), {row.name, row.renamed_from, "", note->front() == '+'},
        book.mapper_.is_on_server(row.name) ? plan::Held::its_mail : plan::Held::nothing);
  }
  MBOXFERRY_ASSIGN(const journal::MailboxCounts counts, journal.counts(0));
  for (const journal::Count& count :
       {counts.planned, counts.intended, counts.stored, counts.refused, counts.skipped})
    book.has_begun_ = book.has_begun_ || count.messages > 0;
  return book;
}

Result<journal::MailboxId> MailboxBook::for_folder(const SourceFolder& source) {
  return assign(source.row.path, mapper_.map_folder(source.place.path, source.in_tree));
}

Result<journal::MailboxId> MailboxBook::for_label(const std::string& label) {
  if (const auto known = by_label_.find(label); known != by_label_.end()) return known->second;
  const plan::MappedName mapped = mapper_.map_label(label);
  collisions_.add(label, mapped, held(mapped));
  MBOXFERRY_TRY(check_collisions());
  MBOXFERRY_ASSIGN(const journal::MailboxId id, assign(label, mapped));
  by_label_.emplace(label, id);
  return id;
}

Result<void> MailboxBook::note_unused(const std::string& label) {
  constexpr std::size_t kMostUnused = 64;
  if (unused_.empty()) {
    MBOXFERRY_ASSIGN(const auto note, journal_->note(kUnusedPlacesNote));
    for (const std::string& name : journal::archive_paths(note.value_or(""))) unused_.insert(name);
  }
  if (unused_.size() >= kMostUnused) return ok();
  std::string name = mapper_.map_label(label).name;
  if (!mapper_.is_on_server(name) || !unused_.insert(std::move(name)).second) return ok();
  return journal_->set_note(kUnusedPlacesNote,
                            journal::archive_lines({unused_.begin(), unused_.end()}));
}

Result<void> MailboxBook::foresee_junk() {
  const plan::MappedName mapped = mapper_.map_junk();
  collisions_.add("Junk", mapped, held(mapped));
  return check_collisions();
}

Result<journal::MailboxId> MailboxBook::for_junk() {
  if (!junk_) {
    MBOXFERRY_TRY(foresee_junk());
    MBOXFERRY_ASSIGN(junk_, assign("Junk", mapper_.map_junk()));
  }
  return *junk_;
}

Result<journal::MailboxId> MailboxBook::for_inbox() {
  if (!inbox_) {
    MBOXFERRY_ASSIGN(inbox_, assign("INBOX", mapper_.map_inbox()));
  }
  return *inbox_;
}

bool MailboxBook::keeps_own_mail(const SourceFolder& source) const {
  return mapper_.keeps_own_mail(mapper_.map_folder(source.place.path, source.in_tree).name);
}

Result<journal::MailboxId> MailboxBook::assign(const std::string& source,
                                               const plan::MappedName& mapped) {
  const auto row = std::find_if(rows_.begin(), rows_.end(), [&](const journal::MailboxRow& known) {
    return same_mailbox(known.name, mapped.name);
  });
  if (row != rows_.end()) return row->id;
  journal::MailboxRow added;
  added.name = mapped.name;
  added.renamed_from = mapped.renamed_from;
  MBOXFERRY_TRY(journal_->together([&]() -> Result<void> {
    MBOXFERRY_ASSIGN(added.id, journal_->add_mailbox(added));
    return journal_->set_note(source_note(added.id), (mapped.deliberate ? "+" : "-") + source);
  }));
  if (!mapped.renamed_from.empty() && !mapped.usual)
    notices_.push_back(mapped.renamed_from + " goes into mailbox " + mapped.name + " (" +
                       mapped.why + ")");
  rows_.push_back(added);
  return added.id;
}

Result<void> MailboxBook::foresee(const std::vector<SourceFolder>& sources) {
  tell_merged(sources);
  for (const SourceFolder& source : sources) {
    if (source.row.mailbox != 0 || source.by_label) continue;
    const auto mapped = mapper_.map_folder(source.place.path, source.in_tree);
    collisions_.add(source.row.path, mapped, held(mapped));
    if (auto notice = mapper_.case_notice(mapped)) notices_.push_back(*std::move(notice));
  }
  return check_collisions();
}

/// Mail of it may be there, from another job or by another way.
plan::Held MailboxBook::held(const plan::MappedName& mapped) const {
  return mapper_.is_on_server(mapped.name) ? plan::Held::perhaps : plan::Held::nothing;
}

Result<void> MailboxBook::check_collisions() const {
  auto checked = collisions_.check();
  if (checked) return ok();
  Error error = checked.error();
  // The settings of a job that has begun are those of its journal.
  if (has_begun_) error.hint = std::string(kAnotherJobHint) + ", and " + error.hint;
  return error;
}

/// Folders that have their mailbox were told when they got it.
void MailboxBook::tell_merged(const std::vector<SourceFolder>& sources) {
  archive::SameNames names;
  for (const SourceFolder& source : sources) {
    if (source.by_label) continue;
    auto notice = names.see(source.place, source.row.file);
    if (notice && source.row.mailbox == 0) notices_.push_back(*std::move(notice));
  }
}

Result<void> assign_mailboxes(std::vector<SourceFolder>& sources, MailboxBook& book,
                              journal::Journal& journal, Observer& observer) {
  MBOXFERRY_TRY(book.foresee(sources));
  MBOXFERRY_TRY(journal.together([&]() -> Result<void> {
    for (SourceFolder& source : sources) {
      if (source.row.mailbox != 0 || source.by_label) continue;
      MBOXFERRY_ASSIGN(source.row.mailbox, book.for_folder(source));
      MBOXFERRY_TRY(journal.update_folder(source.row));
    }
    return ok();
  }));
  for (const std::string& notice : book.take_notices()) observer.notice(notice);
  return ok();
}

}  // namespace mboxferry::transfer
