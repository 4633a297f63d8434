// SPDX-License-Identifier: Apache-2.0
// The links in a container, until all its members are known.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/member_walker.h"
#include "archive/temporary_database.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct MemberLink {
  std::string path;         ///< below the container, as is `target`
  std::string target;       ///< what a symbolic link says when it leads out of the container
  MemberPosition position;  ///< of the member that a hard link names; zero when there is none
};

/// What the name that a member of a zip archive replaces begins with.
inline constexpr const char* kReplacesInZip = "\x01";

struct ReplacedMember {
  std::string path;
  MemberPosition position;
  MemberPosition later;        ///< of the one that replaces it
  bool has_same_path = false;  ///< as the one that replaces it, which may have other flags
  bool is_beginning = false;   ///< of the one that replaces it, or the same
  bool is_in_zip = false;
  std::uint64_t bytes = 0;  ///< unpacked; 0 as well when it cannot be read
};

/// Members by their paths and links to them, in a temporary database, so that memory is constant.
class MemberLinks {
 public:
  enum class Place { inside, outside, nowhere };
  using HardVisitor = std::function<Result<void>(const MemberLink&)>;
  using MemberBytes = std::function<Result<InputStream*>(MemberPosition)>;
  using ReplacedVisitor = std::function<Result<void>(const ReplacedMember&)>;
  using SymbolicVisitor = std::function<void(const MemberLink&, Place)>;

  /// `replaces`: a member takes the place of those before it that have the same, as unpacking
  /// leaves the last one of a name; in a zip archive it begins with kReplacesInZip; empty for a
  /// member that takes no place and keeps its own.
  Result<void> add_member(const std::string& path, MemberPosition position,
                          const std::string& replaces);
  /// The link takes the place of members before it that are mail, as a member would, when it leads
  /// to other mail; `replaces` as in add_member().
  Result<void> replace_by_link(const std::string& path, const std::string& target,
                               const std::string& replaces);
  /// Names a member that came before; failing that, the first one of the name behind the link.
  Result<void> add_hard_link(const std::string& path, const std::string& target);
  /// `target` as the link says it.
  Result<void> add_symbolic_link(const std::string& path, std::string_view target);

  /// Compares members that a later one replaces with that one. `bytes` gives what the member at a
  /// position holds; it is asked from front to back, once for each. See member_comparison.cc.
  Result<void> compare_replaced(const MemberBytes& bytes);
  /// After that: these members, in their order.
  Result<void> each_replaced(const ReplacedVisitor& visit);
  /// In the order of the members that they name.
  Result<void> each_hard_link(const HardVisitor& visit);
  Result<void> each_symbolic_link(const SymbolicVisitor& visit);

 private:
  Result<void> open();
  [[nodiscard]] Result<MemberPosition> last_mail_of(const std::string& path);
  Result<void> add_link(bool hard, const std::string& path, std::string_view target, Place place);

  Result<void> compare_at(MemberPosition position, InputStream& bytes);

  TemporaryDatabase database_{"the list of members"};
  Statement insert_member_;
  Statement insert_link_;
  std::uint64_t members_ = 0;
  bool has_links_ = false;
  bool may_have_replaced_ = false;
};

}  // namespace mboxferry::archive
