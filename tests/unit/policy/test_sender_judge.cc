// SPDX-License-Identifier: Apache-2.0
// Which addresses of a message count, which list decides, and what authentication changes.
#include <catch2/catch.hpp>

#include "mboxferry/base/glob.h"
#include "unit/policy/policy_test_support.h"

namespace mboxferry::policy {
namespace {

using testing::load;
using testing::verdict_of;

TEST_CASE("the examples of users") {
  const auto lists =
      load("*@the-spam-domain.xyz\ntoto*@the-spam-domain.com\n*@*sub-spam.xyz\n*@*spam-word*\n")
          .lists;
  CHECK(verdict_of(lists, "From: a@the-spam-domain.xyz\n\n") == "block 1 *@the-spam-domain.xyz");
  CHECK(verdict_of(lists, "From: a@mail.the-spam-domain.xyz\n\n") == "none");
  CHECK(verdict_of(lists, "From: Toto12@The-Spam-Domain.com\n\n") ==
        "block 2 toto*@the-spam-domain.com");
  CHECK(verdict_of(lists, "From: a@sub-spam.xyz\n\n") == "block 3 *@*sub-spam.xyz");
  CHECK(verdict_of(lists, "From: a@b.sub-spam.xyz\n\n") == "block 3 *@*sub-spam.xyz");
  CHECK(verdict_of(lists, "From: a@xspam-wordy.example\n\n") == "block 4 *@*spam-word*");
  CHECK(verdict_of(lists, "From: spam-word@x.example\n\n") == "none");
}

TEST_CASE("names, comments and encoded words never decide") {
  const auto lists = load("[allow]\nceo@bank.example\n[block]\nb@y.example\n").lists;
  for (const char* from :
       {"\"ceo@bank.example\" <x@evil.example>", "ceo@bank.example <x@evil.example>",
        "=?utf-8?q?ceo=40bank=2Eexample?= <x@evil.example>", "=?utf-8?q?ceo=40bank=2Eexample?=",
        "(c b@y.example) a@x.example", "b@y.example: c@x.example;", "<>", ""}) {
    INFO(from);
    CHECK(verdict_of(lists, std::string("From: ") + from + "\n\n") == "none");
  }
  CHECK(verdict_of(lists, "From: ceo@bank.example (Chief)\n\n") == "allow 2 ceo@bank.example");
}

TEST_CASE("any address blocks, and every address of one From field is needed to allow") {
  const auto lists = load("[allow]\n*@good.example\n[block]\n*@bad.example\n").lists;
  CHECK(verdict_of(lists, "From: a@good.example\n\n") == "allow 2 *@good.example");
  CHECK(verdict_of(lists, "From: a@good.example, b@good.example\n\n") == "allow 2 *@good.example");
  CHECK(verdict_of(lists, "From: g: a@good.example, b@bad.example;\n\n") ==
        "block 4 *@bad.example");
  CHECK(verdict_of(lists, "From: a@good.example, b@other.example\n\n") == "none");
  CHECK(verdict_of(lists, "From: a@good.example\nFrom: b@good.example\n\n") == "none");
  CHECK(verdict_of(lists, "From: a@good.example b@good.example\n\n") == "none");
  CHECK(verdict_of(lists, "From: <a@good.example\n\n") == "none");
  CHECK(verdict_of(lists, "From: x@x.example\nReturn-Path: <b@bad.example>\n\n") ==
        "block 4 *@bad.example");
  CHECK(verdict_of(lists, "From: x@x.example\nReturn-Path: <a@good.example>\n\n") == "none");
  CHECK(verdict_of(lists, "Return-Path: <b@bad.example>\n\n") == "block 4 *@bad.example");
  CHECK(verdict_of(lists, std::string("From: b@bad.exam\0ple\n\n", 22)) == "block 4 *@bad.example");
  CHECK(verdict_of(lists, std::string("From: a@good.exam\0ple\n\n", 23)) == "none");
  // The same sender twice: the From address allows before the Return-Path blocks.
  CHECK(verdict_of(lists, "From: a@good.example\nReturn-Path: <b@bad.example>\n\n") ==
        "allow 2 *@good.example");
}

TEST_CASE("Sender counts on request, and the From_ line as the last resort") {
  const auto lists = load("*@bad.example\n[allow]\n*@good.example\n").lists;
  const std::string header = "From: a@x.example\nSender: b@bad.example\n\n";
  CHECK(verdict_of(lists, header) == "none");
  JudgeOptions options;
  options.sender_field = true;
  CHECK(verdict_of(lists, header, options) == "block 1 *@bad.example");
  CHECK(verdict_of(lists, "From: a@x.example\n\n", {}, "b@bad.example") == "none");
  CHECK(verdict_of(lists, "Subject: x\n\n", {}, "b@bad.example") == "block 1 *@bad.example");
  CHECK(verdict_of(lists, "Subject: x\n\n", {}, "b@good.example") == "none");
  SenderJudge judge(lists, {});
  CHECK(judge.judge(testing::fields_of("From: <>\n\n"), "b@bad.example").by_from_line);
  CHECK_FALSE(judge.judge(testing::fields_of("From: c@bad.example\n\n"), "x@x").by_from_line);
  REQUIRE(judge.address_count() == 1);
  CHECK(judge.address(0) == "c@bad.example");
}

TEST_CASE("account lists are asked before global ones, and allow before block") {
  const auto lists = load("*@a.example\n[allow]\nfriend@a.example\nfriend@b.example\n", {},
                          "*@b.example\n*@c.example\n[allow]\n*@a.example\n*@c.example\n")
                         .lists;
  const auto verdict = [&](const char* address, bool block_wins) {
    JudgeOptions options;
    options.block_wins = block_wins;
    return verdict_of(lists, std::string("From: ") + address + "\n\n", options);
  };
  CHECK(verdict("friend@a.example", false) == "allow 3 friend@a.example");
  CHECK(verdict("x@a.example", false) == "block 1 *@a.example");
  CHECK(verdict("friend@b.example", false) == "allow 4 friend@b.example");
  CHECK(verdict("x@c.example", false) == "allow 5 *@c.example");
  CHECK(verdict("friend@a.example", true) == "block 1 *@a.example");
  CHECK(verdict("friend@b.example", true) == "block 1 *@b.example");
  CHECK(verdict("x@c.example", true) == "block 2 *@c.example");
}

TEST_CASE("international domains are the same in both spellings") {
  for (const char* entry : {"*@b\u00fccher.example", "*@xn--bcher-kva.example",
                            "*@B\u00dcCHER.example.", "*@*\u00fccher.example"}) {
    INFO(entry);
    const auto lists = load(entry).lists;
    CHECK(verdict_of(lists, "From: a@b\u00fccher.example\n\n") != "none");
    CHECK(verdict_of(lists, "From: a@XN--bcher-kva.example\n\n") != "none");
    CHECK(verdict_of(lists, "From: a@bucher.example\n\n") == "none");
  }
}

TEST_CASE("the first entry in the files is the one that is told") {
  const auto lists = load("a*@x.example\n*@x.example\nab@x.example\n*b@x.example\n").lists;
  CHECK(verdict_of(lists, "From: ab@x.example\n\n") == "block 1 a*@x.example");
  CHECK(verdict_of(lists, "From: b@x.example\n\n") == "block 2 *@x.example");
}

TEST_CASE("an allow that needs authentication counts with an aligned pass of that server only") {
  const auto lists = load("[allow]\n*@good.example\n").lists;
  JudgeOptions options;
  options.authserv_id = "mx.example.net";
  const auto verdict = [&](const std::string& results) {
    return verdict_of(lists, results + "From: a@good.example\n\n", options);
  };
  const std::string allowed = "allow 2 *@good.example";
  const std::string ours = "Authentication-Results: mx.example.net; ";
  CHECK(verdict("") == "none");
  CHECK(verdict(ours + "dmarc=pass header.from=good.example\n") == allowed);
  CHECK(verdict(ours + "spf=pass smtp.mailfrom=x@y.example;\n dmarc=pass (p=NONE; sp=\\) (x))\n"
                       " header.from=Good.Example\n") == allowed);
  CHECK(verdict("Authentication-Results: MX.example.net 1; dmarc / 1 = pass reason=\"a;b\" "
                "header . from = \"good.example\"\n") == allowed);
  CHECK(verdict(
            "authentication-results: mx.example.net(c); dmarc=pass header.from=a@good.example\n") ==
        allowed);
  CHECK(verdict(ours + "dmarc=pass\n") == "none");
  CHECK(verdict(ours + "dmarc=fail header.from=good.example\n") == "none");
  CHECK(verdict(ours + "dmarc=pass header.from=other.example\n") == "none");
  CHECK(verdict(ours + "dmarc=pass header.from=sub.good.example\n") == "none");
  CHECK(verdict(ours +
                "dmarc=pass header.from=good.example; dmarc=fail header.from=good.example\n") ==
        "none");
  CHECK(verdict(ours + "spf=pass (dmarc=pass header.from=good.example)\n") == "none");
  CHECK(verdict(ours + "spf=fail reason=\"; dmarc=pass header.from=good.example\"\n") == "none");
  CHECK(verdict(ours + "(open dmarc=pass header.from=good.example\n") == "none");
  CHECK(verdict("Authentication-Results: forged.example; dmarc=pass header.from=good.example\n") ==
        "none");
  // The topmost field of the server counts, and others before it do not matter.
  CHECK(verdict("Authentication-Results: inner.example; none\n" + ours +
                "dmarc=pass header.from=good.example\n") == allowed);
  CHECK(verdict(ours + "dmarc=fail header.from=good.example\n" + ours +
                "dmarc=pass header.from=good.example\n") == "none");
}

TEST_CASE("entries that count for proven senders only") {
  const auto lists = load("[allow authenticated]\n*@good.example\n").lists;
  const std::string header =
      "Authentication-Results: mx.example.net; dmarc=pass header.from=good.example\n"
      "From: a@good.example\n\n";
  CHECK(verdict_of(lists, header) == "none");
  JudgeOptions options;
  options.authserv_id = "mx.example.net";
  CHECK(verdict_of(lists, header, options) == "allow 2 *@good.example");
  SenderJudge judge(lists, options);
  CHECK(judge.judge(testing::fields_of("From: a@good.example\n\n"), "") == Verdict{});
  CHECK(judge.lacked_authentication());
}

TEST_CASE("the corpus of patterns and addresses") {
  std::ifstream file(testing::corpora() + "/senders/glob-vectors.dev.tsv");
  if (!file) {
    WARN("skipped: no patterns");
    return;
  }
  int compared = 0;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const auto columns = testing::columns_of(line);
    REQUIRE(columns.size() == 3);
    INFO(line);
    const auto loaded = load(columns[0], {true});
    CHECK(loaded.mistakes.empty());
    const bool matched = verdict_of(loaded.lists, "From: " + columns[1] + "\n\n") != "none";
    CHECK(matched == (columns[2] == "yes"));
    ++compared;
  }
  CHECK(compared > 5);
}

TEST_CASE("the corpus of From fields") {
  std::ifstream file(testing::corpora() + "/senders/from-cases.dev.tsv");
  if (!file) {
    WARN("skipped: no From fields");
    return;
  }
  int compared = 0;
  for (std::string line; std::getline(file, line);) {
    const auto columns = testing::columns_of(line);
    REQUIRE(columns.size() == 3);
    INFO(line);
    const std::size_t blank = columns[1].find(' ');
    const auto loaded =
        load("[" + columns[1].substr(0, blank) + "]\n" + columns[1].substr(blank + 1), {true});
    CHECK(loaded.mistakes.empty());
    const bool matched = verdict_of(loaded.lists, columns[0] + "\n\n") != "none";
    CHECK(matched == (columns[2] == "yes"));
    ++compared;
  }
  CHECK(compared > 5);
}

TEST_CASE("the corpus of mail: SpamAssassin's and rspamd's") {
  const std::string folder = testing::corpora() + "/senders/";
  if (!std::ifstream(folder + "MANIFEST.tsv")) {
    WARN("skipped: no mail");
    return;
  }
  const auto lists = load("[allow]\nbaz@example.com\n").lists;
  CHECK(verdict_of(lists, testing::content_of(folder + "apache-spamassassin--008")) ==
        "allow 2 baz@example.com");
  CHECK(verdict_of(lists, testing::content_of(folder + "apache-spamassassin--010")) == "none");
  CHECK(verdict_of(lists, testing::content_of(folder + "apache-spamassassin--012")) == "none");
  const std::string unix_mail =
      testing::content_of(folder + "rspamd-rspamd--aliases_from_unix.eml");
  CHECK(verdict_of(load("abuse@example.com").lists, unix_mail) == "block 1 abuse@example.com");
  const auto plus = load("user@example.com\nsender+*@external.com\n").lists;
  const std::string plus_mail = testing::content_of(folder + "rspamd-rspamd--aliases_plus.eml");
  CHECK(verdict_of(plus, plus_mail) == "none");
  CHECK(verdict_of(plus, "From: user+tag@example.com\n\n") == "none");
  CHECK(verdict_of(plus, "From: sender+tag@external.com\n\n") == "block 2 sender+*@external.com");
}

}  // namespace
}  // namespace mboxferry::policy
