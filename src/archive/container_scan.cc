// SPDX-License-Identifier: Apache-2.0
// Finds the folders inside a container file.
#include "archive/container_scan.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "archive/container.h"
#include "archive/emlx.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/maildir.h"
#include "archive/message_list.h"
#include "archive/message_record.h"
#include "archive/not_read_rules.h"
#include "archive/text_conversion.h"
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

bool in_maildir(const std::string& path) {
  const std::string parent = parent_path(path);
  return base_name(parent) == "cur" || base_name(parent) == "new";
}

class ContainerScan {
 public:
  ContainerScan(std::shared_ptr<Container> container, const Limits& limits, NotReadList& not_read)
      : container_(std::move(container)), limits_(limits), not_read_(not_read) {}

  Result<ContainerContents> run();

 private:
  Result<void> visit();
  Result<void> look_inside(std::string_view head);
  Result<bool> take_message(std::string_view head);
  Result<void> add_message(FolderForm form, const std::string& directory, MessageRecord record);
  void read_keywords();
  Result<void> finish();
  void add_folder(FoundFolder found, std::string member);
  void keep(bool compressed);
  Result<void> end_damaged(const Error& error);
  void keep_damaged(const std::string& place, MemberPosition position);
  void leave_out(std::string_view reason) { tell(NotReadKind::not_mail, reason); }
  void leave_unread(std::string_view reason) { tell(NotReadKind::unread, reason); }
  void tell(NotReadKind kind, std::string_view reason);
  /// The present member as Folder::member, and as a path below the container.
  [[nodiscard]] std::string label() const;
  [[nodiscard]] std::string relative() const;

  std::shared_ptr<Container> container_;
  const Limits limits_;
  NotReadList& not_read_;
  std::unique_ptr<MemberWalker> walker_;
  ContainerContents contents_;
  MessageCollector messages_;
  MemberPosition last_kept_;  // none yet: zero
};

std::string ContainerScan::label() const {
  const auto text = [&](const Entry& entry) {
    return to_utf8(std::string_view(entry.name).substr(0, limits_.longest_name));
  };
  const std::string name = text(walker_->entry());
  return walker_->is_inside() ? text(walker_->container_entry()) + ": " + name : name;
}

std::string ContainerScan::relative() const {
  std::string path = plain_path(walker_->entry().name);
  if (path.empty()) path = "unnamed";
  if (!walker_->is_inside()) return path;
  const std::string container = plain_path(walker_->container_entry().name);
  return join_path(std::string(without_packing_suffix(container)), path);
}

void ContainerScan::tell(NotReadKind kind, std::string_view reason) {
  not_read_.add({kind, to_utf8(relative()), to_utf8(container_->file().path()) + ": " + label(),
                 walker_->entry().size.value_or(0), std::string(reason)});
}

void ContainerScan::add_folder(FoundFolder found, std::string member) {
  const MemberPosition position = found.first;
  if (container_->has_member(member)) {
    member += " (member " + std::to_string(position.outer) +
              (position.inner == 0 ? "" : "." + std::to_string(position.inner)) + ")";
  }
  container_->set_position(member, position);
  found.folder.file = container_->file().path();
  found.folder.member = std::move(member);
  found.folder.container = container_;
  contents_.folders.push_back(std::move(found));
}

void ContainerScan::keep(bool compressed) {
  FoundFolder found;
  found.relative = relative();
  found.compressed = compressed;
  found.first = last_kept_ = walker_->position();
  found.folder.bytes_on_disk = walker_->entry().size.value_or(0);
  add_folder(std::move(found), label());
}

// A folder that cannot be read, so that what is lost is not passed over in silence.
void ContainerScan::keep_damaged(const std::string& place, MemberPosition position) {
  FoundFolder found;
  found.relative = plain_path(place) + " (damaged)";
  found.first = position;
  add_folder(std::move(found), place + " (damaged)");
}

Result<void> ContainerScan::add_message(FolderForm form, const std::string& directory,
                                        MessageRecord record) {
  const Entry& entry = walker_->entry();
  constexpr std::uint64_t kMostBytes = std::uint64_t{1} << 50U;
  if (record.length == 0 || record.length > kMostBytes) {
    record.length == 0 ? leave_out("empty") : leave_unread("its size cannot be right");
    return ok();
  }
  record.name = record.stable_name = label();
  record.modified = entry.modified;
  record.position = walker_->position();
  record.key = order_key(record.position);
  last_kept_ = record.position;
  return messages_.add(form, directory, record);
}

// True when the member is a message of its own.
Result<bool> ContainerScan::take_message(std::string_view head) {
  const Entry& entry = walker_->entry();
  const std::string path = relative();
  const std::string_view name = base_name(path);
  const std::string parent = parent_path(path);
  const auto size = walker_->is_compressed() ? std::nullopt : entry.size;
  if (const auto form = message_form(name, head)) {
    MBOXFERRY_ASSIGN(HeadedStream * bytes, walker_->bytes());
    MBOXFERRY_ASSIGN(MessageRecord record, read_record(*form, *bytes, size));
    if (record.several) {
      keep(walker_->is_compressed());
      return true;
    }
    if (record.length > 0 && is_partial_name(name)) {
      not_read_.add({NotReadKind::unread, to_utf8(path),
                     to_utf8(container_->file().path()) + ": " + label(), 0,
                     std::string(kPartialReason)});
    }
    MBOXFERRY_TRY(add_message(*form, *form == FolderForm::emlx ? emlx_directory(path) : parent,
                              std::move(record)));
    return true;
  }
  if (!in_maildir(path) || head.empty() || (looks_like_mbox(head) && !is_maildir_name(name))) {
    return false;
  }
  MessageRecord record = maildir_record(base_name(parent), name);
  MBOXFERRY_ASSIGN(HeadedStream * bytes, walker_->bytes());
  MBOXFERRY_ASSIGN(const MessageRecord measured, read_record(FolderForm::maildir, *bytes, size));
  record.length = measured.length;
  MBOXFERRY_TRY(add_message(FolderForm::maildir, parent_path(parent), std::move(record)));
  return true;
}

void ContainerScan::read_keywords() {
  const auto bytes = walker_->bytes();
  const auto head = bytes ? (*bytes)->head() : Result<std::string_view>(bytes.error());
  if (head) messages_.set_keywords(parent_path(relative()), parse_dovecot_keywords(*head));
}

Result<void> ContainerScan::look_inside(std::string_view head) {
  const std::string_view name = base_name(walker_->entry().name);
  const bool compressed = walker_->is_compressed();
  const auto format = container_format(head);
  if (walker_->is_inside() && (format || is_compressed(head))) {
    const auto conversion = conversion_name(head);
    leave_unread(conversion.empty() ? "packed a third time, not unpacked"
                                    : std::string(conversion) + " in a container in a container");
    return ok();
  }
  if (format) return walker_->enter(*format);
  const auto taken = take_message(head);
  if (!taken && taken.error().code == ErrorCode::not_mail)
    leave_unread("cannot be read: " + taken.error().what);
  if (!taken && taken.error().code != ErrorCode::not_mail) return taken.error();
  if (!taken || *taken) return ok();
  if (looks_like_mbox(head) || (compressed && head.empty()) || may_be_damaged_mbox(name, head)) {
    keep(compressed);
  } else if (head.empty() && !compressed && without_packing_suffix(name) != name) {
    leave_unread("is empty, which a compressed file never is");
  } else if (head.empty() && can_be_mbox(name) && !in_maildir(relative())) {
    keep(false);
  } else if (const auto reason = metadata_reason(name); !reason.empty()) {
    leave_out(reason);
  } else if (const auto kind = container_name(head); !kind.empty()) {
    tell(kind_of_packed(name, head), not_unpacked(head));
  } else if (head.empty()) {
    leave_out("empty");
  } else {
    tell(kind_of_unknown(head), "does not begin like an mbox file");
  }
  return ok();
}

Result<void> ContainerScan::visit() {
  const Entry& entry = walker_->entry();
  const std::string_view name = base_name(entry.name);
  if (entry.type == Entry::Type::directory) return ok();
  if (entry.type == Entry::Type::link) {
    leave_unread("a link to another file");
  } else if (entry.type == Entry::Type::other) {
    tell(kind_of_no_file(name), "no file");
  } else if (entry.name.size() > limits_.longest_name) {
    leave_unread("its name is too long");
  } else if (entry.encrypted) {
    contents_.has_encrypted = true;
    tell(kind_of_unreadable(name), "encrypted");
  } else if (const auto reason = index_file_reason(name); !reason.empty()) {
    if (name == "dovecot-keywords") read_keywords();
    leave_out(reason);
  } else {
    const auto bytes = walker_->bytes();
    const auto head = bytes ? (*bytes)->head() : Result<std::string_view>(bytes.error());
    if (head) return look_inside(*head);
    if (can_be_mbox(name)) {
      keep(false);
    } else {
      tell(kind_of_unreadable(name), "cannot be read: " + head.error().what);
    }
  }
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
    keep_damaged(label(), {position.outer, position.inner + 1});
  }
  MBOXFERRY_TRY(finish());
  return std::move(contents_);
}

Result<void> ContainerScan::finish() {
  MBOXFERRY_ASSIGN(auto lists, messages_.finish(
                                   nullptr, [](const std::string&) {}, container_));
  contents_.unexplained_keywords = messages_.unexplained_keywords();
  for (FoundFolder& list : lists) {
    list.folder.file = container_->file().path();
    list.folder.member = list.relative.empty() ? "." : to_utf8(list.relative);
    list.folder.container = container_;
    contents_.folders.push_back(std::move(list));
  }
  std::stable_sort(contents_.folders.begin(), contents_.folders.end(),
                   [](const FoundFolder& a, const FoundFolder& b) { return a.first < b.first; });
  return ok();
}

}  // namespace

Result<ContainerContents> scan_container(std::shared_ptr<const OpenFile> file, const Limits& limits,
                                         NotReadList& not_read) {
  auto container = std::make_shared<Container>(std::move(file), limits);
  return ContainerScan(std::move(container), limits, not_read).run();
}

}  // namespace mboxferry::archive
