// SPDX-License-Identifier: Apache-2.0
// Opens archives and recognises them again on resume.
#include "transfer/source/source_folders.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <map>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "mboxferry/base/file.h"
#include "mboxferry/mbox/archive_clock.h"
#include "mboxferry/plan/folder_filter.h"
#include "mboxferry/transfer/folder_index.h"
#include "mboxferry/transfer/named_copies.h"
#include "transfer/index/index_state.h"
#include "transfer/source/excluded_folder.h"
#include "transfer/source/job_outputs.h"
#include "transfer/source/placed_files.h"
#include "transfer/source/replaced_folder.h"

namespace mboxferry::transfer {
namespace {

Error not_mail(const archive::Folder& place) {
  return {ErrorCode::not_mail,
          place.place() + " is no mbox: no message separator (a line \"From ...\") was found",
          "check that this is the file you mean; nothing was sent"};
}

/// A folder of a tree in which no message was found.
Result<archive::NotRead> no_messages(const archive::Folder& place, ByteSource& bytes) {
  std::string head(4096, '\0');
  MBOXFERRY_ASSIGN(const std::size_t size, bytes.read_at(0, head));
  head.resize(size);
  const std::string& name = place.member.empty() ? place.file : place.member;
  return archive::NotRead{archive::kind_without_separator(name, head), place.label(), place.place(),
                          place.bytes_on_disk, "no message separator (a line \"From ...\") in it"};
}

/// Standard input has no path that the next run could know again.
bool is_nameless(const archive::Archive& archive) {
  return archive.kind() == archive::ArchiveKind::standard_input;
}

Result<SourceFolder> survey_source(const archive::Archive& archive, const archive::Folder& place,
                                   const JobSettings& settings) {
  SourceFolder source;
  source.place = place;
  source.in_tree = archive.is_tree();
  MBOXFERRY_ASSIGN(const auto bytes, archive::open_folder(place));
  MBOXFERRY_ASSIGN(source.survey, survey_place(place, *bytes, settings.index));
  const bool is_mbox = source.survey.profile.has_separator || source.survey.profile.empty;
  if (!is_mbox) {
    MBOXFERRY_ASSIGN(source.not_read, no_messages(place, *bytes));
  }
  if (source.survey.profile.empty) source.damage = bytes->damage();
  MBOXFERRY_ASSIGN(const archive::Identity identity, archive::identify(place));
  source.row.archive = is_nameless(archive) ? archive.path() : canonical_path(archive.path());
  source.row.path = place.label();
  source.row.file = file_name_of(archive, place);
  source.row.identity = identity_to_text(identity);
  source.row.profile = source.survey.to_text();
  source.row.index_state = IndexState{}.to_text();
  return source;
}

Error changed(const journal::FolderRow& row, const std::string& how) {
  return {ErrorCode::archive_changed,
          row.file + " " + how + " since this job's journal was written",
          std::string(kChangedHint)};
}

/// What is stored of it lies in its mailbox, and would be stored again under another folder's name.
Error has_gone(const journal::FolderRow& row, const journal::Journal& journal) {
  Error error = changed(row, "has gone or is no mbox any more");
  const auto mailbox = journal.mailbox(row.mailbox);
  const std::string name = mailbox && *mailbox ? (*mailbox)->name : "MAILBOX";
  error.hint = fmt::format(
      "put it back; or leave it out with --exclude '{}'; or, if it was renamed or split, begin a "
      "new job with another --journal (a batch: --state-dir), --skip-existing and --map "
      "'NEW={}' for each of its new files, as mail of other names is stored again",
      row.path, name);
  return error;
}

// A folder by labels, or by senders, is read for one mailbox after the other.
void set_by_label(SourceFolder& source, const JobSettings& settings) {
  source.by_label = source.survey.has_labels && label_policy(settings) != plan::LabelPolicy::none;
  source.by_sender = settings.senders.reroutes();
  if (source.by_message() && !source.shared) {
    source.shared = std::make_shared<archive::SharedFolder>(source.place);
  }
}

Result<void> match_one(SourceFolder& source, const journal::FolderRow& row,
                       const JobSettings& settings, journal::Journal& journal, Observer& observer) {
  const auto identity = identity_from_text(row.identity);
  const auto survey = FolderSurvey::from_text(row.profile);
  if (!identity || !survey)
    return Error{ErrorCode::configuration, "the journal's entry of " + row.file + " is damaged",
                 std::string(kAnotherJobHint)};
  MBOXFERRY_ASSIGN(const archive::Change change, archive::compare(source.place, *identity));
  // What was surveyed then may have been a damaged beginning.
  MBOXFERRY_ASSIGN(const auto first, journal.messages(row.id, 0, 1));
  const bool is_unread = first.empty();
  const std::string identity_now = source.row.identity;
  MBOXFERRY_ASSIGN(source.replaces, journal.replaced_by(row.id));
  const std::string profile_now = std::exchange(source.row, row).profile;
  const FolderSurvey survey_now = std::exchange(source.survey, *survey);
  set_by_label(source, settings);
  // A file a message: which of them are the same is a question of each.
  if (source.place.form != archive::FolderForm::mbox) {
    MBOXFERRY_ASSIGN(const bool placed, has_placed_files(journal, row.id));
    source.files_changed = placed || change == archive::Change::different;
    if (source.files_changed) {
      source.touched = true;
      source.row.identity = identity_now;
      return ok();
    }
  }
  switch (change) {
    case archive::Change::none:
      return ok();
    case archive::Change::different:
      source.row.identity = identity_now;
      if (is_unread) {
        source.row.profile = profile_now;
        source.survey = survey_now;
        set_by_label(source, settings);
      }
      return replace_folder(source, settings, journal, changed(row, "has changed"));
    case archive::Change::touched:
      source.touched = true;
      source.row.identity = identity_now;
      return ok();
    case archive::Change::grown:
      if (!source.place.container)
        observer.notice(row.file + " has grown; what is new will be added");
      source.touched = true;
      source.row.identity = identity_now;
      source.grown = true;
      source.row.index_done = false;
      return ok();
  }
  return ok();
}

// The same as few_dates_are_exporters(), of folders that are surveyed already.
void judge_few_dates(std::span<SourceFolder> sources) {
  const auto takes_part = [](const SourceFolder& source) {
    return source.survey.few_dates && may_have_few_dates(source.place);
  };
  mbox::ArchiveClock clock;
  for (const SourceFolder& source : sources)
    if (takes_part(source)) clock.add(*source.survey.few_dates);
  if (!clock.is_export()) return;
  for (SourceFolder& source : sources) {
    if (!takes_part(source)) continue;
    source.survey.profile.exporter_clock = true;
    source.row.profile = source.survey.to_text();
  }
}

/// The journal's folders, without those that another stands for.
struct FoldersInUse {
  std::vector<journal::FolderRow> rows;
  std::set<std::pair<std::string, std::string>> had_versions;  ///< files and paths
};

Result<FoldersInUse> folders_in_use(const journal::Journal& journal) {
  MBOXFERRY_ASSIGN(auto rows, journal.folders());
  FoldersInUse used;
  for (journal::FolderRow& row : rows) {
    MBOXFERRY_ASSIGN(const bool retired, journal.is_retired(row.id));
    if (retired)
      used.had_versions.emplace(row.file, row.path);
    else
      used.rows.push_back(std::move(row));
  }
  return used;
}

// The journal's row of a folder. Its path changes when others appear beside it (an account's name
// in front of it); its place does not.
std::vector<journal::FolderRow>::const_iterator find_known(
    const SourceFolder& source, const std::vector<SourceFolder>& sources,
    const std::vector<journal::FolderRow>& rows) {
  const auto is_same = [&](const journal::FolderRow& known) {
    return known.file == source.row.file && known.path == source.row.path;
  };
  const auto row = std::find_if(rows.begin(), rows.end(), is_same);
  if (row != rows.end()) return row;
  // Apple Mail's packages were known by the directory of their messages.
  const std::string former =
      source.place.form == archive::FolderForm::emlx ? source.row.file + "/Messages" : "";
  const auto is_there = [&](const journal::FolderRow& known) {
    return known.file == source.row.file || known.file == former;
  };
  const bool is_alone = std::count_if(sources.begin(), sources.end(),
                                      [&](const SourceFolder& other) {
                                        return other.row.file == source.row.file;
                                      }) == 1 &&
                        std::count_if(rows.begin(), rows.end(), is_there) == 1;
  return is_alone ? std::find_if(rows.begin(), rows.end(), is_there) : rows.end();
}

/// What is stored of a folder that is left out may lie in another file of its mailbox now.
Result<void> note_shared_mailbox(const journal::FolderRow& left_out,
                                 const journal::Journal& journal,
                                 std::vector<SourceFolder>& sources) {
  MBOXFERRY_ASSIGN(const auto first, journal.messages(left_out.id, 0, 1));
  if (first.empty()) return ok();
  for (SourceFolder& source : sources) {
    const bool is_decided = source.row.mailbox != 0 && left_out.mailbox != 0 &&
                            !source.by_message() && source.row.mailbox != left_out.mailbox;
    source.may_have_moved = source.may_have_moved || !is_decided;
  }
  return ok();
}

/// Of copies that the command names, the one that the job knows is read; one that began with both
/// goes on with both. Where the one that it does not know holds more, no way on would neither lose
/// nor repeat anything.
Result<void> leave_out_copies(std::vector<SourceFolder>& sources,
                              const std::vector<journal::FolderRow>& rows, Observer& observer) {
  std::map<std::string, bool> known;  // by file, and by member
  for (const SourceFolder& source : sources) {
    const bool is_known = find_known(source, sources, rows) != rows.end();
    for (const std::string& name : {source.place.file, source.place.place()})
      known[name] = known[name] || is_known;
  }
  std::map<std::string, std::string> left_out;  // for which one
  for (const SourceFolder& source : sources) {
    const std::string& copy = source.copy_name;
    if (source.copy_of.empty() || (known[copy] && known[source.copy_of])) continue;
    if (known[copy] && source.copy_is_shorter)
      return Error{ErrorCode::archive_changed,
                   fmt::format("{} holds what this job has read of {}, and more; nothing was sent",
                               source.copy_of, copy),
                   std::string(kAnotherJobHint)};
    if (known[copy])
      left_out.emplace(source.copy_of, copy);
    else
      left_out.emplace(copy, source.copy_of);
  }
  for (const auto& [file, other] : left_out) observer.notice(copy_notice(file, other));
  std::erase_if(sources, [&](const SourceFolder& source) {
    return left_out.contains(source.place.file) || left_out.contains(source.place.place());
  });
  return ok();
}

}  // namespace

plan::LabelPolicy label_policy(const JobSettings& settings) {
  const bool into_one = settings.mapping.mailbox.has_value();
  return settings.labels.value_or(into_one ? plan::LabelPolicy::none : plan::LabelPolicy::first);
}

std::string file_name_of(const archive::Archive& archive, const archive::Folder& place) {
  std::string name = is_nameless(archive) ? archive.path() : canonical_path(place.file);
  if (!place.member.empty()) name += ": " + place.member;
  return name;
}

std::string identity_to_text(const archive::Identity& identity) {
  return fmt::format("{} {} {:02x} {:02x} {}", identity.size, identity.modified_ns,
                     fmt::join(identity.head, ""), fmt::join(identity.tail, ""),
                     identity.changed_ns);
}

std::optional<archive::Identity> identity_from_text(const std::string& text) {
  archive::Identity identity;
  unsigned long long size = 0;
  long long modified = 0;
  long long changed = 0;  // journals of earlier versions do not have it
  char head[65], tail[65];
  if (std::sscanf(text.c_str(), "%llu %lld %64s %64s %lld", &size, &modified, head, tail,
                  &changed) < 4)
    return std::nullopt;
  identity.size = size;
  identity.modified_ns = modified;
  identity.changed_ns = changed;
  const auto parse = [](const char* hex, std::array<std::uint8_t, 32>& digest) {
    unsigned byte = 0;
    for (std::size_t i = 0; i < digest.size(); ++i) {
      if (std::sscanf(hex + 2 * i, "%2x", &byte) != 1) return false;
      digest[i] = static_cast<std::uint8_t>(byte);
    }
    return true;
  };
  if (!parse(head, identity.head) || !parse(tail, identity.tail)) return std::nullopt;
  return identity;
}

Result<std::vector<SourceFolder>> open_sources(const JobSettings& settings, UnreadFiles& not_read,
                                               Observer& observer) {
  std::vector<archive::Archive> archives = settings.opened;
  if (archives.empty()) {
    MBOXFERRY_ASSIGN(archives, archive::Archive::open_all(settings.archives, settings.open));
  }
  MBOXFERRY_ASSIGN(const auto filter,
                   plan::FolderFilter::create(settings.include, settings.exclude));
  std::vector<SourceFolder> sources;
  const std::set<std::string> own = job_files(settings.journal_path);
  const std::set<std::string> written = written_files(settings);
  NamedCopies copies = named_copies(settings.archives);
  MBOXFERRY_TRY(add_packed_copies(archives, copies));
  for (const auto& [file, original] : copies.other)
    observer.notice(
        fmt::format("{} is called like a copy of {} and is not the same; both are "
                    "read, and mail that is in both is stored twice: name one of them, "
                    "or use --dedupe content",
                    file, original));
  std::set<std::string> read;
  for (const archive::Archive& archive : archives) {
    for (const std::string& notice : archive.notices()) observer.notice(notice);
    not_read.add(archive);
    const std::size_t first = sources.size();
    for (const archive::Folder& found : archive.folders()) {
      const auto named = archive::under_admitted_name(
          found, [&](const std::string& label) { return filter.admits(label); });
      if (!named) {
        observer.notice("left out by --include and --exclude: " + found.place());
        continue;
      }
      const archive::Folder& place = *named;
      if (place.path != found.path)
        observer.notice(place.place() + " is read as " + place.label() + ", its other name: " +
                        found.label() + " is left out by --include and --exclude");
      if (const auto warning = archive::lock_warning(place); !warning.empty())
        observer.notice(warning);
      MBOXFERRY_ASSIGN(SourceFolder source, survey_source(archive, place, settings));
      const bool holds_mail = !source.not_read && !source.damage && !source.survey.profile.empty;
      const bool is_written = written.contains(canonical_path(place.file));
      if (own.contains(source.row.file) || (is_written && !holds_mail)) continue;
      // The same file below two of the names would be stored twice.
      if (place.form == archive::FolderForm::mbox && !read.insert(source.row.file).second) {
        observer.notice(place.place() + " is named more than once; it is read once");
        continue;
      }
      source.in_tree = source.in_tree || archives.size() > 1;
      for (const std::string& name : {place.place(), place.file}) {
        const auto copy = copies.same.find(name);
        if (copy == copies.same.end()) continue;
        source.copy_name = copy->first;
        source.copy_of = copy->second;
        source.copy_is_shorter = copies.shorter.contains(name);
        break;
      }
      set_by_label(source, settings);
      if (source.not_read && !source.in_tree) return not_mail(place);
      if (source.damage && !source.in_tree) return *source.damage;
      if (source.not_read) {
        not_read.add(*source.not_read);
        continue;
      }
      if (source.survey.profile.empty && !source.damage)
        observer.notice(place.place() + " is empty: no messages");
      sources.push_back(std::move(source));
    }
    judge_few_dates(std::span(sources).subspan(first));
  }
  MBOXFERRY_TRY(not_read.tell(observer));
  if (sources.empty())
    return Error{ErrorCode::not_mail,
                 "no mail in " + fmt::format("{}", fmt::join(settings.archives, ", ")),
                 "check that these are the files you mean; nothing was sent"};
  return sources;
}

Result<void> match_with_journal(std::vector<SourceFolder>& sources, const JobSettings& settings,
                                journal::Journal& journal, Observer& observer) {
  MBOXFERRY_ASSIGN(auto in_use, folders_in_use(journal));
  auto& rows = in_use.rows;
  MBOXFERRY_ASSIGN(const auto filter,
                   plan::FolderFilter::create(settings.include, settings.exclude));
  std::set<journal::FolderId> back;
  for (journal::FolderRow& row : rows) {
    if (!filter.admits(row.path)) continue;
    MBOXFERRY_ASSIGN(const bool was_left_out, take_folder_back(row, journal));
    if (was_left_out) back.insert(row.id);
  }
  MBOXFERRY_TRY(leave_out_copies(sources, rows, observer));
  std::set<journal::FolderId> known;
  std::set<std::string> added_to;  // containers
  for (SourceFolder& source : sources) {
    const auto row = find_known(source, sources, rows);
    if (row == rows.end()) {
      MBOXFERRY_ASSIGN(source.row.id, journal.add_folder(source.row));
    } else {
      known.insert(row->id);
      source.had_versions = in_use.had_versions.contains({row->file, row->path});
      MBOXFERRY_TRY(match_one(source, *row, settings, journal, observer));
      // Another file of its mailbox may have taken over what is stored of it.
      source.touched = source.touched || (back.contains(row->id) && source.replaces == 0);
    }
    if (source.grown && source.place.container && added_to.insert(source.row.archive).second)
      observer.notice(source.row.archive + " was added to; what is new in it will be added");
  }
  for (SourceFolder& source : sources)
    source.may_have_moved = source.may_have_moved || !in_use.had_versions.empty();
  for (const journal::FolderRow& row : rows) {
    if (known.contains(row.id)) continue;
    if (filter.admits(row.path)) {
      MBOXFERRY_ASSIGN(const auto first, journal.messages(row.id, 0, 1));
      // Nothing is lost with what was empty.
      if (first.empty() && row.index_done) continue;
      return has_gone(row, journal);
    }
    MBOXFERRY_TRY(leave_out_folder(row, settings.dedupe, journal, observer));
    MBOXFERRY_TRY(note_shared_mailbox(row, journal, sources));
  }
  return ok();
}

}  // namespace mboxferry::transfer
