// SPDX-License-Identifier: Apache-2.0
// The links in a container, until all its members are known.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "archive/member_walker.h"
#include "archive/temporary_database.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct MemberLink {
  std::string path;         ///< below the container, as is `target`
  std::string target;       ///< what a symbolic link says when it leads out of the container
  MemberPosition position;  ///< of the member that a hard link names; zero when there is none
};

/// Members by their paths and links to them, in a temporary database, so that memory is constant.
class MemberLinks {
 public:
  enum class Place { inside, outside, nowhere };
  using HardVisitor = std::function<Result<void>(const MemberLink&)>;
  using SymbolicVisitor = std::function<void(const MemberLink&, Place)>;

  Result<void> add_member(const std::string& path, MemberPosition position);
  /// Names a member that came before.
  Result<void> add_hard_link(const std::string& path, const std::string& target);
  /// `target` as the link says it.
  Result<void> add_symbolic_link(const std::string& path, std::string_view target);

  /// In the order of the members that they name.
  Result<void> each_hard_link(const HardVisitor& visit);
  Result<void> each_symbolic_link(const SymbolicVisitor& visit);

 private:
  Result<void> open();
  Result<void> add_link(bool hard, const std::string& path, std::string_view target, Place place);

  TemporaryDatabase database_{"the list of members"};
  Statement insert_member_;
  Statement insert_link_;
  std::uint64_t members_ = 0;
  bool has_links_ = false;
};

}  // namespace mboxferry::archive
