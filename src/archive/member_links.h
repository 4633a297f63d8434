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

struct ReplacedMember {
  std::string path;
  MemberPosition position;
  bool is_larger = false;  ///< than the one that replaces it
};

/// Members by their paths and links to them, in a temporary database, so that memory is constant.
class MemberLinks {
 public:
  enum class Place { inside, outside, nowhere };
  using HardVisitor = std::function<Result<void>(const MemberLink&)>;
  using ReplacedVisitor = std::function<Result<void>(const ReplacedMember&)>;
  using SymbolicVisitor = std::function<void(const MemberLink&, Place)>;

  /// `size` is as the container tells it. `may_replace`: a member takes the place of those of its
  /// name before it, as unpacking a tar archive leaves the last one.
  Result<void> add_member(const std::string& path, MemberPosition position, std::uint64_t size,
                          bool may_replace);
  /// Names a member that came before; failing that, the first one of the name behind the link.
  Result<void> add_hard_link(const std::string& path, const std::string& target);
  /// `target` as the link says it.
  Result<void> add_symbolic_link(const std::string& path, std::string_view target);

  /// The members that a later one of the same name replaces, in their order.
  Result<void> each_replaced(const ReplacedVisitor& visit);
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
