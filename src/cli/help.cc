// SPDX-License-Identifier: Apache-2.0
// --help, and the command help.
#include "cli/help.h"

#include <fmt/format.h>

#include <algorithm>

#include "cli/completion.h"
#include "cli/exit_codes.h"
#include "cli/man_page.h"
#include "cli/suggestion.h"
#include "cli/wrapped.h"

namespace mboxferry::cli {
namespace {

// Options up to this long have their description beside them.
constexpr std::size_t kBesideColumns = 28;

std::string lines_of(std::string_view text, std::size_t indent) {
  std::string lines;
  for (const std::string& line : wrapped(text, kHelpColumns - indent))
    lines += std::string(indent, ' ') + line + '\n';
  return lines;
}

std::string group_text(const OptionGroup& group) {
  const std::vector<OptionText> options = option_texts(group);
  const auto left_of = [](const OptionText& option) {
    return "  " + option.names + (option.parameter.empty() ? "" : " " + option.parameter);
  };
  std::size_t longest = 0;
  for (const OptionText& option : options) longest = std::max(longest, left_of(option).size());
  const std::size_t column = std::min(longest, kBesideColumns) + 2;
  std::string text = group.caption() + ":\n";
  for (const OptionText& option : options) {
    std::string line = left_of(option);
    std::string about = lines_of(option.about, column);
    if (line.size() + 2 > column)
      line += '\n';
    else
      about.erase(0, line.size());
    text += line + about;
  }
  return text;
}

/// True for `push` of `senders` and its like, which share the help of their command.
bool has_action(const std::string& command, const std::string& word) {
  const auto found = command_named(command);
  return found && (*found)->table().usage.find(command + " " + word + " ") != std::string::npos;
}

Result<std::string> help_with(const Arguments& arguments) {
  if (arguments.empty() || asks_for_help(arguments)) return program_help();
  const std::string& topic = arguments.front();
  const std::size_t most = topic == "man" || topic == "completion" ||
                                   (arguments.size() > 1 && has_action(topic, arguments[1]))
                               ? 2
                               : 1;
  if (arguments.size() > most) {
    return Error{ErrorCode::usage,
                 "help has no use for '" + arguments[most].substr(0, 40) + "' after '" +
                     arguments[most - 1].substr(0, 40) + "'",
                 "try mboxferry help"};
  }
  if (topic == "man") {
    if (arguments.size() == 1) return program_man_page();
    MBOXFERRY_ASSIGN(const Command* command, command_named(arguments[1]));
    return man_page(*command);
  }
  if (topic == "completion") {
    const std::string shell = arguments.size() > 1 ? arguments[1] : "";
    if (auto script = completion_for(shell)) return std::move(*script);
    return Error{ErrorCode::usage, "help completion needs the name of a shell",
                 "it takes bash, zsh or fish"};
  }
  MBOXFERRY_ASSIGN(const Command* command, command_named(topic));
  return help_text(command->table());
}

}  // namespace

Result<const Command*> command_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Command& command : commands()) {
    if (command.name == name) return &command;
    names.emplace_back(command.name);
  }
  return Error{ErrorCode::usage, "there is no command '" + name.substr(0, 40) + "'",
               did_you_mean(name, names, "try mboxferry --help")};
}

std::vector<OptionText> option_texts(const OptionGroup& group) {
  std::vector<OptionText> texts;
  for (const auto& option : group.options()) {
    OptionText text;
    // Boost gives "-n", or "--dry-run" where there is no letter.
    const std::string letter = option->canonical_display_name(
        boost::program_options::command_line_style::allow_dash_for_short);
    text.names = "--" + option->long_name();
    if (letter.size() == 2 && letter.front() == '-') text.names = letter + ", " + text.names;
    text.parameter = option->format_parameter();
    text.about = option->description();
    texts.push_back(std::move(text));
  }
  return texts;
}

bool asks_for_help(const Arguments& arguments) {
  const auto end = std::find(arguments.begin(), arguments.end(), "--");
  return std::any_of(arguments.begin(), end, [](const std::string& argument) {
    return argument == "--help" || argument == "-h";
  });
}

std::string help_text(const OptionTable& table) {
  std::string text = "usage: mboxferry " + table.usage + "\n\n" + lines_of(table.about, 0);
  for (const OptionGroup& group : table.groups) text += '\n' + group_text(group);
  return text + "\nexamples:\n" + table.examples;
}

std::string program_help() {
  std::string text = lines_of(kProgramAbout, 0) +
                     "\nusage: mboxferry COMMAND [OPTION]... ARGUMENT...\n\ncommands:\n";
  for (const Command& command : commands())
    text += fmt::format("  {:9}{}\n", command.name, command.summary);
  return text +
         "\n"
         "  mboxferry COMMAND --help          says more about one of them\n"
         "  mboxferry help man [COMMAND]      prints a manual page, for man -l -\n"
         "  mboxferry help completion SHELL   prints what bash, zsh or fish completes\n"
         "  mboxferry -V, --version           prints the version, also after a COMMAND\n\n"
         "examples:\n" +
         std::string(kProgramExamples) + "\nexit status: " + std::string(kProgramExit);
}

Result<int> run_help(const Arguments& arguments, Context& context) {
  MBOXFERRY_ASSIGN(const std::string text, help_with(arguments));
  MBOXFERRY_TRY(context.out.write(text));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
