// SPDX-License-Identifier: Apache-2.0
// Finds the folders inside a container file.
#include "archive/container_scan.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "archive/container_walk.h"
#include "archive/encrypted_kind.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/mail_store.h"
#include "archive/maildir.h"
#include "archive/message_record.h"
#include "archive/not_read_rules.h"
#include "archive/rebuilt_emlx.h"
#include "archive/second_look.h"
#include "archive/side_files.h"
#include "archive/text_conversion.h"
#include "archive/zip_account.h"
#include "archive/zip_end.h"
#include "archive/zip_names.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

// Byte order is the container's.
std::string order_key(MemberPosition position) {
  std::string key;
  for (const std::uint64_t number : {position.outer, position.inner}) {
    for (unsigned shift = 64; shift > 0; shift -= 8) {
      key += static_cast<char>(number >> (shift - 8) & 0xffU);
    }
  }
  return key;
}

// What another archive holds that this one was joined to is not in the directory at the end.
Result<void> list_bytes_around_zip(const OpenFile& file, NotReadList& not_read) {
  MBOXFERRY_ASSIGN(const std::string head, read_head(file));
  if (container_format(head) != ContainerFormat::zip) return ok();
  MBOXFERRY_ASSIGN(const std::vector<ZipRemark> remarks, account_for_zip(file));
  const std::string name = to_utf8(base_name(file.path()));
  for (const ZipRemark& remark : remarks) {
    not_read.add({NotReadKind::unread, name, to_utf8(file.path()), remark.bytes, remark.reason});
  }
  return ok();
}

}  // namespace

std::string ContainerScan::member_label() const {
  const auto text = [&](const Entry& entry) {
    return to_utf8(std::string_view(entry.name).substr(0, limits_.longest_name));
  };
  const std::string name = text(walker_->entry());
  return walker_->is_inside() ? text(walker_->container_entry()) + ": " + name : name;
}

std::string ContainerScan::relative_path(std::string_view name) const {
  std::string path = plain_path(name);
  if (path.empty()) path = "unnamed";
  if (!walker_->is_inside()) return path;
  const std::string container = plain_path(walker_->container_entry().name);
  return join_path(std::string(without_packing_suffix(container)), path);
}

void ContainerScan::tell(NotReadKind kind, std::string_view reason, std::uint64_t bytes) {
  not_read_.add({kind, to_utf8(relative_), to_utf8(container_->file().path()) + ": " + label_,
                 bytes, std::string(reason)});
}

void ContainerScan::add_folder(FoundFolder found, std::string member) {
  const MemberPosition position = found.first;
  if (container_->has_member(member)) {
    member += " (member " + std::to_string(position.outer) +
              (position.inner == 0 ? "" : "." + std::to_string(position.inner)) + ")";
  }
  container_->set_position(member, position);
  kept_.try_emplace(position, contents_.folders.size());
  found.folder.file = container_->file().path();
  found.folder.member = std::move(member);
  found.folder.container = container_;
  contents_.folders.push_back(std::move(found));
}

void ContainerScan::keep(bool compressed) {
  if (is_unfinished_download(relative_)) tell(NotReadKind::unread, kUnfinishedDownload, 0);
  const MemberPosition position = walker_->position();
  if (is_link_) {
    const auto kept = kept_.find(position);
    if (kept != kept_.end()) {
      // Of several names the first in byte order is the folder's, as in a tree.
      std::string& name = contents_.folders[kept->second].relative;
      if (relative_ < name) std::swap(relative_, name);
      leave_out("the same file as " + to_utf8(name));
      if (names_.affords(relative_))
        contents_.folders.push_back(other_name(contents_.folders[kept->second], relative_));
      else
        leave_unread(kTooManyNames);
      return;
    }
  }
  if (!names_.affords(label_)) return leave_unread(kTooManyNames);
  FoundFolder found;
  found.relative = relative_;
  found.compressed = compressed;
  found.first = position;
  if (!is_link_) last_kept_ = position;
  found.folder.bytes_on_disk = walker_->entry().size.value_or(0);
  add_folder(std::move(found), label_);
}

// A folder that cannot be read, so that what is lost is not passed over in silence.
void ContainerScan::keep_damaged(const std::string& place, MemberPosition position) {
  if (!names_.affords(place)) {
    not_read_.add({NotReadKind::unread, to_utf8(plain_path(place)),
                   to_utf8(container_->file().path()) + ": " + place, 0, "damaged"});
    return;
  }
  FoundFolder found;
  found.relative = plain_path(place) + " (damaged)";
  found.first = position;
  add_folder(std::move(found), place + " (damaged)");
}

Result<void> ContainerScan::add_message(const MailFile& mail, MessageRecord record) {
  const Entry& entry = walker_->entry();
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50U;
  if (record.length == 0 || record.length > kMostBytes) {
    record.length == 0 ? leave_out("empty") : leave_unread("its size cannot be right");
    return ok();
  }
  if (!names_.affords(mail.directory)) {
    leave_unread(kTooManyNames);
    return ok();
  }
  record.name = record.stable_name = label_;
  record.modified = entry.modified;
  record.position = walker_->position();
  record.key = order_key(record.position);
  record.is_link = is_link_;
  if (!is_link_) last_kept_ = record.position;
  if (mail.layout) marks_.note_folder(mail.directory, *mail.layout);
  return messages_.add(mail.form, mail.directory, record);
}

// Of the present member; read once, however many links lead to it.
Result<MessageRecord> ContainerScan::measure(FolderForm form) {
  if (const auto known = measured_.find(form); known != measured_.end()) return known->second;
  if (is_link_ && linked_is_read_)
    return Error{ErrorCode::not_mail, "it has another name, by which it is another kind of file",
                 ""};
  const auto size = walker_->is_compressed() ? std::nullopt : walker_->entry().size;
  MBOXFERRY_ASSIGN(HeadedStream * bytes, walker_->bytes());
  linked_is_read_ = is_link_ && (!size || form == FolderForm::emlx);
  MBOXFERRY_ASSIGN(MessageRecord record, read_record(form, *bytes, size));
  if (is_link_) measured_.emplace(form, record);
  return record;
}

// True when the member is a message of its own.
Result<bool> ContainerScan::take_message(std::string_view head) {
  const auto mail = as_mail_file(relative_, head);
  if (!mail) return false;
  // A directory called "new" or "cur" may hold mbox files that are called "2015.01".
  const bool may_be_several = mail->form == FolderForm::maildir && has_from_line(head) &&
                              !is_certain_maildir_name(base_name(relative_));
  MBOXFERRY_ASSIGN(MessageRecord record, measure(may_be_several ? FolderForm::eml : mail->form));
  if (record.several) {
    keep(walker_->is_compressed());
    return true;
  }
  if (may_be_several) record.length += std::exchange(record.skip, 0);
  std::string part = unread_part(base_name(relative_), record);
  if (part == kPartialReason) part = kPartialInContainer;
  if (record.length > 0 && !part.empty()) tell(NotReadKind::unread, part, 0);
  if (mail->form == FolderForm::maildir) {
    MessageRecord named = maildir_record(base_name(parent_path(relative_)), base_name(relative_));
    named.length = record.length;
    record = std::move(named);
    const auto size = size_in_maildir_name(base_name(relative_));
    if (size.value_or(0) > record.length)
      tell(NotReadKind::unread, shorter_than_named(*size), *size - record.length);
  }
  if (mail->form == FolderForm::eml) record.side = side_key(relative_);
  MBOXFERRY_TRY(add_message(*mail, std::move(record)));
  return true;
}

// A small file that says something about others.
void ContainerScan::read_list() {
  const auto bytes = walker_->bytes();
  const auto head = bytes ? (*bytes)->head() : Result<std::string_view>(bytes.error());
  if (!head || !names_.affords(relative_, head->size())) return;
  if (base_name(relative_) == "descmap.pce") {
    marks_.set_descriptions(parent_path(relative_), *head);
  } else {
    messages_.set_keywords(parent_path(relative_), parse_dovecot_keywords(*head));
  }
}

Result<void> ContainerScan::look_inside(std::string_view head) {
  const std::string_view name = base_name(relative_);
  const bool compressed = walker_->is_compressed();
  const auto format = container_format(head);
  if (compressed && as_delivery(relative_)) {
    // On disk such a file is never walked through.
    if (const std::string doubt = packed_delivery_doubt(head); !doubt.empty()) {
      leave_unread(doubt);
      return ok();
    }
  }
  if (format && is_outlook_mac_archive(name)) return leave_other(head);
  if (format && is_link_) {
    leave_out("another name of an archive of files");
    return ok();
  }
  if (walker_->is_inside() && (format || is_compressed(head))) {
    const auto conversion = conversion_name(head);
    leave_unread(conversion.empty() ? "packed a third time, not unpacked"
                                    : std::string(conversion) + " in a container in a container");
    return ok();
  }
  if (format) return walker_->enter(*format);
  if (is_encrypted_delivery(head) && maildir_place(relative_) == MaildirPlace::delivered) {
    leave_unread(kEncryptedDelivery);
    return ok();
  }
  const auto taken = take_message(head);
  if (!taken && taken.error().code == ErrorCode::not_mail)
    leave_unread("cannot be read: " + taken.error().what);
  if (!taken && taken.error().code != ErrorCode::not_mail) return taken.error();
  if (!taken || *taken) return ok();
  const bool is_in_maildir = maildir_place(relative_) != MaildirPlace::none;
  bool nothing_tells = compressed && head.empty();
  if (compressed && !head.empty()) {
    MBOXFERRY_ASSIGN(const HeadedStream* bytes, walker_->bytes());
    nothing_tells = bytes->head_is_cut();
  }
  if (looks_like_mbox(head) || nothing_tells || may_be_damaged_mbox(name, head)) {
    keep(compressed);
  } else if (const auto reason = metadata_reason_of_empty(name);
             head.empty() && !compressed && !reason.empty()) {
    leave_out(reason);
  } else if (head.empty() && !compressed && without_packing_suffix(name) != name) {
    leave_unread("is empty, which a compressed file never is");
  } else if (head.empty() && can_be_empty_mbox(name) && !is_in_maildir) {
    keep(false);
  } else if (is_side_file_name(name) && !is_link_) {
    return look_beside(head);
  } else {
    return look_further(head);
  }
  return ok();
}

// A member whose first bytes are nothing that is known.
Result<void> ContainerScan::look_further(std::string_view head) {
  const bool may = !is_link_ && !head.empty() && may_hold_mail_later(base_name(relative_), head);
  if (!may) return leave_other(head);
  const std::string kept_head(head);  // reading ends the view
  MBOXFERRY_ASSIGN(HeadedStream * bytes, walker_->bytes());
  MBOXFERRY_ASSIGN(const bool holds, holds_mail_later(*bytes));
  if (!holds) return leave_other(kept_head);
  keep(walker_->is_compressed());
  return ok();
}

Result<void> ContainerScan::leave_other(std::string_view head) {
  const std::string_view name = base_name(relative_);
  if (const auto store = mail_store(name, head); !store.empty()) {
    leave_unread(store);
  } else if (const auto reason = metadata_reason(name); !reason.empty()) {
    leave_out(reason);
  } else if (const auto names = unread_label_names(name, head); !names.empty()) {
    leave_out(names);
  } else if (const auto kind = container_name(head); !kind.empty()) {
    tell(kind_of_packed(name, head), not_unpacked(head));
  } else if (head.empty()) {
    const auto size = as_delivery(relative_) ? size_in_maildir_name(name) : std::nullopt;
    size.value_or(0) > 0 ? tell(NotReadKind::unread, shorter_than_named(*size), *size)
                         : leave_out("empty");
  } else {
    bool packed = false;
    const bool is_program = may_precede_zip(head);
    if ((is_program || ends_with_ignoring_case(name, ".zip")) && !is_link_) {
      MBOXFERRY_ASSIGN(HeadedStream * bytes, walker_->bytes());
      MBOXFERRY_ASSIGN(packed, ends_with_zip(*bytes));
    }
    const std::string_view plain = walker_->is_compressed() ? without_packing_suffix(name) : name;
    tell(packed ? NotReadKind::unread : kind_of_unknown(plain, head),
         !packed      ? std::string(reason_of_unknown(plain))
         : is_program ? not_read_because(kZipBehindProgram, kZipBehindProgramRemedy)
                      : not_read_because(kLastZipPart, kLastZipPartRemedy));
  }
  return ok();
}

// A member that may say something about messages beside it.
Result<void> ContainerScan::look_beside(std::string_view head) {
  const std::string kept_head(head);  // reading ends the view
  const auto bytes = walker_->bytes();
  const auto read = bytes ? read_side_file(relative_, **bytes, messages_)
                          : Result<std::string_view>(bytes.error());
  if (!read && !is_trouble_of_one_file(read.error())) return read.error();
  if (read && !read->empty()) {
    leave_out(*read);
  } else {
    return leave_other(kept_head);
  }
  return ok();
}

void ContainerScan::see_directory(const std::string& path) {
  const std::string_view name = base_name(path);
  const bool is_part = name == "cur" || name == "new" || name == "tmp";
  if (is_part && names_.affords(parent_path(path))) parts_.see_directory(path);
}

Result<void> ContainerScan::visit() {
  const Entry& entry = walker_->entry();
  go_on(relative_path(entry.name), member_label());
  switch (entry.type) {
    case Entry::Type::directory:
      see_directory(relative_);
      return ok();
    case Entry::Type::hard_link:
    case Entry::Type::symbolic_link:
      return add_link();
    case Entry::Type::other:
      // What has bytes all the same goes on from a volume before this one (tar -M).
      if (walker_->is_in_tar() && entry.size.value_or(0) > 0) {
        leave_unread(kOtherVolume);
      } else {
        tell(kind_of_no_file(base_name(relative_)), "no file");
      }
      return ok();
    case Entry::Type::file:
      break;
  }
  if (entry.name.size() > limits_.longest_name) {
    leave_unread("its name is too long");
    return ok();
  }
  const bool has_place = !plain_path(entry.name).empty();
  if (entry.name.empty()) ++unnamed_;
  const MemberPosition position = walker_->position();
  const auto visited = visit_file();
  // What is no mail takes no mail's place.
  const bool is_mail = last_kept_ == position;
  std::string replaces = has_place && is_mail ? replaced_name() : std::string();
  if (!replaces.empty() && !walker_->is_in_tar()) replaces.insert(0, kReplacesInZip);
  MBOXFERRY_TRY(links_.add_member(relative_, position, replaces));
  return visited;
}

Result<void> ContainerScan::visit_file() {
  const std::string_view name = base_name(relative_);
  const MaildirPlace place = maildir_place(relative_);
  if (place != MaildirPlace::none) {
    see_directory(parent_path(relative_));
  } else if (name != "prefs.js" || names_.affords(relative_)) {
    marks_.see(relative_);
  }
  if (walker_->entry().encrypted) {
    contents_.has_encrypted = true;
    tell(kind_of_unreadable(name), "encrypted");
  } else if (const auto reason = index_file_reason(name); !reason.empty()) {
    return visit_index_file(reason);
  } else if (is_apple_attachment(relative_)) {
    leave_out(kAppleAttachment);
  } else if (is_outlook_mac_attachment(relative_)) {
    leave_out(kOutlookMacAttachment);
  } else if (const auto message = outlook_mac_message(relative_); !message.empty()) {
    leave_unread(message);
  } else if (place != MaildirPlace::none && name.starts_with('.')) {
    leave_out("hidden file in a Maildir");
  } else if (is_link_ && !linked_head_.empty()) {
    return look_inside(linked_head_);
  } else {
    const auto bytes = walker_->bytes();
    const auto head = bytes ? (*bytes)->head() : Result<std::string_view>(bytes.error());
    if (head) {
      if (place == MaildirPlace::unfinished && is_unfinished_delivery(name, *head)) {
        leave_out("unfinished delivery");
        return ok();
      }
      if (is_link_) linked_head_ = *head;
      return look_inside(is_link_ ? std::string_view(linked_head_) : *head);
    }
    if (can_be_mbox(name) && !as_delivery(relative_)) {
      keep(false);
    } else {
      tell(kind_of_unreadable(name), "cannot be read: " + head.error().what);
    }
  }
  return ok();
}

Result<void> ContainerScan::visit_index_file(std::string_view reason) {
  const std::string_view name = base_name(relative_);
  if (name == "dovecot-keywords" || name == "descmap.pce") read_list();
  if (!is_left_over_name(name) && !is_link_) {
    const auto bytes = walker_->bytes();
    const auto head = bytes ? (*bytes)->head() : Result<std::string_view>(bytes.error());
    if (head && is_mail_called_like_an_index(name, *head)) return look_inside(*head);
  }
  leave_out(reason);
  return ok();
}

// The walk of the outer container ended in `error`.
Result<void> ContainerScan::end_damaged(const Error& error) {
  const bool found_nothing = last_kept_ == MemberPosition{};
  if (found_nothing || error.code != ErrorCode::not_mail) return error;
  const MemberPosition position = walker_->position();
  // The last member may be what is damaged, and then it says so when it is read.
  MemberStream last(container_);
  const bool behind_last = position == last_kept_ && last.go_to(position) &&
                           last.skip(std::numeric_limits<std::uint64_t>::max());
  if (position != last_kept_ || behind_last) {
    keep_damaged("behind member " + std::to_string(position.outer), {position.outer + 1, 0});
  }
  return ok();
}

Result<ContainerContents> ContainerScan::run() {
  MBOXFERRY_ASSIGN(walker_, container_->take({1, 0}));
  for (;;) {
    const auto more = walker_->next();
    if (walker_->take_passed_damage()) {
      not_read_.add({NotReadKind::unread, to_utf8(relative_) + " (damaged)",
                     to_utf8(container_->file().path()) + ": behind " + label_, 0,
                     "damaged there: what is no member is passed over"});
    }
    if (walker_->take_lacking_end()) {
      not_read_.add({NotReadKind::unread, to_utf8(relative_) + " (end)",
                     to_utf8(container_->file().path()) + ": behind " + label_, 0,
                     "the end of the tar archive is missing: members may be"});
    }
    for (const ZipRemark& remark : walker_->take_remarks()) {
      not_read_.add({NotReadKind::unread, to_utf8(relative_) + " (end)",
                     to_utf8(container_->file().path()) + ": behind " + label_, remark.bytes,
                     remark.reason});
    }
    if (!more && !walker_->is_inside()) {
      MBOXFERRY_TRY(end_damaged(more.error()));
      break;
    }
    if (more && !*more) break;
    const auto visited = more ? visit() : Result<void>(more.error());
    if (visited) continue;
    if (visited.error().code != ErrorCode::not_mail) return visited.error();
    const MemberPosition position = walker_->position();
    walker_->leave();
    keep_damaged(label_, {position.outer, position.inner + 1});
  }
  MBOXFERRY_TRY(finish());
  return std::move(contents_);
}

Result<void> ContainerScan::finish() {
  MBOXFERRY_TRY(drop_replaced());
  if (unnamed_ > 0) {
    if (!contents_.notice.empty()) contents_.notice += "; ";
    contents_.notice += container_->file().path() + ": " + std::to_string(unnamed_) +
                        (unnamed_ == 1 ? " member has no name that can be read, and is"
                                       : " members have no names that can be read, and are") +
                        " called \"unnamed\"";
  }
  MBOXFERRY_TRY(read_hard_links());
  walker_.reset();
  MBOXFERRY_TRY(links_.each_symbolic_link([this](const MemberLink& link, MemberLinks::Place place) {
    list_symbolic_link(link, place);
  }));
  MBOXFERRY_TRY(parts_.each([this](const std::string& directory) {
    return messages_.add_folder(FolderForm::maildir, directory);
  }));
  const auto copy = [this](const std::string& label, std::string_view reason) {
    go_on(label, label);
    leave_out(reason);
  };
  MBOXFERRY_ASSIGN(auto lists, messages_.finish(nullptr, copy, container_));
  MBOXFERRY_TRY(messages_.attach_marks(contents_.folders));
  contents_.unexplained_keywords = messages_.unexplained_keywords();
  contents_.noted = messages_.noted();
  contents_.note_troubles = messages_.note_troubles();
  contents_.unread_notes = messages_.unread_notes();
  if (marks_.has(Layout::readpst_separate)) {
    MBOXFERRY_TRY(list_taken_out(not_read_, messages_, to_utf8(container_->file().path()) + ": "));
  }
  for (FoundFolder& list : lists) {
    list.folder.file = container_->file().path();
    list.folder.member = list.relative.empty() ? "." : to_utf8(list.relative);
    list.folder.container = container_;
    contents_.folders.push_back(std::move(list));
  }
  const auto unnamed = add_linked_names(contents_.folders, inner_links_, names_);
  if (unnamed) {
    go_on(unnamed->path, to_utf8(unnamed->path));
    leave_unread(kTooManyNames);
  }
  std::stable_sort(contents_.folders.begin(), contents_.folders.end(),
                   [](const FoundFolder& a, const FoundFolder& b) { return a.first < b.first; });
  return ok();
}

Result<ContainerContents> scan_container(std::shared_ptr<const OpenFile> file, const Limits& limits,
                                         NotReadList& not_read, LayoutMarks& marks) {
  const CodePageGuess guess = guess_code_page(file, limits);
  const std::string path = file->path();
  MBOXFERRY_TRY(list_bytes_around_zip(*file, not_read));
  auto container = std::make_shared<Container>(std::move(file), limits);
  container->set_code_page(guess.best());
  MBOXFERRY_ASSIGN(ContainerContents contents,
                   ContainerScan(std::move(container), limits, not_read, marks).run());
  if (guess.names() > 0) {
    const bool is_one = guess.names() == 1;
    if (!contents.notice.empty()) contents.notice += "; ";
    contents.notice += path + ": " + std::to_string(guess.names()) +
                       (is_one ? " name is" : " names are") + " not marked as UTF-8, and read as " +
                       std::string(guess.best().name());
  }
  return contents;
}

}  // namespace mboxferry::archive
