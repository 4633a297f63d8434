// SPDX-License-Identifier: Apache-2.0
// Replies of ManageSieve servers, and lists that are split over several scripts.
#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "mboxferry/sieve/deployment.h"
#include "sieve/our_scripts.h"
#include "sieve/reply_reader.h"

namespace mboxferry::sieve {
namespace {

class TextChannel final : public Channel {
 public:
  explicit TextChannel(std::string text) : text_(std::move(text)) {}
  [[nodiscard]] const std::string& place() const override { return place_; }
  Result<std::size_t> read(std::span<char> buffer) override {
    const std::size_t count = std::min(buffer.size(), text_.size() - used_);
    if (count == 0) return Error{ErrorCode::unavailable, "the end", ""};
    std::copy_n(text_.begin() + static_cast<std::ptrdiff_t>(used_), count, buffer.begin());
    used_ += count;
    return count;
  }
  Result<void> write(std::string_view) override { return ok(); }
  bool readable_now() override { return false; }
  Result<void> start_tls() override { return ok(); }
  void opened() override {}

 private:
  const std::string place_ = "host:4190";
  std::string text_;
  std::size_t used_ = 0;
};

ErrorCode failure_of(const std::string& text, std::size_t most = ReplyReader::kMostText) {
  TextChannel channel(text);
  ReplyReader reader(channel);
  const auto reply = reader.next(most);
  REQUIRE_FALSE(reply);
  return reply.error().code;
}

policy::LoadedLists lists_of(const std::string& text) {
  policy::ListBuilder builder({});
  builder.add_text(text, {"list", policy::ListScope::account, policy::EntryKind::block});
  policy::LoadedLists loaded = builder.finish();
  REQUIRE(loaded.mistakes.empty());
  return loaded;
}

}  // namespace

TEST_CASE("a reply has strings in both forms, a code with an argument, and a text") {
  TextChannel channel(
      "\"a \\\"b\\\\\" active\r\n{5}\r\nx\r\ny\n \"more\"\r\n"
      "no (quota/maxsize \"at most\") {9+}\r\ntwo\r\nline\r\nOK\r\n");
  ReplyReader reader(channel);
  const auto reply = reader.next();
  REQUIRE(reply);
  REQUIRE(reply->lines.size() == 2);
  CHECK(reply->lines[0][0].text == "a \"b\\");
  CHECK(reply->lines[0][1].is_word("ACTIVE"));
  CHECK(reply->lines[1][0].text == "x\r\ny\n");
  CHECK(reply->status == Reply::Status::no);
  CHECK(reply->code == "QUOTA/MAXSIZE");
  CHECK(reply->code_argument == "at most");
  CHECK(reply->text == "two\r\nline");
  CHECK(reader.next()->status == Reply::Status::ok);
}

TEST_CASE("replies that are no replies, or without end, are errors in bounded memory") {
  for (const std::string text :
       {"\r\n", "OK (\"open\r\n", "{}\r\n", "{12x}\r\n", "{99999999999999999999}\r\n", "{5} \r\n",
        "\"no end\r\n", "\x01\r\n", "}\r\n"}) {
    INFO(text);
    CHECK(failure_of(text) == ErrorCode::protocol);
  }
  CHECK(failure_of(std::string(ReplyReader::kMostLine + 10, 'a')) == ErrorCode::protocol);
  CHECK(failure_of("{2000}\r\n", 1000) == ErrorCode::protocol);
  std::string many;
  for (std::size_t i = 0; i <= ReplyReader::kMostLines; ++i) many += "\"a\"\r\n";
  CHECK(failure_of(many) == ErrorCode::protocol);
  std::string blanks = "x";
  blanks.append(ReplyReader::kMostLine + 10, ' ');
  CHECK(failure_of(blanks) == ErrorCode::protocol);
  CHECK(failure_of("\"main\" ACTIVE\r\n") == ErrorCode::unavailable);
}

TEST_CASE("names are said as strings that nothing can end early") {
  CHECK(protocol_string("a\"b\\c") == "\"a\\\"b\\\\c\"");
  CHECK(protocol_string("a\r\nLOGOUT") == "{9+}\r\na\r\nLOGOUT");
  CHECK(protocol_string("") == "\"\"");
}

TEST_CASE("parts of a list block what the whole list blocks, each with all that is allowed") {
  const auto loaded = lists_of("*@a.example\n*@b.example\n*@c.example\n[allow]\nx@c.example\n");
  ScriptSettings settings;
  settings.extensions = {"fileinto", "envelope"};
  std::string all;
  for (std::size_t part = 0; part < 2; ++part) {
    settings.block_begin = 3 * part / 2;
    settings.block_end = 3 * (part + 1) / 2;
    const auto script = make_sender_script(loaded.lists, settings);
    REQUIRE(script);
    CHECK(script->text.find("x@c.example") != std::string::npos);
    all += script->text;
  }
  for (const char* domain : {"\"a.example\"", "\"b.example\"", "\"c.example\""}) {
    const std::size_t first = all.find(domain);
    REQUIRE(first != std::string::npos);
    // Once in the address test and once in that of the envelope.
    const std::size_t second = all.find(domain, first + 1);
    REQUIRE(second != std::string::npos);
    CHECK(all.find(domain, second + 1) == std::string::npos);
  }
}

TEST_CASE("what a script includes is found wherever it stands, and only among the user's scripts") {
  const std::vector<std::string> names{"a-1", "b\"\\c"};
  CHECK(included_in(wrapper_of(names)) == names);
  CHECK(is_ours(wrapper_of(names)));
  CHECK(
      included_in("# include :personal \"x\";\nrequire \"include\";\n"
                  "if true { include :once \"in\"; } else { INCLUDE :optional :personal \"b\"; }\n"
                  "include :global \"g\"; fileinto \"f\";") == std::vector<std::string>{"in", "b"});
  CHECK(included_in("include \"a\"; if {").size() == 1);
  CHECK(has_part_name("lists-12", "lists"));
  for (const char* other : {"lists", "lists-", "lists-1a", "lists1", "list-1"})
    CHECK(!has_part_name(other, "lists"));
}

}  // namespace mboxferry::sieve
