// SPDX-License-Identifier: Apache-2.0
// Messages of Apple Mail that lie in their folder whole and without their attachments.
#include <string>

#include "archive/message_table.h"

namespace mboxferry::archive {
namespace {

constexpr const char* kFindPartial =
    "CREATE INDEX whole_by_name ON incoming(list, name);"
    "CREATE TABLE partial AS SELECT rowid AS row, list, name FROM incoming"
    " WHERE whole_name IS NOT NULL AND EXISTS(SELECT 1 FROM incoming AS whole"
    " WHERE whole.list = incoming.list AND whole.name = incoming.whole_name"
    " AND whole.header = incoming.header);"
    "DROP INDEX whole_by_name;"
    "DELETE FROM incoming WHERE rowid IN (SELECT row FROM partial);";
constexpr const char* kPartial = "SELECT list, name FROM partial ORDER BY list, name";

}  // namespace

Result<void> MessageTable::drop_partial_forms(const Visit& visit) {
  if (!has_partial_forms_) return ok();
  MBOXFERRY_TRY(database_.run(kFindPartial));
  MBOXFERRY_ASSIGN(const Statement dropped, database_.prepare(kPartial));
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(dropped.get())) == SQLITE_ROW)
    visit(sqlite3_column_int64(dropped.get(), 0), bytes_of(dropped.get(), 1));
  return status == SQLITE_DONE ? ok() : Result<void>(database_.failed());
}

}  // namespace mboxferry::archive
