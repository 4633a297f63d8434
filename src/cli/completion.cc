// SPDX-License-Identifier: Apache-2.0
// Scripts for bash (complete, compgen), zsh (_arguments) and fish (complete).
#include "cli/completion.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>

#include "cli/command.h"
#include "cli/help.h"
#include "cli/options.h"

namespace mboxferry::cli {
namespace {

struct OptionValues {
  std::string_view option;
  std::string_view values;
};

// A test gives each of them to the program.
constexpr std::array<OptionValues, 14> kValues{{
    {"--append-mode", "auto multiappend literal-plus literal-minus synchronizing"},
    {"--as", "block allow"},
    {"--compress", "auto on off"},
    {"--connections", "auto"},
    {"--dedupe", "none message-id content"},
    {"--default-flags", "seen none answered flagged draft"},
    {"--dialect", "auto mboxo mboxrd mboxcl mboxcl2 unquoted"},
    {"--format", "auto spamassassin map postfix csv gmail sieve"},
    {"--internaldate", "auto from received date"},
    {"--labels", "first all none"},
    {"--order", "size csv"},
    {"--precedence", "allow-first block-wins"},
    {"--progress", "live plain json none"},
    {"--tls", "implicit starttls"},
}};

// Of `mboxferry senders` and `mboxferry dns`.
constexpr std::string_view kSenderActions = "check import sieve push restore";
constexpr std::string_view kZoneSteps = "plan apply rollback check";

constexpr std::string_view kBash = R"(# bash completion for mboxferry
_mboxferry() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} journal
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then
    COMPREPLY=($(compgen -W 'COMMANDS help --help --version' -- "$cur"))
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ] && [ "${COMP_WORDS[1]}" = senders ] && [[ $cur != -* ]]; then
    COMPREPLY=($(compgen -W 'ACTIONS' -- "$cur"))
    return
  fi
  if [ "$COMP_CWORD" -eq 2 ] && [ "${COMP_WORDS[1]}" = dns ] && [[ $cur != -* ]]; then
    COMPREPLY=($(compgen -W 'ZONESTEPS' -- "$cur"))
    return
  fi
  # Bash makes words of its own of what stands around an equals sign.
  if [ "$cur" = = ]; then cur=''
  elif [ "$prev" = = ]; then prev=${COMP_WORDS[COMP_CWORD-2]}
  fi
  case $prev in
VALUES  esac
  case ${COMP_WORDS[1]}:$cur in
OPTIONS  esac
  case ${COMP_WORDS[1]} in
    verify|retry|status|report)
      for journal in "${XDG_STATE_HOME:-$HOME/.local/state}"/mboxferry/*.journal; do
        [ -e "$journal" ] && [[ $journal = "$cur"* ]] && COMPREPLY+=("$journal")
      done
      ;;
  esac
  mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
}
complete -o filenames -F _mboxferry mboxferry
)";

constexpr std::string_view kZsh = R"(#compdef mboxferry
if (( CURRENT == 2 )); then
  compadd -- COMMANDS help --help --version
  return
fi
if (( CURRENT == 3 )) && [[ $words[2] = senders && $words[3] != -* ]]; then
  compadd -- ACTIONS
  return
fi
if (( CURRENT == 3 )) && [[ $words[2] = dns && $words[3] != -* ]]; then
  compadd -- ZONESTEPS
  return
fi
case $words[2] in
OPTIONSesac
)";

constexpr std::string_view kFish = R"(# fish completion for mboxferry
complete -c mboxferry -n __fish_use_subcommand -f -a 'COMMANDS help'
complete -c mboxferry -n '__fish_seen_subcommand_from senders' -a 'ACTIONS'
complete -c mboxferry -n '__fish_seen_subcommand_from dns' -a 'ZONESTEPS'
)";

std::string_view values_of(std::string_view option) {
  const auto* const row =
      std::find_if(kValues.begin(), kValues.end(),
                   [&](const OptionValues& each) { return each.option == option; });
  return row == kValues.end() ? std::string_view() : row->values;
}

/// What an option's value is, for a shell.
enum class Kind { none, words, file, folder, unknown };

Kind kind_of(const OptionText& option, std::string_view long_name) {
  if (option.parameter.empty()) return Kind::none;
  if (!values_of(long_name).empty()) return Kind::words;
  if (option.parameter == "FILE") return Kind::file;
  return option.parameter == "DIR" ? Kind::folder : Kind::unknown;
}

std::string long_name_of(const OptionText& option) {
  return option.names.substr(option.names.find("--"));
}

/// All options of a command.
std::vector<OptionText> options_of(const Command& command) {
  std::vector<OptionText> all;
  for (const OptionGroup& group : command.table().groups) {
    const auto texts = option_texts(group);
    all.insert(all.end(), texts.begin(), texts.end());
  }
  return all;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string result(text);
  for (std::size_t at = result.find(from); at != std::string::npos;
       at = result.find(from, at + to.size()))
    result.replace(at, from.size(), to);
  return result;
}

std::string command_names() {
  std::string names;
  for (const Command& command : commands()) {
    if (!names.empty()) names += ' ';
    names += command.name;
  }
  return names;
}

/// With the names of commands and of their actions.
std::string with_words(std::string_view script) {
  const std::string text = replaced(script, "COMMANDS", command_names());
  return replaced(replaced(text, "ACTIONS", kSenderActions), "ZONESTEPS", kZoneSteps);
}

std::string bash_script() {
  std::string options;
  std::map<std::string, std::string> values;  // by option: many commands share them
  for (const Command& command : commands()) {
    std::string words;
    for (const OptionText& option : options_of(command)) {
      const std::string name = long_name_of(option);
      words += (words.empty() ? "" : " ") + name;
      const Kind kind = kind_of(option, name);
      if (kind == Kind::none) continue;
      const std::string reply = kind == Kind::words    ? fmt::format("-W '{}' ", values_of(name))
                                : kind == Kind::file   ? "-f "
                                : kind == Kind::folder ? "-d "
                                                       : "";
      values[name] = reply.empty() ? fmt::format("    {}) return ;;\n", name)
                                   : fmt::format(
                                         "    {}) mapfile -t COMPREPLY < <(compgen {}-- \"$cur\"); "
                                         "return ;;\n",
                                         name, reply);
    }
    options += fmt::format("    {}:-*) COMPREPLY=($(compgen -W '{}' -- \"$cur\")); return ;;\n",
                           command.name, words);
  }
  std::string of_values;
  for (const auto& [name, line] : values) of_values += line;
  return replaced(replaced(with_words(kBash), "VALUES", of_values), "OPTIONS", options);
}

/// In single quotes.
std::string in_quotes(std::string_view text) { return "'" + replaced(text, "'", "'\\''") + "'"; }

std::string zsh_script() {
  std::string cases;
  for (const Command& command : commands()) {
    cases += fmt::format("  {})\n    _arguments -s '1:command:' \\\n", command.name);
    for (const OptionText& option : options_of(command)) {
      const std::string name = long_name_of(option);
      std::string about = option.about;
      for (const std::string_view special : {"\\", "[", "]", ":"})
        about = replaced(about, special, "\\" + std::string(special));
      std::string spec = fmt::format("*{}[{}]", name, about);
      switch (kind_of(option, name)) {
        case Kind::none:
          break;
        case Kind::words:
          spec += fmt::format(":{}:({})", option.parameter, values_of(name));
          break;
        case Kind::file:
          spec += ":file:_files";
          break;
        case Kind::folder:
          spec += ":folder:_files -/";
          break;
        case Kind::unknown:
          spec += fmt::format(":{}: ", option.parameter);
          break;
      }
      cases += "      " + in_quotes(spec) + " \\\n";
    }
    cases += "      '*:file:_files'\n    ;;\n";
  }
  return replaced(with_words(kZsh), "OPTIONS", cases);
}

std::string fish_script() {
  std::string text = with_words(kFish);
  for (const Command& command : commands()) {
    for (const OptionText& option : options_of(command)) {
      const std::string name = long_name_of(option);
      const std::string about = replaced(replaced(option.about, "\\", "\\\\"), "'", "\\'");
      text += fmt::format("complete -c mboxferry -n '__fish_seen_subcommand_from {}' -l {} -d '{}'",
                          command.name, name.substr(2), about);
      switch (kind_of(option, name)) {
        case Kind::none:
          break;
        case Kind::words:
          text += fmt::format(" -x -a '{}'", values_of(name));
          break;
        case Kind::file:
          text += " -r -F";
          break;
        case Kind::folder:
          text += " -x -a '(__fish_complete_directories)'";
          break;
        case Kind::unknown:
          text += " -x";
          break;
      }
      text += '\n';
    }
  }
  return text;
}

}  // namespace

std::optional<std::string> completion_for(std::string_view shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return std::nullopt;
}

}  // namespace mboxferry::cli
