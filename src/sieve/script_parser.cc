// SPDX-License-Identifier: Apache-2.0
// Recursive descent over tokens.
#include "sieve/script_parser.h"

#include <algorithm>

#include "mboxferry/base/ascii.h"

namespace mboxferry::sieve {
namespace {

constexpr int kDeepest = 32;

class ScriptParser {
 public:
  explicit ScriptParser(std::string_view text) : rest_(text) {}

  ParsedScript run() {
    ParsedScript script;
    commands(script.commands, 0);
    skip();
    if (!failed_ && !rest_.empty()) fail("a closing brace has no opening one");
    script.is_whole = !failed_;
    script.mistake = mistake_;
    return script;
  }

 private:
  bool fail(const char* text) {
    if (!failed_) mistake_ = {line_, text};
    failed_ = true;
    return false;
  }

  void advance(std::size_t count) {
    const auto part = rest_.substr(0, count);
    line_ += static_cast<std::uint64_t>(std::count(part.begin(), part.end(), '\n'));
    rest_.remove_prefix(part.size());
  }

  /// White space and comments.
  void skip() {
    for (;;) {
      const std::size_t blanks = std::min(rest_.find_first_not_of(" \t\r\n"), rest_.size());
      advance(blanks);
      if (rest_.starts_with('#')) {
        advance(std::min(rest_.find('\n'), rest_.size()));
      } else if (rest_.starts_with("/*")) {
        const std::size_t end = rest_.find("*/", 2);
        if (end == std::string_view::npos) {
          fail("a comment does not end");
          rest_ = {};
          return;
        }
        advance(end + 2);
      } else {
        return;
      }
    }
  }

  bool take(char c) {
    skip();
    if (!rest_.starts_with(c)) return false;
    advance(1);
    return true;
  }

  static bool begins_name(char c) { return is_letter(c) || c == '_'; }

  std::string name() {
    std::string word;
    while (!rest_.empty() && (begins_name(rest_.front()) || is_digit(rest_.front()))) {
      word += to_lower(rest_.front());
      rest_.remove_prefix(1);
    }
    return word;
  }

  bool commands(std::vector<Command>& list, int depth) {
    if (depth > kDeepest) return fail("blocks are nested too deep");
    for (;;) {
      skip();
      if (failed_) return false;
      if (rest_.empty() || rest_.front() == '}') return true;
      if (!begins_name(rest_.front())) return fail("a command was expected");
      Command command;
      command.line = line_;
      command.name = name();
      if (!arguments(command.arguments) || !tests(command.tests, depth)) return false;
      if (take('{')) {
        if (!commands(command.block, depth + 1)) return false;
        if (!take('}')) return fail("a block does not end");
      } else if (!take(';')) {
        return fail("a semicolon or a block was expected");
      }
      list.push_back(std::move(command));
    }
  }

  bool tests(std::vector<Test>& list, int depth) {
    if (depth > kDeepest) return fail("tests are nested too deep");
    if (take('(')) {
      do {
        if (!test(list, depth + 1)) return false;
      } while (take(','));
      return take(')') || fail("a list of tests does not end");
    }
    skip();
    if (failed_) return false;
    if (rest_.empty() || !begins_name(rest_.front())) return true;
    return test(list, depth + 1);
  }

  bool test(std::vector<Test>& list, int depth) {
    skip();
    if (failed_ || rest_.empty() || !begins_name(rest_.front())) return fail("a test was expected");
    Test one;
    one.line = line_;
    one.name = name();
    if (!arguments(one.arguments) || !tests(one.tests, depth)) return false;
    list.push_back(std::move(one));
    return true;
  }

  bool arguments(std::vector<Argument>& list) {
    for (;;) {
      skip();
      if (failed_) return false;
      if (rest_.empty()) return true;
      Argument argument;
      const char c = rest_.front();
      if (c == ':') {
        advance(1);
        argument.tag = ":" + name();
        if (argument.tag.size() == 1) return fail("a colon has no name");
      } else if (is_digit(c)) {
        argument.kind = Argument::Kind::number;
        advance(std::min(rest_.find_first_not_of("0123456789"), rest_.size()));
        constexpr std::string_view kUnits = "KMGkmg";
        if (!rest_.empty() && kUnits.find(rest_.front()) != std::string_view::npos) advance(1);
        if (!rest_.empty() && begins_name(rest_.front())) return fail("a number is none");
      } else if (c == '[') {
        argument.kind = Argument::Kind::strings;
        if (!string_list(argument.strings)) return false;
      } else if (begins_string()) {
        argument.kind = Argument::Kind::strings;
        if (!string(argument.strings)) return false;
      } else {
        return true;
      }
      list.push_back(std::move(argument));
    }
  }

  bool string_list(std::vector<std::string>& strings) {
    advance(1);
    do {
      skip();
      if (failed_) return false;
      if (!begins_string()) return fail("a string was expected");
      if (!string(strings)) return false;
    } while (take(','));
    return take(']') || fail("a list of strings does not end");
  }

  [[nodiscard]] bool begins_string() const {
    return rest_.starts_with('"') ||
           (rest_.size() > 5 && equals_ignoring_case(rest_.substr(0, 5), "text:"));
  }

  bool string(std::vector<std::string>& strings) {
    return rest_.starts_with('"') ? quoted(strings) : multi_line(strings);
  }

  bool quoted(std::vector<std::string>& strings) {
    std::string text;
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '"') {
        advance(i + 1);
        strings.push_back(std::move(text));
        return true;
      }
      if (rest_[i] == '\\' && i + 1 < rest_.size()) ++i;
      text += rest_[i];
    }
    return fail("a string does not end");
  }

  /// `text:` and lines up to one that is a dot; a dot at the beginning of a line is doubled.
  bool multi_line(std::vector<std::string>& strings) {
    advance(5);
    const std::size_t end = std::min(rest_.find('\n'), rest_.size());
    std::string_view head = rest_.substr(0, end);
    head.remove_prefix(std::min(head.find_first_not_of(" \t\r"), head.size()));
    if (!head.empty() && head.front() != '#') return fail("text: is followed by a line end");
    advance(end + 1);
    std::string text;
    while (!rest_.empty()) {
      const std::size_t size = std::min(rest_.find('\n'), rest_.size());
      std::string_view line = rest_.substr(0, size);
      advance(size + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (line == ".") {
        strings.push_back(std::move(text));
        return true;
      }
      if (line.starts_with('.')) line.remove_prefix(1);
      text += std::string(line) + "\r\n";
    }
    return fail("a text: does not end");
  }

  std::string_view rest_;
  std::uint64_t line_ = 1;
  bool failed_ = false;
  SyntaxError mistake_;
};

}  // namespace

ParsedScript parse_script(std::string_view text) { return ScriptParser(text).run(); }

}  // namespace mboxferry::sieve
