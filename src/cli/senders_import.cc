// SPDX-License-Identifier: Apache-2.0
// mboxferry senders import: lists of other programs in our form.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>

#include "cli/exit_codes.h"
#include "cli/import_csv.h"
#include "cli/senders.h"
#include "cli/small_file.h"
#include "mboxferry/base/output_file.h"
#include "mboxferry/message/digest.h"
#include "mboxferry/policy/import.h"
#include "mboxferry/report/json_stream.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/sieve/import.h"

namespace mboxferry::cli {
namespace {

using policy::EntryKind;
using policy::ImportFormat;

constexpr std::string_view kListBeginning = "# Sender list, imported by mboxferry";
// More lines with one reason are told by their numbers.
constexpr std::size_t kMostTexts = 5;

struct ImportedFile {
  std::string path;
  ImportFormat format = ImportFormat::map;
  policy::ImportResult result;
};

struct ImportSettings {
  std::optional<ImportFormat> format;
  EntryKind kind = EntryKind::block;
};

Result<ImportSettings> read_import_settings(const Options& options) {
  ImportSettings settings;
  const std::string format = options.text("format");
  for (const ImportFormat each :
       {ImportFormat::spamassassin, ImportFormat::map, ImportFormat::postfix, ImportFormat::csv,
        ImportFormat::gmail, ImportFormat::sieve})
    if (policy::format_name(each) == format) settings.format = each;
  if (!settings.format && !format.empty() && format != "auto")
    return bad_value("format", "auto, spamassassin, map, postfix, csv, gmail or sieve");
  const std::string kind = options.text("as");
  if (!kind.empty() && kind != "block" && kind != "allow") return bad_value("as", "block or allow");
  if (kind == "allow") settings.kind = EntryKind::allow;
  return settings;
}

std::vector<policy::ImportResult*> of_spamassassin(std::vector<ImportedFile>& files) {
  std::vector<policy::ImportResult*> results;
  for (ImportedFile& file : files)
    if (file.format == ImportFormat::spamassassin) results.push_back(&file.result);
  return results;
}

Result<ImportedFile> import_file(const std::string& path, const ImportSettings& settings,
                                 std::vector<ImportedFile>& earlier) {
  ImportedFile file;
  file.path = path;
  MBOXFERRY_ASSIGN(const std::string text, policy::read_import(path));
  file.format = settings.format.value_or(policy::guess_format(text));
  switch (file.format) {
    case ImportFormat::spamassassin:
      policy::import_spamassassin(text, path, of_spamassassin(earlier), file.result);
      break;
    case ImportFormat::map:
      policy::import_map(text, settings.kind, file.result);
      break;
    case ImportFormat::postfix:
      policy::import_postfix(text, file.result);
      break;
    case ImportFormat::csv:
      MBOXFERRY_TRY(import_csv(path, settings.kind, file.result));
      break;
    case ImportFormat::gmail:
      policy::import_gmail(text, file.result);
      break;
    case ImportFormat::sieve:
      sieve::import_script(text, file.result);
      break;
  }
  return file;
}

/// "3-5, 9".
std::string ranges(const std::vector<std::uint64_t>& lines) {
  std::string text;
  for (std::size_t i = 0; i < lines.size();) {
    std::size_t end = i;
    while (end + 1 < lines.size() && lines[end + 1] <= lines[end] + 1) ++end;
    text += fmt::format("{}{}", text.empty() ? "" : ", ", lines[i]);
    if (lines[end] > lines[i]) text += fmt::format("-{}", lines[end]);
    i = end + 1;
  }
  return text;
}

/// On standard error, as the list may be on the other.
void tell(const ImportedFile& file) {
  std::map<std::string, std::vector<const policy::NotImported*>> by_reason;
  std::vector<std::string> order;
  for (const policy::NotImported& one : file.result.not_imported()) {
    auto& same = by_reason[one.reason];
    if (same.empty()) order.push_back(one.reason);
    same.push_back(&one);
  }
  for (const std::string& reason : order) {
    const auto& same = by_reason[reason];
    if (same.size() <= kMostTexts) {
      for (const policy::NotImported* one : same)
        say(fmt::format("{} line {}: '{}' {}", file.path, one->line, report::printable(one->text),
                        report::printable(reason)));
      continue;
    }
    std::vector<std::uint64_t> lines;
    for (const policy::NotImported* one : same) lines.push_back(one->line);
    say(fmt::format("{} lines {}: each {}", file.path, ranges(lines), report::printable(reason)));
  }
  const std::size_t entries = file.result.entries().size();
  say(fmt::format("{}: read as {}: {} imported, {} not", file.path,
                  policy::format_name(file.format),
                  entries == 1 ? "1 entry" : fmt::format("{} entries", entries),
                  report::counted(file.result.not_imported().size(), "line")));
}

Result<void> write_import_document(report::TextOutput& out,
                                   const std::vector<ImportedFile>& files) {
  report::JsonStream json(out);
  json.begin_object().member("schema", "mboxferry.senders-import/1").key("entries").begin_array();
  for (const ImportedFile& file : files) {
    for (const policy::ImportedEntry& entry : file.result.entries())
      json.begin_object()
          .member("kind", policy::kind_name(entry.kind))
          .member("pattern", entry.pattern)
          .member("authenticated", entry.authenticated)
          .member("source_line", entry.line)
          .member("file", file.path)
          .end_object();
  }
  json.end_array().key("not_imported").begin_array();
  for (const ImportedFile& file : files) {
    for (const policy::NotImported& one : file.result.not_imported())
      json.begin_object()
          .member("line", one.line)
          .member("text", one.text)
          .member("reason", one.reason)
          .member("file", file.path)
          .end_object();
  }
  return json.end_array().end_object().end_line().result();
}

/// The second line of a list that was imported into a file.
std::string digest_line(std::string_view list) {
  message::Digest digest;
  digest.update(list);
  return fmt::format("# {} is the digest of what follows, until you change it\n",
                     message::to_hex(digest.finish()).substr(0, 16));
}

/// What its owner added to a list that was imported is not written over.
Result<void> refuse_changed_list(const std::string& path) {
  std::error_code ignored;
  if (path.empty() || !std::filesystem::is_regular_file(path, ignored)) return ok();
  MBOXFERRY_ASSIGN(const std::string text, policy::read_import(path));
  if (!text.starts_with(kListBeginning)) return ok();  // refused as another's file
  const std::size_t second = std::min(text.find('\n'), text.size() - 1) + 1;
  const std::size_t third = std::min(text.find('\n', second), text.size() - 1) + 1;
  const std::string_view all(text);
  if (all.substr(second, third - second) == digest_line(all.substr(third))) return ok();
  return Error{ErrorCode::cannot_create, fmt::format("{} was changed since it was imported", path),
               "name another --output and merge the two, or delete this one"};
}

}  // namespace

Result<void> write_sender_text(const std::string& path, std::string_view text,
                               std::string_view beginning, Context& context) {
  if (path.empty()) return context.out.write(text);
  return replace_own_file(path, text, beginning);
}

Result<int> import_senders(const Options& options, const Operands& operands, Context& context) {
  MBOXFERRY_ASSIGN(const ImportSettings settings, read_import_settings(options));
  if (operands.empty())
    return Error{ErrorCode::usage, "no file is named", "name a list of another program"};
  const bool json = options.has_flag("json");
  if (json && !options.text("output").empty())
    return Error{ErrorCode::usage, "--json and --output exclude each other", "choose one"};
  std::vector<ImportedFile> files;
  for (const std::string& path : operands) {
    MBOXFERRY_ASSIGN(ImportedFile file, import_file(path, settings, files));
    files.push_back(std::move(file));
  }
  if (json) {
    MBOXFERRY_TRY(write_import_document(context.out, files));
    return kExitSuccess;
  }
  std::vector<policy::ImportedEntry> entries;
  for (const ImportedFile& file : files) {
    tell(file);
    entries.insert(entries.end(), file.result.entries().begin(), file.result.entries().end());
  }
  const std::string output = options.text("output");
  MBOXFERRY_TRY(refuse_changed_list(output));
  const std::string list = policy::list_text(entries);
  MBOXFERRY_TRY(write_sender_text(
      output,
      fmt::format("{}\n{}{}", kListBeginning, output.empty() ? "" : digest_line(list), list),
      kListBeginning, context));
  return kExitSuccess;
}

}  // namespace mboxferry::cli
