// SPDX-License-Identifier: Apache-2.0
// The paths of archives, whatever is in them.
#include "unit/journal/journal_fixture.h"

using namespace mboxferry::journal;

TEST_CASE("paths of archives come back as they were, one a line") {
  const std::vector<std::string> paths{"/a b", "/two\nlines",       "\\n", "/x\\ny", "/\n\\\n",
                                       "",     "/tab\tand\rreturn", "\n"};
  const std::string lines = archive_lines(paths);
  CHECK(std::count(lines.begin(), lines.end(), '\n') == 8);
  CHECK(archive_paths(lines) == paths);
  CHECK(archive_paths("").empty());
  // As journals have them since the first format.
  CHECK(archive_lines({"/a", "/b\\c"}) == "/a\n/b\\c\n");
}
