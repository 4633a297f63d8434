// SPDX-License-Identifier: Apache-2.0
// The grammar of Sieve (RFC 5228 section 8), without what commands and tests mean.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::sieve {

struct Argument {
  enum class Kind : std::uint8_t { tag, number, strings };

  Kind kind = Kind::tag;
  std::string tag;                   ///< in small letters, with its colon
  std::vector<std::string> strings;  ///< of one string, or of a list
};

struct Test {
  std::string name;  ///< in small letters
  std::uint64_t line = 0;
  std::vector<Argument> arguments;
  std::vector<Test> tests;
};

struct Command {
  std::string name;  ///< in small letters
  std::uint64_t line = 0;
  std::vector<Argument> arguments;
  std::vector<Test> tests;
  std::vector<Command> block;
};

/// A script that breaks the grammar: where, and how.
struct SyntaxError {
  std::uint64_t line = 0;
  std::string text;
};

struct ParsedScript {
  std::vector<Command> commands;  ///< up to the mistake
  bool is_whole = true;
  SyntaxError mistake;  ///< unless it is whole
};

/// Blocks and tests may be nested 32 deep.
ParsedScript parse_script(std::string_view text);

}  // namespace mboxferry::sieve
