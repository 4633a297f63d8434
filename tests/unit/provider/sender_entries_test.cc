// SPDX-License-Identifier: Apache-2.0
// Merging lists of senders.
#include "mboxferry/provider/sender_entries.h"

#include <catch2/catch.hpp>

using namespace mboxferry::provider;

TEST_CASE("entries are compared without regard to case, blanks and the form of a domain") {
  CHECK(compared_entry(" Toto*@B\xc3\xbc"
                       "cher.Example ") == "toto*@xn--bcher-kva.example");
  CHECK(compared_entry("xn--bcher-kva.example") == compared_entry("B\xc3\xbc"
                                                                  "cher.example"));
  CHECK(compared_entry("").empty());
  CHECK(compared_entry("*@*.x") == "*@*.x");
}

TEST_CASE("what a mailbox has keeps its place and spelling") {
  const SenderEntries now{{"A@x"}, {"C@x", "b@x", "b@x"}};
  const SenderMerge merge = merge_senders(now, {}, {{}, {"B@X", "new@x", "NEW@x"}});
  CHECK(merge.result == SenderEntries{{"A@x"}, {"C@x", "b@x", "b@x", "new@x"}});
  CHECK(merge.added == SenderEntries{{}, {"new@x"}});
  CHECK(merge.removed.empty());
}

TEST_CASE("only what is ours goes") {
  const SenderEntries now{{"a@x"}, {"b@x", "c@x"}};
  const SenderMerge merge = merge_senders(now, {{"gone@x"}, {"B@x"}}, {{}, {"d@x"}});
  CHECK(merge.removed == SenderEntries{{}, {"b@x"}});
  CHECK(merge.result == SenderEntries{{"a@x"}, {"c@x", "d@x"}});
  CHECK(!merge_senders(now, {{}, {"b@x"}}, {{}, {"b@x"}}).changes());
}

TEST_CASE("what is on the other list is left out, unless it goes from there") {
  const SenderEntries now{{"a@x"}, {}};
  const SenderMerge left = merge_senders(now, {}, {{}, {"A@x"}});
  CHECK(!left.changes());
  CHECK(left.conflicts == SenderEntries{{}, {"A@x"}});
  const SenderMerge moved = merge_senders(now, now, {{}, {"a@x"}});
  CHECK(moved.result == SenderEntries{{}, {"a@x"}});
  CHECK(moved.conflicts.empty());
}

TEST_CASE("sets of entries") {
  const SenderEntries a{{"x@y"}, {"p@q"}};
  const SenderEntries b{{}, {"P@q", "r@s"}};
  CHECK(without(a, b) == SenderEntries{{"x@y"}, {}});
  CHECK(in_both(a, b) == SenderEntries{{}, {"p@q"}});
  CHECK(joined(a, b) == SenderEntries{{"x@y"}, {"p@q", "r@s"}});
}
