// SPDX-License-Identifier: Apache-2.0
// Whether a later member of an archive holds what the earlier ones hold that it replaces
// (docs/decisions/0056-what-else-holds-mail.md).
#include <limits>
#include <string>

#include "archive/member_links.h"
#include "archive/running_digest.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kFindReplaced =
    "CREATE INDEX by_replaces ON member(replaces) WHERE replaces IS NOT NULL;"
    "CREATE TABLE replaced AS SELECT old.id AS id, old.path AS path,"
    " old.outer_number AS outer_number, old.inner_number AS inner_number,"
    " later.outer_number AS later_outer, later.inner_number AS later_inner,"
    " old.path = later.path AS same_path,"
    " substr(old.replaces, 1, 1) = x'01' AS in_zip FROM member AS old"
    " JOIN member AS later ON later.id = (SELECT max(id) FROM member AS one"
    " WHERE one.replaces = old.replaces AND (one.outer_number = old.outer_number OR"
    " (one.inner_number = 0 AND old.inner_number = 0)))"
    " WHERE old.replaces IS NOT NULL AND later.id > old.id;"
    "CREATE INDEX by_old ON replaced(outer_number, inner_number);"
    "CREATE INDEX by_later ON replaced(later_outer, later_inner);"
    "CREATE TABLE place AS SELECT outer_number, inner_number FROM replaced"
    " UNION SELECT later_outer, later_inner FROM replaced;"
    "CREATE TABLE content(id INTEGER PRIMARY KEY, length INTEGER, digest BLOB);"
    "CREATE TABLE beginning(id INTEGER PRIMARY KEY, is_whole INTEGER);";
constexpr const char* kComparedPlaces =
    "SELECT outer_number, inner_number FROM place ORDER BY outer_number, inner_number";
// Those that the member here replaces, and that were read.
constexpr const char* kOldOnes =
    "SELECT content.id, length, digest FROM replaced JOIN content ON content.id = replaced.id"
    " WHERE later_outer = ?1 AND later_inner = ?2 ORDER BY length";
constexpr const char* kAddContent =
    "INSERT OR REPLACE INTO content SELECT id, ?3, ?4 FROM replaced"
    " WHERE outer_number = ?1 AND inner_number = ?2";
constexpr const char* kMarkWholeOnes =
    "UPDATE beginning SET is_whole = 1 WHERE id IN (SELECT content.id FROM replaced"
    " JOIN content ON content.id = replaced.id"
    " WHERE later_outer = ?1 AND later_inner = ?2 AND length = ?3)";
// A delivery under other flags is another message unless it is the same to its end.
constexpr const char* kReplaced =
    "SELECT path, outer_number, inner_number, same_path,"
    " beginning.id IS NOT NULL AND (same_path OR is_whole),"
    " later_outer, later_inner, in_zip, coalesce(content.length, 0) FROM replaced"
    " LEFT JOIN content ON content.id = replaced.id"
    " LEFT JOIN beginning ON beginning.id = replaced.id ORDER BY replaced.id";

}  // namespace

// First against those that it replaces, at their lengths, and then for those that replace it.
Result<void> MemberLinks::compare_at(MemberPosition position, InputStream& bytes) {
  RunningDigest digest;
  std::uint64_t done = 0;
  MBOXFERRY_ASSIGN(const Statement mark, database_.prepare("INSERT INTO beginning VALUES(?, 0)"));
  MBOXFERRY_ASSIGN(const Statement old, database_.prepare(kOldOnes));
  bind_number(old.get(), 1, position.outer);
  bind_number(old.get(), 2, position.inner);
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(old.get())) == SQLITE_ROW) {
    const std::uint64_t length = number_of(old.get(), 1);
    MBOXFERRY_ASSIGN(done, digest_up_to(bytes, length, done, digest));
    MBOXFERRY_ASSIGN(const std::string value, digest.value());
    if (done != length || value != bytes_of(old.get(), 2)) continue;
    bind_number(mark.get(), 1, number_of(old.get(), 0));
    MBOXFERRY_TRY(database_.insert(mark.get()));
  }
  if (status != SQLITE_DONE) return database_.failed();
  MBOXFERRY_ASSIGN(done,
                   digest_up_to(bytes, std::numeric_limits<std::uint64_t>::max(), done, digest));
  MBOXFERRY_ASSIGN(const Statement whole, database_.prepare(kMarkWholeOnes));
  bind_number(whole.get(), 1, position.outer);
  bind_number(whole.get(), 2, position.inner);
  bind_number(whole.get(), 3, done);
  MBOXFERRY_TRY(database_.insert(whole.get()));
  MBOXFERRY_ASSIGN(const std::string value, digest.value());
  MBOXFERRY_ASSIGN(const Statement add, database_.prepare(kAddContent));
  bind_number(add.get(), 1, position.outer);
  bind_number(add.get(), 2, position.inner);
  bind_number(add.get(), 3, done);
  bind_bytes(add.get(), 4, value);
  return database_.insert(add.get());
}

Result<void> MemberLinks::compare_replaced(const MemberBytes& bytes) {
  if (!may_have_replaced_) return ok();
  MBOXFERRY_TRY(database_.run(kFindReplaced));
  MBOXFERRY_ASSIGN(const Statement places, database_.prepare(kComparedPlaces));
  for (;;) {
    const int status = sqlite3_step(places.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return database_.failed();
    const MemberPosition position{number_of(places.get(), 0), number_of(places.get(), 1)};
    const auto stream = bytes(position);
    // What cannot be read is not the beginning of anything.
    const auto compared = stream ? compare_at(position, **stream) : Result<void>(stream.error());
    if (!compared && compared.error().code != ErrorCode::not_mail) return compared;
  }
}

Result<void> MemberLinks::each_replaced(const ReplacedVisitor& visit) {
  if (!may_have_replaced_) return ok();
  MBOXFERRY_ASSIGN(const Statement replaced, database_.prepare(kReplaced));
  for (;;) {
    const int status = sqlite3_step(replaced.get());
    if (status == SQLITE_DONE) return ok();
    if (status != SQLITE_ROW) return database_.failed();
    ReplacedMember member;
    member.path = bytes_of(replaced.get(), 0);
    member.position = {number_of(replaced.get(), 1), number_of(replaced.get(), 2)};
    member.has_same_path = number_of(replaced.get(), 3) != 0;
    member.is_beginning = number_of(replaced.get(), 4) != 0;
    member.later = {number_of(replaced.get(), 5), number_of(replaced.get(), 6)};
    member.is_in_zip = number_of(replaced.get(), 7) != 0;
    member.bytes = number_of(replaced.get(), 8);
    MBOXFERRY_TRY(visit(member));
  }
}

}  // namespace mboxferry::archive
