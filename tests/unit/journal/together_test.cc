// SPDX-License-Identifier: Apache-2.0
// Several writes as one.
#include "unit/journal/journal_fixture.h"

using namespace mboxferry;
using namespace mboxferry::journal;

TEST_CASE("what is written together is there, also after reopening") {
  Fixture f;
  FolderRow folder = value(f.journal->folders()).at(0);
  done(f.journal->together([&]() -> Result<void> {
    MBOXFERRY_TRY(f.journal->set_note("one", "1"));
    folder.index_state = "further";
    MBOXFERRY_TRY(f.journal->update_folder(folder));
    const auto added = f.journal->add_mailbox({.name = "More"});
    return added ? ok() : Result<void>(added.error());
  }));
  f.reopen();
  CHECK(value(f.journal->note("one")) == "1");
  CHECK(value(f.journal->folders()).at(0).index_state == "further");
  CHECK(value(f.journal->mailboxes()).size() == 2);
}

TEST_CASE("of what is written together nothing stays when a part fails") {
  Fixture f;
  done(f.journal->set_note("before", "old"));
  const auto written = f.journal->together([&]() -> Result<void> {
    MBOXFERRY_TRY(f.journal->set_note("before", "new"));
    FolderRow folder = value(f.journal->folders()).at(0);
    folder.index_state = "further";
    MBOXFERRY_TRY(f.journal->update_folder(folder));
    return Error{ErrorCode::io, "enough", ""};
  });
  CHECK(failure(written).what == "enough");
  CHECK(value(f.journal->note("before")) == "old");
  CHECK(value(f.journal->folders()).at(0).index_state.empty());
  f.add_samples(3);
  f.reopen();
  CHECK(value(f.journal->counts(f.mailbox)).planned.messages == 3);
}
