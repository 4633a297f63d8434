// SPDX-License-Identifier: Apache-2.0
// The links in a container, until all its members are known.
#include "archive/member_links.h"

#include <algorithm>
#include <array>

#include "archive/file_rules.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kCreateMembers =
    "CREATE TABLE member(id INTEGER PRIMARY KEY, path BLOB, outer_number INTEGER,"
    " inner_number INTEGER, replaces BLOB);"
    "CREATE TABLE link(hard INTEGER, path BLOB, target BLOB, place INTEGER, before INTEGER);"
    "BEGIN;";
constexpr const char* kIndexMembers =
    "CREATE INDEX IF NOT EXISTS by_path ON member(path);"
    "CREATE INDEX IF NOT EXISTS link_by_path ON link(path);";
constexpr const char* kLastMail =
    "SELECT outer_number, inner_number FROM member WHERE path = ? AND replaces IS NOT NULL"
    " ORDER BY id DESC LIMIT 1";
// The last one of the name before the link: later members take the place of earlier ones. Unpacking
// does not make a link that stands before its member, but the mail is there. A link may lead to
// another one.
constexpr const char* kHardLinks =
    "SELECT link.path, link.target, member.outer_number, member.inner_number FROM link"
    " LEFT JOIN member ON member.id = coalesce((SELECT max(id) FROM member AS one"
    " WHERE one.path = link.target AND one.id <= link.before),"
    " (SELECT min(id) FROM member AS one WHERE one.path = link.target),"
    " (WITH RECURSIVE way(path, steps) AS (SELECT link.target, 0 UNION SELECT other.target,"
    " way.steps + 1 FROM way JOIN link AS other ON other.path = way.path AND other.hard = 1"
    " WHERE way.steps < 16)"
    " SELECT max(one.id) FROM way JOIN member AS one ON one.path = way.path))"
    " WHERE hard = 1 ORDER BY member.outer_number, member.inner_number, link.path";
// The last number is 2 for a link out of the container, also by way of others, 1 for one to what is
// in it. Everything below a directory is between its name with a slash and its name with a zero.
constexpr const char* kSymbolicLinks =
    "SELECT path, target, (WITH RECURSIVE way(path, place, steps) AS"
    " (SELECT link.target, link.place, 0 UNION SELECT other.target, other.place, way.steps + 1"
    " FROM way JOIN link AS other ON other.path = way.path AND other.hard = 0 AND way.place = 0"
    " WHERE way.steps < 16)"
    " SELECT max(CASE WHEN way.place <> 0 THEN 2 WHEN length(way.path) = 0"
    " OR EXISTS(SELECT 1 FROM member WHERE member.path = way.path"
    " OR (member.path > CAST(way.path || '/' AS BLOB)"
    " AND member.path < CAST(way.path || '0' AS BLOB)))"
    " OR EXISTS(SELECT 1 FROM link AS other WHERE other.path = way.path AND other.hard = 1)"
    " THEN 1 ELSE 0 END) FROM way)"
    " FROM link WHERE hard = 0 ORDER BY path";

struct LinkTarget {
  std::string path;
  MemberLinks::Place place = MemberLinks::Place::inside;
};

LinkTarget resolve(const std::string& link, std::string_view text) {
  LinkTarget target;
  target.path = parent_path(link);
  std::string_view rest = text;
  bool is_outside = text.starts_with('/');
  while (!rest.empty() && !is_outside) {
    const std::string_view segment = rest.substr(0, rest.find('/'));
    rest.remove_prefix(std::min(rest.size(), segment.size() + 1));
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      target.path = join_path(target.path, segment);
    } else {
      is_outside = target.path.empty();
      target.path = parent_path(target.path);
    }
  }
  if (is_outside) target = {std::string(text), MemberLinks::Place::outside};
  return target;
}

}  // namespace

Result<void> MemberLinks::open() {
  if (database_.is_open()) return ok();
  MBOXFERRY_TRY(database_.open(kCreateMembers));
  MBOXFERRY_ASSIGN(insert_member_, database_.prepare("INSERT INTO member VALUES(?, ?, ?, ?, ?)"));
  MBOXFERRY_ASSIGN(insert_link_, database_.prepare("INSERT INTO link VALUES(?, ?, ?, ?, ?)"));
  return ok();
}

Result<void> MemberLinks::add_member(const std::string& path, MemberPosition position,
                                     const std::string& replaces) {
  MBOXFERRY_TRY(open());
  may_have_replaced_ = may_have_replaced_ || !replaces.empty();
  bind_number(insert_member_.get(), 1, ++members_);
  bind_bytes(insert_member_.get(), 2, path);
  bind_number(insert_member_.get(), 3, position.outer);
  bind_number(insert_member_.get(), 4, position.inner);
  if (replaces.empty()) {
    sqlite3_bind_null(insert_member_.get(), 5);
  } else {
    bind_bytes(insert_member_.get(), 5, replaces);
  }
  return database_.insert(insert_member_.get());
}

Result<void> MemberLinks::add_link(bool hard, const std::string& path, std::string_view target,
                                   Place place) {
  MBOXFERRY_TRY(open());
  has_links_ = true;
  bind_number(insert_link_.get(), 1, hard ? 1 : 0);
  bind_bytes(insert_link_.get(), 2, path);
  bind_bytes(insert_link_.get(), 3, target);
  bind_number(insert_link_.get(), 4, static_cast<std::uint64_t>(place));
  bind_number(insert_link_.get(), 5, members_);
  return database_.insert(insert_link_.get());
}

// Zero when there is none.
Result<MemberPosition> MemberLinks::last_mail_of(const std::string& path) {
  MBOXFERRY_ASSIGN(const Statement last, database_.prepare(kLastMail));
  bind_bytes(last.get(), 1, path);
  const int status = sqlite3_step(last.get());
  if (status == SQLITE_DONE) return MemberPosition{};
  if (status != SQLITE_ROW) return database_.failed();
  return MemberPosition{number_of(last.get(), 0), number_of(last.get(), 1)};
}

Result<void> MemberLinks::replace_by_link(const std::string& path, const std::string& target,
                                          const std::string& replaces) {
  if (members_ == 0) return ok();
  MBOXFERRY_TRY(database_.run(kIndexMembers));
  MBOXFERRY_ASSIGN(const MemberPosition before, last_mail_of(path));
  MBOXFERRY_ASSIGN(const MemberPosition now, last_mail_of(target));
  const MemberPosition none{};
  return before == none || now == none || before == now ? ok() : add_member(path, now, replaces);
}

Result<void> MemberLinks::add_hard_link(const std::string& path, const std::string& target) {
  return add_link(true, path, target, Place::inside);
}

Result<void> MemberLinks::add_symbolic_link(const std::string& path, std::string_view target) {
  const LinkTarget resolved = resolve(path, target);
  return add_link(false, path, resolved.path, resolved.place);
}

Result<void> MemberLinks::each_hard_link(const HardVisitor& visit) {
  if (!has_links_) return ok();
  MBOXFERRY_TRY(database_.run(kIndexMembers));
  MBOXFERRY_ASSIGN(const Statement links, database_.prepare(kHardLinks));
  for (;;) {
    const int status = sqlite3_step(links.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return database_.failed();
    MemberLink link{bytes_of(links.get(), 0), bytes_of(links.get(), 1), {}};
    link.position = {number_of(links.get(), 2), number_of(links.get(), 3)};
    MBOXFERRY_TRY(visit(link));
  }
}

Result<void> MemberLinks::each_symbolic_link(const SymbolicVisitor& visit) {
  if (!has_links_) return ok();
  MBOXFERRY_TRY(database_.run(kIndexMembers));
  MBOXFERRY_ASSIGN(const Statement links, database_.prepare(kSymbolicLinks));
  for (;;) {
    const int status = sqlite3_step(links.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return database_.failed();
    const MemberLink link{bytes_of(links.get(), 0), bytes_of(links.get(), 1), {}};
    constexpr std::array<Place, 3> kPlaces{Place::nowhere, Place::inside, Place::outside};
    visit(link, kPlaces[number_of(links.get(), 2) % kPlaces.size()]);
  }
}

}  // namespace mboxferry::archive
