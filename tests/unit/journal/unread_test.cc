// SPDX-License-Identifier: Apache-2.0
// The parts of archives that were not read.
#include <fmt/format.h>

#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

namespace {

std::string listed(const Journal& journal) {
  std::string text;
  done(journal.each_unread([&](const UnreadRow& row) {
    text +=
        fmt::format("{} {}@{}+{} {}\n", row.folder, row.path, row.offset, row.bytes, row.reason);
    return ok();
  }));
  return text;
}

void add_finding(Fixture& f, const Finding& finding) {
  std::vector<MessageRow> none;
  FolderRow folder = value(f.journal->folders()).front();
  done(f.journal->add_indexed(folder, none, std::vector<Finding>{finding}));
}

}  // namespace

TEST_CASE("each run tells what its opening found, and no part is there twice") {
  Fixture f;
  const FolderRow folder = value(f.journal->folders()).front();
  for (int run = 0; run < 2; ++run) {
    done(f.journal->begin_unread());
    done(f.journal->add_unread({0, "a/link", 0, 0, "a link"}));
    done(f.journal->add_unread({0, "b.zip: x", 0, 120, "encrypted"}));
    add_finding(f, {folder.id, 7, "junk", "22 bytes belong to no message", false, 22});
    add_finding(f, {folder.id, 9, "bom", "no matter", false});
  }
  const std::string all = fmt::format(
      "0 a/link@0+0 a link\n0 b.zip: x@0+120 encrypted\n{} {}@7+22 22 bytes belong to no message\n",
      folder.id, folder.file);
  CHECK(listed(*f.journal) == all);
  f.reopen();
  CHECK(listed(*f.journal) == all);
  CHECK(value(f.journal->unread()).messages == 3);
  CHECK(value(f.journal->unread()).bytes == 142);
  done(f.journal->begin_unread());
  CHECK(value(f.journal->unread()).messages == 1);
}

TEST_CASE("a folder that is read again from somewhere forgets what follows") {
  Fixture f;
  const FolderId folder = value(f.journal->folders()).front().id;
  add_finding(f, {folder, 7, "junk", "22 bytes", false, 22});
  add_finding(f, {folder, 5000, "damaged", "cut", false, 0});
  done(f.journal->forget_unread(folder, 5000));
  CHECK(value(f.journal->unread()).messages == 1);
  done(f.journal->forget_unread(folder + 1, 0));
  CHECK(value(f.journal->unread()).messages == 1);
}

TEST_CASE("many unread parts come in order, page by page, also those of one place") {
  Fixture f;
  done(f.journal->together([&]() -> Result<void> {
    for (int i = 0; i < 1300; ++i) {
      const std::string member = fmt::format("member {:04}", i);
      for (const char* reason : {"encrypted", "cut", "junk"})
        done(f.journal->add_unread({0, member, 0, 1, reason}));
    }
    return ok();
  }));
  int next = 0;
  done(f.journal->each_unread([&](const UnreadRow& row) {
    CHECK(row.path == fmt::format("member {:04}", next++ / 3));
    return ok();
  }));
  CHECK(next == 3900);
}

TEST_CASE("an unread part whose place is no number ends the list with an error") {
  Fixture f;
  done(f.journal->add_unread({0, "a", 0, 1, "encrypted"}));
  f.journal.reset();
  for (const char* forged :
       {"UPDATE unread SET offset = 'text'", "UPDATE unread SET offset = 0, path = x'00'"}) {
    run_sql(f.path(), forged);
    f.reopen();
    int seen = 0;
    const auto walked = f.journal->each_unread([&](const UnreadRow&) {
      ++seen;
      return ok();
    });
    CHECK(seen <= 1);
    CHECK(failure(walked).what.find("has no place in its archive") != std::string::npos);
    f.journal.reset();
  }
}
