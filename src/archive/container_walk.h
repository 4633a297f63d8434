// SPDX-License-Identifier: Apache-2.0
// The walks by which the folders inside a container file are found.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "archive/container.h"
#include "archive/container_scan.h"
#include "archive/mail_file.h"
#include "archive/member_links.h"
#include "archive/message_list.h"
#include "archive/name_budget.h"

namespace mboxferry::archive {

/// One walk through all members, and a second one for what hard links lead to.
class ContainerScan {
 public:
  ContainerScan(std::shared_ptr<Container> container, const Limits& limits, NotReadList& not_read,
                LayoutMarks& marks)
      : container_(std::move(container)),
        limits_(limits),
        not_read_(not_read),
        marks_(marks),
        names_(limits.most_name_bytes) {}

  Result<ContainerContents> run();

 private:
  Result<void> visit();
  Result<void> visit_file();
  void see_directory(const std::string& path);
  Result<void> look_inside(std::string_view head);
  Result<void> leave_other(std::string_view head);
  Result<void> look_beside(std::string_view head);
  Result<void> look_further(std::string_view head);
  Result<void> visit_index_file(std::string_view reason);
  Result<bool> take_message(std::string_view head);
  Result<void> add_message(const MailFile& mail, MessageRecord record);
  Result<MessageRecord> measure(FolderForm form);
  Result<void> add_link();
  [[nodiscard]] std::string replaced_name() const;
  Result<void> drop_replaced();
  Result<bool> drop_member(MemberPosition position, std::set<std::size_t>& dropped);
  void take_name(MemberPosition position, MemberPosition later);
  void drop_folders(const std::set<std::size_t>& dropped);
  Result<void> read_hard_links();
  Result<void> read_hard_link(const MemberLink& link);
  void list_symbolic_link(const MemberLink& link, MemberLinks::Place place);
  void read_list();
  Result<void> finish();
  void add_folder(FoundFolder found, std::string member);
  void keep(bool compressed);
  Result<void> end_damaged(const Error& error);
  void keep_damaged(const std::string& place, MemberPosition position);
  void leave_out(std::string_view reason) { tell(NotReadKind::not_mail, reason); }
  void leave_unread(std::string_view reason) { tell(NotReadKind::unread, reason); }
  void tell(NotReadKind kind, std::string_view reason) {
    tell(kind, reason, walker_ ? walker_->entry().size.value_or(0) : 0);
  }
  void tell(NotReadKind kind, std::string_view reason, std::uint64_t bytes);
  /// The present member as Folder::member, and as a path below the container.
  [[nodiscard]] std::string member_label() const;
  [[nodiscard]] std::string relative_path(std::string_view name) const;
  void go_on(std::string relative, std::string label) {
    relative_ = std::move(relative);
    label_ = std::move(label);
  }

  std::shared_ptr<Container> container_;
  const Limits limits_;
  NotReadList& not_read_;
  LayoutMarks& marks_;
  NameBudget names_;
  std::unique_ptr<MemberWalker> walker_;
  std::string relative_;  // what the present member, or the link to it, is called
  std::string label_;
  ContainerContents contents_;
  MessageCollector messages_;
  MaildirParts parts_;
  MemberLinks links_;
  std::vector<InnerLink> inner_links_;
  bool is_link_ = false;                          // links are read, the walk is over
  std::map<MemberPosition, std::size_t> kept_;    // folders by position, for links
  std::map<FolderForm, MessageRecord> measured_;  // of the member that links lead to
  std::string linked_head_;
  bool linked_is_read_ = false;
  MemberPosition last_kept_;  // none yet: zero
  std::uint64_t unnamed_ = 0;  // members without a name that can be read
};

}  // namespace mboxferry::archive
