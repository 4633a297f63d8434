// SPDX-License-Identifier: Apache-2.0
// Compares each value with each folder.
#include "cli/unmet_choice.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>

#include "cli/command.h"
#include "mboxferry/journal/journal.h"
#include "mboxferry/report/printable.h"
#include "mboxferry/transfer/folder_index.h"

namespace mboxferry::cli {
namespace {

// As many as help somebody who looks for the right one.
constexpr std::size_t kMostFoldersNamed = 8;
constexpr const char* kTheseArchives = "these archives";
constexpr const char* kExclude = "--exclude";

std::string named_text(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names)
    text += (text.empty() ? "" : ", ") + report::printable(name);
  return text;
}

}  // namespace

std::string UnmetChoice::Value::likeliest() const {
  return lying_there.empty() ? nearest.best() : fmt::format("{}", fmt::join(lying_there, ", "));
}

Result<void> UnmetChoice::add(const char* option, const std::string& text,
                              const std::optional<plan::MapRule>& rule) {
  MBOXFERRY_ASSIGN(auto filter, plan::FolderFilter::create({text}, {}));
  values_.push_back({option, text, std::move(filter), rule, NearestName(text), false, {}});
  return ok();
}

Result<UnmetChoice> UnmetChoice::create(const std::vector<std::string>& include,
                                        const std::vector<std::string>& exclude,
                                        const std::vector<plan::MapRule>& maps) {
  UnmetChoice choice;
  for (const std::string& text : include) MBOXFERRY_TRY(choice.add("--include", text, {}));
  for (const std::string& text : exclude) MBOXFERRY_TRY(choice.add(kExclude, text, {}));
  for (const plan::MapRule& rule : maps)
    MBOXFERRY_TRY(choice.add(rule.of_many ? "--map-file" : "--map", rule.from, rule));
  return choice;
}

Result<void> UnmetChoice::see(const archive::Archive& archive) {
  if (!any()) return ok();
  for (const archive::Folder& folder : archive.folders()) {
    see_folder(folder.label());
    for (const auto& path : folder.other_paths) see_folder(fmt::format("{}", fmt::join(path, "/")));
    see_place(folder);
  }
  for (const auto kind : {archive::NotReadKind::unread, archive::NotReadKind::not_mail}) {
    MBOXFERRY_TRY(archive.not_read().each(kind, [&](const archive::NotRead& one) {
      for (Value& value : values_) value.met = value.met || value.filter.admits_file(one.name);
      return ok();
    }));
  }
  return ok();
}

void UnmetChoice::see_folder(std::string_view path) {
  if (some_folders_.size() < kMostFoldersNamed &&
      std::find(some_folders_.begin(), some_folders_.end(), path) == some_folders_.end())
    some_folders_.emplace_back(path);
  for (Value& value : values_) {
    if (value.met) continue;
    value.met = value.rule ? plan::rule_matches(*value.rule, path) : value.filter.admits(path);
    for (std::size_t end = path.find('/'); end != std::string_view::npos;
         end = path.find('/', end + 1))
      value.nearest.see(path.substr(0, end));
    value.nearest.see(path);
  }
}

/// Directories that all folders have are no part of their names, and scan shows them.
void UnmetChoice::see_place(const archive::Folder& folder) {
  const std::string place = folder.inner_place();
  if (place.empty()) return;
  for (Value& value : values_) {
    const bool lies_there = !value.met && (value.rule ? plan::rule_matches(*value.rule, place)
                                                      : value.filter.admits_file(place));
    if (lies_there && value.lying_there.size() < kMostFoldersNamed)
      value.lying_there.push_back(folder.label());
  }
}

void UnmetChoice::forgive_fixed() {
  for (Value& value : values_) value.met = value.met || value.option != kExclude;
}

void UnmetChoice::forgive_maps() {
  for (Value& value : values_) value.met = value.met || value.rule;
}

bool UnmetChoice::any() const {
  return std::any_of(values_.begin(), values_.end(), [](const Value& one) { return !one.met; });
}

bool UnmetChoice::any_map() const {
  return std::any_of(values_.begin(), values_.end(),
                     [](const Value& one) { return !one.met && one.rule; });
}

bool UnmetChoice::any_error() const {
  return std::any_of(values_.begin(), values_.end(),
                     [](const Value& one) { return !one.met && one.option != kExclude; });
}

Result<void> UnmetChoice::check(std::string_view where) const {
  const bool file_is_met = std::any_of(values_.begin(), values_.end(), [](const Value& one) {
    return one.met && one.rule && one.rule->of_many;
  });
  std::vector<std::string> wrong;
  std::vector<std::string> nearest;
  for (const Value& value : values_) {
    if (value.met) continue;
    const bool is_many = value.rule && value.rule->of_many;
    const bool is_precaution = value.option == kExclude;
    if (is_precaution || (is_many && file_is_met)) {
      const std::string near = value.likeliest();
      say(fmt::format("no folder in {} is {}, which {} names{}", report::printable(where),
                      report::printable(value.text), is_precaution ? kExclude : "--map-file",
                      near.empty() ? "" : "; did you mean " + report::printable(near) + "?"));
      continue;
    }
    wrong.push_back(value.option + (is_many ? ", in the line of " : "=") + value.text);
    if (const std::string near = value.likeliest(); !near.empty()) nearest.push_back(near);
  }
  if (wrong.empty()) return ok();
  const std::size_t others = wrong.size() - std::min(wrong.size(), kMostFoldersNamed);
  wrong.resize(wrong.size() - others);
  const std::string more = others == 0 ? "" : fmt::format(" and {} more", others);
  std::string hint = nearest.empty() ? "" : "did you mean " + named_text(nearest) + "? ";
  hint += some_folders_.empty() ? "there is no folder at all"
                                : "the folders there are " + named_text(some_folders_);
  if (some_folders_.size() == kMostFoldersNamed) hint += ", ...; mboxferry scan lists all";
  return Error{ErrorCode::usage,
               fmt::format("{}{} {} no folder in {}", named_text(wrong), more,
                           wrong.size() + others == 1 ? "names" : "name", report::printable(where)),
               hint};
}

bool may_go_by_labels(const transfer::JobSettings& settings, const archive::Archive& archive) {
  const auto otherwise =
      settings.mapping.mailbox ? plan::LabelPolicy::none : plan::LabelPolicy::first;
  if (settings.labels.value_or(otherwise) == plan::LabelPolicy::none) return false;
  const auto& folders = archive.folders();
  return std::any_of(folders.begin(), folders.end(), [&](const archive::Folder& folder) {
    const auto bytes = archive::open_folder(folder);
    if (!bytes) return false;
    const auto survey = transfer::survey_place(folder, **bytes, settings.index);
    return survey && survey->has_labels;
  });
}

Result<void> check_choice(const FolderChoice& folders, std::span<const archive::Archive> archives) {
  MBOXFERRY_ASSIGN(UnmetChoice choice, UnmetChoice::create(folders.include, folders.exclude));
  for (const archive::Archive& archive : archives) MBOXFERRY_TRY(choice.see(archive));
  return choice.check(archives.size() == 1 ? archives.front().path() : kTheseArchives);
}

Result<void> check_choice(const transfer::JobSettings& settings,
                          std::span<const archive::Archive> archives) {
  MBOXFERRY_ASSIGN(UnmetChoice choice,
                   UnmetChoice::create(settings.include, settings.exclude, settings.mapping.maps));
  for (const archive::Archive& archive : archives) MBOXFERRY_TRY(choice.see(archive));
  if (settings.senders.reroutes()) choice.see_folder("Junk");
  std::error_code ignored;
  if (!choice.any()) return ok();
  if (const std::string& path = settings.journal_path;
      !path.empty() && std::filesystem::exists(path, ignored)) {
    const auto journal = journal::Journal::open(path, journal::OpenMode::read_only);
    const auto folders =
        journal ? (*journal)->folders() : Result<std::vector<journal::FolderRow>>(journal.error());
    if (folders && !folders->empty()) choice.forgive_fixed();
    if (folders)
      for (const journal::FolderRow& folder : *folders) choice.see_folder(folder.path);
  }
  const bool by_labels =
      choice.any_map() && std::any_of(archives.begin(), archives.end(), [&](const auto& archive) {
        return may_go_by_labels(settings, archive);
      });
  if (by_labels) choice.forgive_maps();
  return choice.check(settings.archives.size() == 1 ? settings.archives.front() : kTheseArchives);
}

}  // namespace mboxferry::cli
