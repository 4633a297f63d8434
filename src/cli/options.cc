// SPDX-License-Identifier: Apache-2.0
// Reads option layers with Boost.Program_options.
#include "cli/options.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>
#include <string_view>

#include "cli/suggestion.h"
#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

std::string environment_name(const std::string& option) {
  std::string name = "MBOXFERRY_";
  for (const char c : option) {
    name += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

Error usage(const std::string& source, const std::string& what, const std::string& hint) {
  return {ErrorCode::usage, source + what, hint};
}

/// One line without anything that may be a secret: Boost repeats `--name=value` as it was given.
Error usage_from(const std::string& source, const po::options_description& all,
                 const po::error& error) {
  const std::string help = "see --help";
  if (const auto* unknown = dynamic_cast<const po::unknown_option*>(&error)) {
    const std::string given = unknown->get_option_name();
    const std::string name = given.substr(0, given.find('='));
    if (name == "--password" || name == "password") {
      return {ErrorCode::usage, source + "a password is not given this way, others could read it",
              "use --password-file, --password-env or --password-command"};
    }
    std::vector<std::string> known;
    for (const auto& option : all.options()) known.push_back("--" + option->long_name());
    return usage(source, "there is no option '" + name + "'", did_you_mean(name, known, help));
  }
  if (const auto* invalid = dynamic_cast<const po::validation_error*>(&error)) {
    return usage(source, "'" + invalid->get_option_name() + "' has a value that it cannot have",
                 help);
  }
  if (dynamic_cast<const po::too_many_positional_options_error*>(&error) != nullptr) {
    return usage(source, "too many arguments", help);
  }
  return usage(source, error.what(), help);
}

po::options_description all_of(const OptionTable& table) {
  po::options_description all;
  for (const auto& group : table.groups) all.add(group);
  if (table.max_positional == 1) {
    all.add_options()(table.positional.c_str(), po::value<std::string>());
  } else {
    all.add_options()(table.positional.c_str(), po::value<std::vector<std::string>>()->composing());
  }
  return all;
}

/// Files that are written piece by piece, or read more than once: `-` would be a file of that name.
constexpr std::array<std::string_view, 15> kNoStandardStream{
    "senders", "allowed",       "global-senders", "global-allowed", "log-file",
    "log-dir", "metrics-file",  "output",         "map-file",       "config",
    "ca-file", "password-file", "journal",        "state-dir",      "token-file"};

/// An empty value would be taken for everything, or for a default.
Result<void> check_text(const std::string& source, const std::string& name,
                        std::string_view positional, const std::string& text) {
  const std::string what = name == positional ? "an argument" : "'--" + name + "'";
  if (text.empty()) {
    const std::string hint = "give it a value, or leave it out";
    return usage(source, what + (name == positional ? " is empty" : " has an empty value"), hint);
  }
  const bool names_no_stream = std::find(kNoStandardStream.begin(), kNoStandardStream.end(),
                                         name) != kNoStandardStream.end();
  if (text != "-" || !names_no_stream) return ok();
  return usage(source, what + " cannot be standard input or output",
               "name a file; ./- is one of that name");
}

Result<void> check_texts(const std::string& source, std::string_view positional,
                         const po::variables_map& values) {
  for (const auto& [name, value] : values) {
    if (const auto* text = boost::any_cast<std::string>(&value.value()))
      MBOXFERRY_TRY(check_text(source, name, positional, *text));
    const auto* several = boost::any_cast<std::vector<std::string>>(&value.value());
    if (several == nullptr) continue;
    for (const std::string& text : *several)
      MBOXFERRY_TRY(check_text(source, name, positional, text));
  }
  return ok();
}

/// Runs one of Boost's parsers, which throw.
template <typename Parse>
Result<Layer> parse_layer(const std::string& source, const po::options_description& all,
                          const Parse& parse, std::string_view positional = {}) {
  try {
    po::variables_map values;
    po::store(parse(), values);
    MBOXFERRY_TRY(check_texts(source, positional, values));
    return Layer(std::move(values));
  } catch (const po::error& error) {
    return usage_from(source, all, error);
  }
}

Result<Layer> read_command_line(const OptionTable& table, const po::options_description& all,
                                const Arguments& arguments) {
  po::positional_options_description positional;
  positional.add(table.positional.c_str(), table.max_positional);
  const int style = po::command_line_style::unix_style & ~po::command_line_style::allow_guessing;
  const auto parse = [&] {
    return po::command_line_parser(arguments)
        .options(all)
        .positional(positional)
        .style(style)
        .run();
  };
  return parse_layer("", all, parse, table.positional);
}

Result<Layer> read_environment(const po::options_description& all) {
  return parse_layer("in the environment: ", all, [&] {
    return po::parse_environment(all, [&](const std::string& name) -> std::string {
      for (const auto& option : all.options()) {
        if (environment_name(option->long_name()) == name) return option->long_name();
      }
      return "";
    });
  });
}

/// All of it at once: a pipe gives it only once.
Result<std::string> job_file_text(const std::string& path) {
  constexpr std::size_t kLongest = 1 << 20;
  const auto failed = [&](const std::string& why, const char* hint) {
    return Error{ErrorCode::configuration, "cannot read the job file " + path + ": " + why, hint};
  };
  std::ifstream file(path);
  if (!file) return failed(errno_text(errno), "name one with --config");
  std::string text(kLongest + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) return failed(errno_text(errno), "name a file with --config");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() <= kLongest) return text;
  return failed("it is longer than 1 MiB", "name a file of lines NAME = VALUE");
}

/// Boost would repeat such a line, which may have a password.
Result<void> refuse_lines_without_value(const std::string& path, const std::string& job_text) {
  std::istringstream file(job_text);
  std::string line;
  for (std::uint64_t number = 1; std::getline(file, line); ++number) {
    const std::string_view text = std::string_view(line).substr(0, line.find('#'));
    const std::size_t first = text.find_first_not_of(" \t\r\n");
    const bool section = first != std::string_view::npos && text[first] == '[' &&
                         text[text.find_last_not_of(" \t\r\n")] == ']';
    if (first == std::string_view::npos || section) continue;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos && equals > first) continue;
    return usage("in " + path + ": ", "line " + std::to_string(number) + " is not NAME = VALUE",
                 "put one option on each line, and # before a comment");
  }
  return ok();
}

Result<Layer> parse_job_file(const std::string& source, const po::options_description& all,
                             const std::string& text) {
  return parse_layer(source, all, [&] {
    std::istringstream file(text);
    return po::parse_config_file(file, all);
  });
}

/// The number of the line with which reading fails; 0 when there are too many to find it.
std::uint64_t line_that_fails(const po::options_description& all, const std::string& text) {
  constexpr std::uint64_t kMostLines = 1000;
  std::size_t end = 0;
  for (std::uint64_t number = 1; number <= kMostLines && end < text.size(); ++number) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
    if (!parse_job_file("", all, text.substr(0, end))) return number;
  }
  return 0;
}

Result<Layer> read_job_file(const po::options_description& all, const std::string& path) {
  MBOXFERRY_ASSIGN(const std::string text, job_file_text(path));
  struct stat status {};
  if (::stat(path.c_str(), &status) == 0)
    MBOXFERRY_TRY(refuse_writable_by_others(status, "job file", path));
  MBOXFERRY_TRY(refuse_lines_without_value(path, text));
  auto layer = parse_job_file("in " + path + ": ", all, text);
  if (!layer) {
    const std::uint64_t line = line_that_fails(all, text);
    if (line == 0) return layer.error();
    return parse_job_file("in " + path + ", line " + std::to_string(line) + ": ", all, text);
  }
  // It is a program then, as a CSV with such columns is.
  const bool is_program = layer->get<std::string>("password-command") ||
                          layer->get<std::string>("password-env") ||
                          layer->get<std::string>("token-command");
  if (is_program) MBOXFERRY_TRY(refuse_replaceable_by_others("job file", path));
  return layer;
}

constexpr std::array<std::string_view, 6> kWritten{"report-json",  "report-csv", "report-html",
                                                   "metrics-file", "log-file",   "output"};
constexpr std::array<std::string_view, 9> kRead{
    "password-file", "token-file", "ca-file",        "map-file",      "config",
    "senders",       "allowed",    "global-senders", "global-allowed"};

bool is_same_file(const std::string& one, const std::string& other) {
  struct stat first {};
  struct stat second {};
  return ::stat(one.c_str(), &first) == 0 && ::stat(other.c_str(), &second) == 0 &&
         S_ISREG(first.st_mode) && first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

/// What a command reads is nothing that it writes.
Result<void> keep_inputs(const std::vector<Layer>& layers, const std::string& positional) {
  const auto each = [&](const std::string& option, const auto& visit) -> Result<void> {
    for (const Layer& layer : layers)
      for (const std::string& text : layer.texts(option)) MBOXFERRY_TRY(visit(text));
    return ok();
  };
  std::vector<std::string> inputs(kRead.begin(), kRead.end());
  if (!positional.empty()) inputs.push_back(positional);
  for (const std::string_view written : kWritten) {
    const std::string output(written);
    MBOXFERRY_TRY(each(output, [&](const std::string& path) -> Result<void> {
      for (const std::string& input : inputs)
        MBOXFERRY_TRY(each(input, [&](const std::string& other) -> Result<void> {
          if (!is_same_file(path, other)) return ok();
          return usage("",
                       "--" + output + " names a file that is read" +
                           (input == positional ? "" : " for --" + input) + ": " + path,
                       "name another file");
        }));
      return ok();
    }));
  }
  return ok();
}

}  // namespace

std::vector<std::string> output_files(const Options& options) {
  std::vector<std::string> files;
  for (const std::string_view option : kWritten) {
    std::string file = options.text(std::string(option).c_str());
    if (!file.empty() && file != "-") files.push_back(std::move(file));
  }
  return files;
}

std::vector<std::string> Layer::texts(const std::string& name) const {
  const auto found = values_.find(name);
  if (found == values_.end() || found->second.empty()) return {};
  if (const auto* text = boost::any_cast<std::string>(&found->second.value())) return {*text};
  const auto* several = boost::any_cast<std::vector<std::string>>(&found->second.value());
  return several == nullptr ? std::vector<std::string>() : *several;
}

Error bad_value(const char* option, const char* expected) {
  return {ErrorCode::usage, std::string("--") + option + " has a value that is not known",
          std::string("it takes ") + expected};
}

OptionGroup option_group(const std::string& caption) { return OptionGroup(caption); }

po::typed_value<bool>* flag() { return po::value<bool>()->implicit_value(true)->zero_tokens(); }

ValueReader::ValueReader(const OptionTable& table) {
  for (const auto& group : table.groups) all_.add(group);
}

std::vector<std::string> ValueReader::names() const {
  std::vector<std::string> names;
  for (const auto& option : all_.options()) names.push_back(option->long_name());
  return names;
}

Result<Options> ValueReader::with(
    const Options& options, const std::map<std::string, std::string, std::less<>>& values) const {
  std::vector<Layer> layers = options.weakest_first();
  MBOXFERRY_ASSIGN(Layer row, parse_layer("", all_, [&] {
                     po::parsed_options parsed(&all_);
                     for (const auto& [name, value] : values)
                       parsed.options.emplace_back(name, std::vector<std::string>{value});
                     return parsed;
                   }));
  layers.push_back(std::move(row));
  MBOXFERRY_TRY(keep_inputs(layers, ""));
  return Options(std::move(layers));
}

Result<Options> read_options(const OptionTable& table, const Arguments& arguments) {
  const po::options_description all = all_of(table);
  MBOXFERRY_ASSIGN(Layer command_line, read_command_line(table, all, arguments));
  MBOXFERRY_ASSIGN(Layer environment, read_environment(all));
  std::vector<Layer> layers;
  auto job_file = command_line.get<std::string>("config");
  if (!job_file) job_file = environment.get<std::string>("config");
  if (job_file) {
    MBOXFERRY_ASSIGN(Layer file, read_job_file(all, *job_file));
    layers.push_back(std::move(file));
  }
  layers.push_back(std::move(environment));
  layers.push_back(std::move(command_line));
  MBOXFERRY_TRY(keep_inputs(layers, table.positional));
  return Options(std::move(layers));
}

}  // namespace mboxferry::cli
