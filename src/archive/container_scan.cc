// SPDX-License-Identifier: Apache-2.0
// Finds the folders inside a container file.
#include "archive/container_scan.h"

#include <cstdint>
#include <limits>
#include <string_view>
#include <utility>

#include "archive/container.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

class ContainerScan {
 public:
  ContainerScan(std::shared_ptr<Container> container, const Limits& limits, LeftOut& left_out)
      : container_(std::move(container)), limits_(limits), left_out_(left_out) {}

  Result<ContainerContents> run();

 private:
  Result<void> visit();
  Result<void> look_inside(std::string_view head);
  void keep(bool compressed);
  Result<void> end_damaged(const Error& error);
  void keep_damaged(const std::string& place, MemberPosition position);
  void leave_out(std::string_view reason);
  /// The present member as Folder::member, and as a path below the container.
  [[nodiscard]] std::string label() const;
  [[nodiscard]] std::string relative() const;

  std::shared_ptr<Container> container_;
  const Limits limits_;
  LeftOut& left_out_;
  std::unique_ptr<MemberWalker> walker_;
  ContainerContents contents_;
  MemberPosition last_kept_;
};

std::string ContainerScan::label() const {
  std::string label = to_utf8(walker_->entry().name);
  if (walker_->is_inside()) label.insert(0, to_utf8(walker_->container_entry().name) + ": ");
  return label;
}

std::string ContainerScan::relative() const {
  std::string path = plain_path(walker_->entry().name);
  if (walker_->is_inside()) {
    const std::string container = plain_path(walker_->container_entry().name);
    path.insert(0, std::string(without_packing_suffix(container)) + '/');
  }
  return path;
}

void ContainerScan::leave_out(std::string_view reason) {
  left_out_.add(container_->file().path() + ": " + label(), reason);
}

void ContainerScan::keep(bool compressed) {
  const MemberPosition position = walker_->position();
  last_kept_ = position;
  FoundFolder found;
  found.relative = relative();
  if (found.relative.empty()) found.relative = "unnamed";
  found.compressed = compressed;
  found.folder.file = container_->file().path();
  found.folder.container = container_;
  found.folder.bytes_on_disk = walker_->entry().size.value_or(0);
  found.folder.member = label();
  if (container_->has_member(found.folder.member)) {
    found.folder.member += " (member " + std::to_string(position.outer) +
                           (position.inner == 0 ? "" : "." + std::to_string(position.inner)) + ")";
  }
  container_->set_position(found.folder.member, position);
  contents_.folders.push_back(std::move(found));
}

// A folder that cannot be read, so that what is lost is not passed over in silence.
void ContainerScan::keep_damaged(const std::string& place, MemberPosition position) {
  const std::string member = place + " (damaged)";
  FoundFolder found;
  found.relative = plain_path(member);
  found.folder.file = container_->file().path();
  found.folder.container = container_;
  found.folder.member = member;
  container_->set_position(member, position);
  contents_.folders.push_back(std::move(found));
}

Result<void> ContainerScan::look_inside(std::string_view head) {
  const std::string_view name = base_name(walker_->entry().name);
  const bool compressed = walker_->is_compressed();
  const auto format = container_format(head);
  if (walker_->is_inside() && (format || is_compressed(head))) {
    leave_out("packed a third time, not unpacked");
  } else if (format) {
    return walker_->enter(*format);
  } else if (looks_like_mbox(head) || (compressed && head.empty())) {
    keep(compressed);
  } else if (head.empty() && can_be_mail(name)) {
    keep(false);
  } else if (const auto kind = container_name(head); !kind.empty()) {
    leave_out(std::string(kind) + ", not unpacked");
  } else {
    leave_out(head.empty() ? "empty" : "does not begin like an mbox file");
  }
  return ok();
}

Result<void> ContainerScan::visit() {
  const Entry& entry = walker_->entry();
  const std::string_view name = base_name(entry.name);
  if (entry.type == Entry::Type::directory) return ok();
  if (entry.type == Entry::Type::other) {
    leave_out("no file");
  } else if (entry.name.size() > limits_.longest_name) {
    leave_out("its name is too long");
  } else if (entry.encrypted) {
    contents_.has_encrypted = true;
    leave_out("encrypted");
  } else if (const auto reason = index_file_reason(name); !reason.empty()) {
    leave_out(reason);
  } else {
    const auto bytes = walker_->bytes();
    const auto head = bytes ? (*bytes)->head() : Result<std::string_view>(bytes.error());
    if (head) return look_inside(*head);
    if (can_be_mail(name)) {
      keep(false);
    } else {
      leave_out("cannot be read: " + head.error().what);
    }
  }
  return ok();
}

// The walk of the outer container ended in `error`.
Result<void> ContainerScan::end_damaged(const Error& error) {
  if (contents_.folders.empty() || error.code != ErrorCode::not_mail) return error;
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
    const MemberPosition position = walker_->position();
    walker_->leave();
    keep_damaged(label(), {position.outer, position.inner + 1});
  }
  return std::move(contents_);
}

}  // namespace

Result<ContainerContents> scan_container(std::shared_ptr<const OpenFile> file, const Limits& limits,
                                         LeftOut& left_out) {
  auto container = std::make_shared<Container>(std::move(file), limits);
  return ContainerScan(std::move(container), limits, left_out).run();
}

}  // namespace mboxferry::archive
