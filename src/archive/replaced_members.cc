// SPDX-License-Identifier: Apache-2.0
// Members of an archive that a later one of the same name replaces (tar -r; a zip archive that was
// opened to be added to).
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "archive/container_walk.h"
#include "archive/file_rules.h"
#include "archive/maildir.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {

// By what later members take the place of earlier ones: the path, or the unique name of a delivery
// in a Maildir, which the flags follow.
std::string ContainerScan::replaced_name() const {
  if (maildir_place(relative_) != MaildirPlace::delivered) return relative_;
  const std::string directory = parent_path(relative_);
  const std::string name = maildir_record(base_name(directory), base_name(relative_)).stable_name;
  return parent_path(directory) + '\0' + name;
}

// True when the member had become a message or a folder, whose number is put into `dropped`.
Result<bool> ContainerScan::drop_member(MemberPosition position, std::set<std::size_t>& dropped) {
  const auto kept = kept_.find(position);
  if (kept == kept_.end()) return messages_.remove(position);
  dropped.insert(kept->second);
  kept_.erase(kept);
  return true;
}

// The name of the first one, by which a journal knows the folder, is without a number.
void ContainerScan::take_name(MemberPosition position, MemberPosition later) {
  const auto from = kept_.find(position);
  const auto to = kept_.find(later);
  if (from == kept_.end() || to == kept_.end()) return;
  // A link that took the place has a name of its own.
  if (contents_.folders[from->second].relative != contents_.folders[to->second].relative) return;
  const std::string& name = contents_.folders[from->second].folder.member;
  Folder& folder = contents_.folders[to->second].folder;
  if (name.size() >= folder.member.size()) return;
  folder.member = name;
  container_->set_position(name, later);
}

void ContainerScan::drop_folders(const std::set<std::size_t>& dropped) {
  if (dropped.empty()) return;
  std::vector<FoundFolder> folders;
  std::vector<std::size_t> numbers;  // of each folder from now on
  for (std::size_t i = 0; i < contents_.folders.size(); ++i) {
    numbers.push_back(folders.size());
    if (!dropped.contains(i)) folders.push_back(std::move(contents_.folders[i]));
  }
  contents_.folders = std::move(folders);
  for (auto& [position, number] : kept_) number = numbers[number];
}

// Unpacking leaves the last member of a name. What is not the beginning of that one may have held
// other mail. Two messages with one unique name in `cur` and `new` are two, and so are two of one
// name in a zip archive: programs that export mail name its messages by their subjects.
Result<void> ContainerScan::drop_replaced() {
  {
    MemberStream stream(container_);
    MBOXFERRY_TRY(links_.compare_replaced([&](MemberPosition position) -> Result<InputStream*> {
      MBOXFERRY_TRY(stream.go_to(position));
      return &stream;
    }));
  }
  std::uint64_t count = 0;
  std::string first;
  std::set<std::size_t> dropped;
  MBOXFERRY_TRY(links_.each_replaced([&](const ReplacedMember& member) -> Result<void> {
    const bool may_be_two =
        !member.has_same_path || (member.is_in_zip && !kept_.contains(member.position));
    if (!member.is_beginning && may_be_two) return ok();
    take_name(member.position, member.later);
    MBOXFERRY_ASSIGN(const bool was_mail, drop_member(member.position, dropped));
    if (!was_mail) return ok();
    const std::string path = to_utf8(member.path);
    if (count++ == 0) first = path;
    const NotReadKind kind = member.is_beginning ? NotReadKind::not_mail : NotReadKind::unread;
    const std::string reason =
        !member.is_beginning
            ? "other mail than the later member of the same name, which replaces it"
        : member.has_same_path ? "replaced by a later member of the same name"
                               : "replaced by a later member, which is the same message";
    not_read_.add(
        {kind, path, to_utf8(container_->file().path()) + ": " + path, member.bytes, reason});
    return ok();
  }));
  if (count == 0) return ok();
  drop_folders(dropped);
  contents_.notice = container_->file().path() +
                     ": of members of the same name the last one counts, " + std::to_string(count) +
                     (count == 1 ? " earlier one is" : " earlier ones are") + " left out (" +
                     first + ")";
  return ok();
}

}  // namespace mboxferry::archive
