// SPDX-License-Identifier: Apache-2.0
// Scripts of pushes, told from the user's own.
#include "sieve/our_scripts.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "mboxferry/sieve/sender_script.h"
#include "sieve/script_parser.h"

namespace mboxferry::sieve {
namespace {

// RFC 6609 lets servers have a limit; Pigeonhole's is 255 includes, 10 deep.
constexpr std::size_t kMostFollowed = 300;

void add_included(const std::vector<Command>& commands, std::vector<std::string>& names) {
  for (const Command& command : commands) {
    add_included(command.block, names);
    if (command.name != "include") continue;
    bool is_global = false;
    for (const Argument& argument : command.arguments) {
      is_global = is_global || argument.tag == ":global";
      if (!is_global) names.insert(names.end(), argument.strings.begin(), argument.strings.end());
    }
  }
}

}  // namespace

bool is_ours(std::string_view content) { return content.starts_with(kScriptHead); }

bool has_part_name(std::string_view script, std::string_view name) {
  if (!script.starts_with(name) || script.size() < name.size() + 2) return false;
  const std::string_view rest = script.substr(name.size());
  return rest[0] == '-' && rest.substr(1).find_first_not_of("0123456789") == std::string_view::npos;
}

std::string wrapper_of(const std::vector<std::string>& included) {
  std::string text = std::string(kScriptHead) +
                     "\n# The lists, then what was active before. senders push changes this script "
                     "again.\nrequire [\"include\"];\n";
  for (const std::string& name : included)
    text += fmt::format("include :personal {};\n", quoted_string(name));
  return text;
}

std::vector<std::string> included_in(std::string_view script) {
  std::vector<std::string> names;
  add_included(parse_script(script).commands, names);
  return names;
}

Result<std::optional<Includer>> who_includes(
    ManageSieve& server, const std::set<std::string>& there, const std::string& first,
    const std::function<bool(const std::string& script)>& wanted) {
  std::set<std::string> followed;
  std::deque<std::string> next{first};
  for (; !next.empty() && followed.size() < kMostFollowed; next.pop_front()) {
    const std::string& name = next.front();
    if (!there.contains(name) || !followed.insert(name).second) continue;
    MBOXFERRY_ASSIGN(const std::string content, server.get(name));
    for (std::string& included : included_in(content)) {
      if (wanted(included)) return std::optional(Includer{name, included, is_ours(content)});
      next.push_back(std::move(included));
    }
  }
  return std::optional<Includer>();
}

Error stands_against(const ManageSieve& server, const std::string& what, std::string hint) {
  return {ErrorCode::configuration, server.place() + ": " + what + "; nothing was changed",
          std::move(hint)};
}

Error not_as_sent(const ManageSieve& server, const std::string& name) {
  return {ErrorCode::protocol,
          fmt::format("{}: script '{}' is not what was sent when it is read back", server.place(),
                      name),
          "run again with --log-file to see what the server said"};
}

}  // namespace mboxferry::sieve
