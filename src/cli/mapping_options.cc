// SPDX-License-Identifier: Apache-2.0
// Reads --map and its kin.
#include "cli/mapping_options.h"

#include <fmt/format.h>

#include <cerrno>
#include <fstream>

#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/plan/folder_filter.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

std::string unescaped(std::string_view text) {
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size() && text[i + 1] == '=') ++i;
    plain += text[i];
  }
  return plain;
}

// Where the `=` between folder and mailbox is; npos when there is none.
std::size_t find_equals(std::string_view rule) {
  for (std::size_t i = 0; i < rule.size(); ++i) {
    if (rule[i] == '=' && (i == 0 || rule[i - 1] != '\\')) return i;
  }
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  constexpr const char* kBlanks = " \t\r";
  const std::size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlanks) + 1 - begin);
}

// Nothing when `text` is no rule.
std::optional<plan::MapRule> parse_rule(std::string_view text, bool trim) {
  const std::size_t equals = find_equals(text);
  if (equals == std::string_view::npos || !is_utf8(text)) return std::nullopt;
  const auto part = [&](std::string_view side) { return unescaped(trim ? trimmed(side) : side); };
  plan::MapRule rule{part(text.substr(0, equals)), part(text.substr(equals + 1))};
  if (rule.from.empty() || rule.to.empty()) return std::nullopt;
  return rule;
}

Result<void> read_map_file(const std::string& path, std::vector<plan::MapRule>& rules) {
  MBOXFERRY_TRY(refuse_writable_by_others("map file", path));
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  const std::string hint =
      "each line is FOLDER=MAILBOX in UTF-8, with \\= for a = in FOLDER; lines "
      "that begin with # are comments";
  std::size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    std::string_view text = line;
    if (++number == 1 && text.starts_with(kByteOrderMark)) text.remove_prefix(3);
    text = trimmed(text);
    if (text.empty() || text.front() == '#') continue;
    auto rule = parse_rule(text, true);
    if (!rule) {
      return Error{ErrorCode::configuration,
                   fmt::format("line {} of the map file {} is no rule", number, path), hint};
    }
    rule->of_many = true;
    rules.push_back(*std::move(rule));
  }
  if (file.eof() && !file.bad()) return ok();
  return Error{ErrorCode::configuration,
               fmt::format("cannot read the map file {}: {}", path, errno_text(errno)),
               "name one with --map-file"};
}

Result<std::optional<plan::LabelPolicy>> read_label_policy(const std::string& name) {
  const auto policy = plan::label_policy_from_name(name);
  if (policy || name.empty()) return policy;
  return Error{ErrorCode::usage, "--labels has a value that is not known",
               "it takes first, all or none"};
}

po::typed_value<std::vector<std::string>>* list_value() {
  return po::value<std::vector<std::string>>()->composing();
}

}  // namespace

void add_folder_options(po::options_description& group) {
  group.add_options()  //
      ("include", list_value()->value_name("FOLDER"),
       "only this folder and what is below it; may have wildcards, and be given several times")  //
      ("exclude", list_value()->value_name("FOLDER"),
       "leave this folder out, and what is below it; beats --include");
}

Result<FolderChoice> read_folder_choice(const Options& options) {
  FolderChoice choice{options.texts("include"), options.texts("exclude")};
  MBOXFERRY_TRY(plan::FolderFilter::create(choice.include, choice.exclude));
  return choice;
}

void add_mapping_options(po::options_description& group) {
  group.add_options()  //
      ("map", list_value()->value_name("FOLDER=MAILBOX"),
       "put a folder, and what is below it, into this mailbox; FOLDER may have the wildcards * and "
       "?, and \\= for a =; may be given several times, the first that matches counts")  //
      ("map-file", po::value<std::string>()->value_name("FILE"),
       "more such rules, one a line")  //
      ("subfolder", po::value<std::string>()->value_name("MAILBOX"),
       "put everything below this mailbox")  //
      ("no-special-use", flag(),
       "do not put Sent, Drafts, Junk, Trash and Archive, in any language, into the mailboxes that "
       "the server has for them")  //
      ("labels", po::value<std::string>()->value_name("WHICH"),
       "into which mailboxes a message with Gmail labels goes: that of the first, of all, or none "
       "(where its folder goes); labels without a mailbox become keywords");
}

Result<MappingSettings> read_mapping_settings(const Options& options) {
  MappingSettings settings;
  for (const std::string& text : options.texts("map")) {
    auto rule = parse_rule(text, false);
    if (!rule) {
      return Error{ErrorCode::usage, "--map has a value that is no rule",
                   "it takes FOLDER=MAILBOX, in UTF-8"};
    }
    settings.rules.maps.push_back(*std::move(rule));
  }
  if (const std::string path = options.text("map-file"); !path.empty()) {
    MBOXFERRY_TRY(read_map_file(path, settings.rules.maps));
  }
  settings.rules.subfolder = options.text("subfolder");
  settings.rules.special_use = !options.has_flag("no-special-use");
  MBOXFERRY_ASSIGN(settings.labels, read_label_policy(options.text("labels")));
  return settings;
}

}  // namespace mboxferry::cli
