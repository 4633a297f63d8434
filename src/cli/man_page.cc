// SPDX-License-Identifier: Apache-2.0
// man(7): https://man7.org/linux/man-pages/man7/groff_man.7.html
#include "cli/man_page.h"

#include <fmt/format.h>

#include <array>

#include "cli/help.h"
#include "cli/options.h"

namespace mboxferry::cli {
namespace {

struct ExitMeaning {
  int status;
  std::string_view meaning;
};

// docs/exit-codes.md says it at length.
constexpr std::array<ExitMeaning, 16> kExitMeanings{{
    {0, "done: all is there, or a dry run says go"},
    {1, "failed: something is missing, different or there twice, or a dry run says no go"},
    {3, "finished, and some messages were refused, or parts of the archive were not read"},
    {11, "another process works with this journal"},
    {64, "the command line, the environment or a job file asks for something impossible"},
    {65, "the archive is no mail, is damaged, or has changed since the job began"},
    {66, "there is no such archive, or it may not be read"},
    {69, "the server cannot be reached"},
    {70, "an error in mboxferry itself"},
    {73, "a journal, a report or a quarantine file cannot be created"},
    {74, "reading or writing a file failed"},
    {75, "not finished; run the same command again later"},
    {76, "the server broke the protocol, or TLS was refused"},
    {77, "the login was refused"},
    {78, "settings contradict the server, the journal or each other"},
    {130, "interrupted; the same command goes on"},
}};

/// `text` as it is: nothing in it is a request, an escape or a hyphen that may become another.
std::string escaped(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const bool line_begins = safe.empty() || safe.back() == '\n';
    if (line_begins && (c == '.' || c == '\'')) safe += "\\&";
    if (c == '\\')
      safe += "\\e";
    else if (c == '-')
      safe += "\\-";
    else
      safe += c;
  }
  return safe;
}

/// Text in sentences; line ends are where the source has them.
std::string paragraph(const std::string& text) {
  const std::string safe = escaped(text);
  return safe.ends_with('\n') ? safe : safe + "\n";
}

std::string section(std::string_view name) { return fmt::format(".SH {}\n", name); }

std::string header(const std::string& name, std::string_view summary) {
  return fmt::format(
      ".\\\" Made by 'mboxferry help man' from the tables of options.\n"
      ".TH {} 1 {} \"mboxferry {}\" \"User Commands\"\n{}{} \\- {}\n",
      escaped(name), MBOXFERRY_DATE, MBOXFERRY_VERSION, section("NAME"), escaped(name),
      escaped(summary));
}

std::string literal(std::string_view lines) { return fmt::format(".nf\n{}.fi\n", escaped(lines)); }

std::string options_section(const OptionTable& table) {
  std::string text = section("OPTIONS");
  for (const OptionGroup& group : table.groups) {
    text += fmt::format(".SS \"{}\"\n", escaped(group.caption()));
    for (const OptionText& option : option_texts(group)) {
      text += fmt::format(".TP\n\\fB{}\\fR", escaped(option.names));
      if (!option.parameter.empty()) text += fmt::format(" \\fI{}\\fR", escaped(option.parameter));
      text += '\n' + paragraph(option.about);
    }
  }
  return text;
}

std::string exit_section() {
  std::string text = section("EXIT STATUS");
  for (const ExitMeaning& row : kExitMeanings)
    text += fmt::format(".TP\n{}\n{}", row.status, paragraph(std::string(row.meaning)));
  return text;
}

std::string see_also(std::string_view without) {
  std::string text = section("SEE ALSO");
  std::string names;
  const auto add = [&](const std::string& name) {
    names += fmt::format("{}\n.BR {} (1)", names.empty() ? "" : " ,", escaped(name));
  };
  if (!without.empty()) add("mboxferry");
  for (const Command& command : commands()) {
    if (command.name != without) add(fmt::format("mboxferry-{}", command.name));
  }
  return text + names.substr(1) + "\n";
}

}  // namespace

std::string program_man_page() {
  std::string text = header("mboxferry", "puts mail archives into IMAP mailboxes, exactly once");
  text += section("SYNOPSIS") +
          "\\fBmboxferry\\fR \\fICOMMAND\\fR [\\fIOPTION\\fR]... "
          "\\fIARGUMENT\\fR...\n";
  text += section("DESCRIPTION") + paragraph(std::string(kProgramAbout));
  text += section("COMMANDS");
  for (const Command& command : commands()) {
    text += fmt::format(".TP\n.BR mboxferry\\-{} (1)\n{}", command.name,
                        paragraph(std::string(command.summary)));
  }
  text += section("EXAMPLES") + literal(kProgramExamples);
  return text + exit_section() + see_also("");
}

std::string man_page(const Command& command) {
  const OptionTable table = command.table();
  std::string text = header(fmt::format("mboxferry-{}", command.name), command.summary);
  text += section("SYNOPSIS") + paragraph("mboxferry " + table.usage);
  text += section("DESCRIPTION") + paragraph(table.about);
  text += options_section(table);
  text += section("EXAMPLES") + literal(table.examples);
  return text + exit_section() + see_also(command.name);
}

}  // namespace mboxferry::cli
