// SPDX-License-Identifier: Apache-2.0
// Links among the members of a container.
#include <string>
#include <utility>

#include "archive/container_walk.h"
#include "archive/file_rules.h"
#include "archive/not_read_rules.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {

Result<void> ContainerScan::add_link() {
  const Entry& entry = walker_->entry();
  if (entry.name.size() > limits_.longest_name || entry.target.size() > limits_.longest_name) {
    leave_unread("a link whose name is too long");
    return ok();
  }
  if (entry.type == Entry::Type::hard_link) {
    const std::string target = relative_path(entry.target);
    MBOXFERRY_TRY(links_.replace_by_link(relative_, target, replaced_name()));
    return links_.add_hard_link(relative_, target);
  }
  return links_.add_symbolic_link(relative_, entry.target);
}

// What hard links lead to is visited again, under the links' names, in a second walk.
Result<void> ContainerScan::read_hard_links() {
  is_link_ = true;
  walker_.reset();
  return links_.each_hard_link([this](const MemberLink& link) { return read_hard_link(link); });
}

Result<void> ContainerScan::read_hard_link(const MemberLink& link) {
  go_on(link.path, to_utf8(link.path));
  if (link.position == MemberPosition{}) {
    leave_unread("a hard link to " + to_utf8(link.target) + ", which is not in the archive");
    return ok();
  }
  if (!walker_ || walker_->position() != link.position) {
    measured_.clear();
    linked_head_.clear();
    linked_is_read_ = false;
    if (!walker_) {
      MBOXFERRY_ASSIGN(walker_, container_->take(link.position));
    }
    const auto reached = walker_->go_to(link.position);
    if (!reached && reached.error().code != ErrorCode::not_mail) return reached;
    if (!reached) {
      walker_.reset();
      leave_unread("a hard link to what cannot be read: " + reached.error().what);
      return ok();
    }
  } else if (linked_head_.empty()) {
    leave_out("another name of " + to_utf8(link.target));
    return ok();
  }
  const auto visited = visit_file();
  if (!visited && visited.error().code == ErrorCode::not_mail) walker_.reset();
  return visited || visited.error().code == ErrorCode::not_mail ? ok() : visited;
}

void ContainerScan::list_symbolic_link(const MemberLink& link, MemberLinks::Place place) {
  go_on(link.path, to_utf8(link.path));
  const std::string leads_to = to_utf8(link.target.empty() ? "." : link.target);
  if (place == MemberLinks::Place::inside) {
    if (!names_.affords(link.path, link.target.size())) return leave_unread(kTooManyNames);
    leave_out("a link to " + leads_to + ", which is read under its own name");
    inner_links_.push_back({link.path, link.target});
  } else if (place == MemberLinks::Place::outside) {
    leave_unread("a link that leads out of the archive: " + leads_to);
  } else if (is_lock_link(base_name(link.path))) {
    leave_out("lock of a mail program");
  } else {
    leave_unread("a link that leads nowhere: " + leads_to);
  }
}

}  // namespace mboxferry::archive
