// SPDX-License-Identifier: Apache-2.0
// List files: what is an entry, every mistake with its line, and what is told about entries.
#include <algorithm>
#include <catch2/catch.hpp>
#include <fstream>

#include "unit/policy/policy_test_support.h"

namespace mboxferry::policy {
namespace {

using testing::load;
using testing::texts_of;
using Texts = std::vector<std::string>;

std::string pattern_of(const std::string& text) {
  const LoadedLists loaded = load(text);
  if (!loaded.mistakes.empty()) return loaded.mistakes.front().text;
  return loaded.lists.size() == 1 ? std::string(loaded.lists.entry(0).pattern) : "?";
}

bool has(const Texts& texts, const std::string& part) {
  return std::any_of(texts.begin(), texts.end(),
                     [&](const std::string& text) { return text.find(part) != std::string::npos; });
}

TEST_CASE("entries are compared in one form") {
  CHECK(pattern_of("  A.B@X.Example \t") == "a.b@x.example");
  CHECK(pattern_of("a@x.example.") == "a@x.example");
  CHECK(pattern_of("x.example") == "*@x.example");
  CHECK(pattern_of("@x.example") == "*@x.example");
  CHECK(pattern_of("**@*x.example") == "*@*x.example");
  CHECK(pattern_of("\"a.b\"@x.example") == "a.b@x.example");
  CHECK(pattern_of("\"A B\"@x.example") == "\"a b\"@x.example");
  CHECK(pattern_of("a@[192.0.2.1]") == "a@[192.0.2.1]");
  CHECK(pattern_of("*.bit.ly") == "*.bit.ly");
  CHECK(pattern_of("a@B\u00fccher.example") == "a@xn--bcher-kva.example");
  CHECK(pattern_of("a@xn--BCHER-kva.example") == "a@xn--bcher-kva.example");
  CHECK(pattern_of("*@*.b\u00fccher.example") == "*@*.xn--bcher-kva.example");
  CHECK(pattern_of("*@*B\u00dccher.example") == "*@*b\u00fccher.example");
  CHECK(pattern_of("b\u00fccher.example") == "*@xn--bcher-kva.example");
  CHECK(pattern_of("a#b@x.example # a comment") == "a#b@x.example");
  CHECK(pattern_of("\"a #b\"@x.example") == "\"a #b\"@x.example");
}

TEST_CASE("a domain has no empty label, not even at its end") {
  for (const char* text : {"a@x..example", "a@x.example..", "x.example..", "*@*\u00fcx.example.."})
    CHECK(has({pattern_of(text)}, "two dots in a row"));
}

TEST_CASE("sections say what entries do") {
  const auto loaded = load(
      "\xEF\xBB\xBFz@x.example\r\n[ALLOW]\r\na@x.example\n\n# text\n"
      "[block]\nb@x.example\n[ allow authenticated ]\nc@x.example",
      {}, "g@x.example");
  CHECK(texts_of(loaded.mistakes) == Texts{});
  REQUIRE(loaded.lists.size() == 5);
  const auto described = [&](std::uint32_t number) {
    const ListEntry entry = loaded.lists.entry(number);
    return std::string(scope_name(entry.scope)) + " " + std::string(kind_name(entry.kind)) +
           (entry.authenticated ? " authenticated " : " ") + std::to_string(entry.line) + " " +
           std::string(entry.file);
  };
  CHECK(described(0) == "account block 1 account.list");
  CHECK(described(1) == "account allow 3 account.list");
  CHECK(described(2) == "account block 7 account.list");
  CHECK(described(3) == "account allow authenticated 9 account.list");
  CHECK(described(4) == "global block 1 global.list");
}

TEST_CASE("every mistake is told with its line in one pass") {
  const auto loaded = load(
      "good@x.example\n"
      "a@x.example, b@x.example\n"
      "<a@x.example>\n"
      "localhost\n"
      "a@b@x.example\n"
      "/^spam.*/\n"
      "a@\n"
      "a@x..example\n"
      ".example.com\n"
      "a@x.ex ample\n"
      "a@x!y.example\n"
      "\xff@x.example\n"
      "*@*\n"
      "\"open@x.example\n"
      "a\x01@x.example\n" +
      std::string(600, 'a') +
      "@x.example\n"
      "[unknown]\nnot read\n[block]\nalso.good@x.example\n");
  std::vector<std::uint64_t> lines;
  for (const ListRemark& mistake : loaded.mistakes) lines.push_back(mistake.line);
  CHECK(lines ==
        std::vector<std::uint64_t>{2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17});
  const Texts texts = texts_of(loaded.mistakes);
  CHECK(has(texts, "2: 'a@x.example, b@x.example' is more than one entry"));
  CHECK(has(texts, "4: 'localhost' is neither an address nor a domain"));
  CHECK(has(texts, "6: '/^spam.*/' is a regular expression"));
  CHECK(has(texts,
            "9: '.example.com' has a domain that begins with a dot; for all subdomains "
            "write *@*.example.com"));
  CHECK(has(texts, "13: '*@*' matches more than a public suffix; --allow-wide accepts it"));
  CHECK(has(texts, "17: 'unknown' is no section"));
}

TEST_CASE("characters that nobody sees, and other forms of @, are mistakes") {
  for (const char* entry : {"*@*spam.example\u00a0", "\u200bv@z.example", "w\uff20z.example",
                            "\"a\u00ad\"@z.example", "*@z\u2060.example"}) {
    INFO(entry);
    const LoadedLists loaded = load(entry);
    CHECK(loaded.lists.size() == 0);
    CHECK(has(texts_of(loaded.mistakes), "holds the character U+"));
  }
  CHECK(load("j\u00fcrgen@b\u00fccher.example\n").mistakes.empty());
}

TEST_CASE("a CR alone ends a line, and more of them before a line feed do not") {
  const LoadedLists loaded = load("# mine\r*@spam.example\rnone\r[allow]\ra@x.example");
  CHECK(loaded.lists.size() == 2);
  CHECK(loaded.lists.entry(1).line == 5);
  CHECK(texts_of(loaded.mistakes).size() == 1);
  CHECK(load("a@x.example\r\r\nb@x.example\r\n").lists.entry(1).line == 2);
}

TEST_CASE("entries that match too much need a word") {
  for (const char* wide : {"*", "*@*", "*@*.*", "*e*", "*@*ru", "*ru", "*@*co.uk", "?*@*", "*@*.c*",
                           "*@*.??", "*@*om"}) {
    INFO(wide);
    CHECK(has(texts_of(load(wide).mistakes), "more than a public suffix"));
    const auto accepted = load(wide, {true});
    CHECK(accepted.mistakes.empty());
    CHECK(accepted.lists.size() == 1);
  }
  for (const char* suffix : {"*@*.ru", "*.ru", "*@*.co.uk"}) {
    INFO(suffix);
    const auto loaded = load(suffix);
    CHECK(loaded.mistakes.empty());
    CHECK(has(texts_of(loaded.warnings), "matches everything below a public suffix"));
  }
  for (const char* normal :
       {"*@x.example", "*@*the-spam-domain*", "*@*mail.ru", "info@*", "*@*.the-spam-domain.xyz",
        "*@ru", "a*@*.ru", "*@*the-spam-domain.xyz", "*@*spamdomain"}) {
    INFO(normal);
    const auto loaded = load(normal);
    CHECK(texts_of(loaded.mistakes) == Texts{});
    CHECK(texts_of(loaded.warnings) == Texts{});
  }
}

TEST_CASE("what is superfluous is told, and so is what a domain means") {
  const auto loaded = load(
      "spam.example\n"
      "a@x.example\n"
      "A@X.EXAMPLE\n"
      "b@spam.example\n"
      "*@*.y.example\n"
      "c*@*.z.y.example\n"
      "[allow]\n"
      "a@x.example\n"
      "*@friend.example\n"
      "[block]\n"
      "d@friend.example\n");
  CHECK(texts_of(loaded.warnings) ==
        Texts{"1: 'spam.example' means *@spam.example; subdomains are not included "
              "(*@*.spam.example has them)",
              "3: 'A@X.EXAMPLE' is there twice: line 2 has it",
              "8: 'a@x.example' is on both lists: line 2 has it in [block] of the account lists",
              "4: 'b@spam.example' is covered by 'spam.example' (line 1)",
              "6: 'c*@*.z.y.example' is covered by '*@*.y.example' (line 5)",
              "11: 'd@friend.example' is covered by '*@friend.example' in [allow] (line 9), which "
              "is asked first"});
  REQUIRE(loaded.lists.covered_by(3) != nullptr);
  CHECK(*loaded.lists.covered_by(3) == 0);
  CHECK(loaded.lists.covered_by(0) == nullptr);
}

TEST_CASE("remarks about a file are bounded") {
  std::string text;
  for (int i = 0; i < 5'000; ++i) text += "no entry\n";
  const auto loaded = load(text);
  REQUIRE(loaded.mistakes.size() == 1'001);
  CHECK(loaded.mistakes.back().text == "4000 more lines that cannot be used");
}

TEST_CASE("a file that cannot be read, or is too large, is an error") {
  ListBuilder builder({});
  const auto absent = builder.add_file({"/nonexistent/list", ListScope::account, EntryKind::block});
  REQUIRE_FALSE(absent);
  CHECK(absent.error().code == ErrorCode::configuration);
  CHECK_FALSE(builder.add_file({"/dev/zero", ListScope::account, EntryKind::block}));
}

TEST_CASE("100,000 entries of all sorts are asked as a loop over all of them would answer") {
  std::string text;
  for (int i = 0; i < 25'000; ++i) {
    const std::string n = std::to_string(i);
    text += "user" + n + "@x" + n + ".example\n*@d" + n + ".example\n*@*.s" + n +
            ".example\ntoto*@t" + n + ".example\n";
  }
  const auto loaded = load(text);
  REQUIRE(loaded.mistakes.empty());
  REQUIRE(loaded.lists.size() == 100'000);
  for (const int i : {0, 17, 24'999}) {
    const std::string n = std::to_string(i);
    const std::string base = std::to_string(4 * i + 1);
    const auto verdict = [&](const std::string& address) {
      return testing::verdict_of(loaded.lists, "From: " + address + "\n\n");
    };
    CHECK(verdict("USER" + n + "@x" + n + ".example") ==
          "block " + base + " user" + n + "@x" + n + ".example");
    CHECK(verdict("any@d" + n + ".example") ==
          "block " + std::to_string(4 * i + 2) + " *@d" + n + ".example");
    CHECK(verdict("any@a.b.s" + n + ".example") ==
          "block " + std::to_string(4 * i + 3) + " *@*.s" + n + ".example");
    CHECK(verdict("toto7@t" + n + ".example") ==
          "block " + std::to_string(4 * i + 4) + " toto*@t" + n + ".example");
    CHECK(verdict("any@s" + n + ".example") == "none");
    CHECK(verdict("any@x.d" + n + ".example") == "none");
  }
}

TEST_CASE("lists decide the same where nobody asks which entries others cover") {
  const std::string text = "*@spam.example\nx@spam.example\nx@spam.example\n";
  const auto verdict_with = [&](bool find_covered) {
    ListBuilder builder({false, find_covered});
    builder.add_text(text, {"list", ListScope::account, EntryKind::block});
    const LoadedLists loaded = builder.finish();
    CHECK((loaded.lists.covered_by(1) != nullptr) == find_covered);
    return testing::verdict_of(loaded.lists, "From: x@spam.example\n\n");
  };
  CHECK(verdict_with(true) == verdict_with(false));
}

}  // namespace
}  // namespace mboxferry::policy
