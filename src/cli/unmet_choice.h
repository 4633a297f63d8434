// SPDX-License-Identifier: Apache-2.0
// What --map, --map-file, --include and --exclude name and no archive has: a folder whose name was
// mistyped would go where nobody asked, or be left behind.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/mapping_options.h"
#include "cli/suggestion.h"
#include "mboxferry/archive/archive.h"
#include "mboxferry/plan/folder_filter.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::cli {

/// Told of folders, knows which values of these options none of them has met.
class UnmetChoice {
 public:
  /// Error `usage`: as FolderFilter::create().
  static Result<UnmetChoice> create(const std::vector<std::string>& include,
                                    const std::vector<std::string>& exclude,
                                    const std::vector<plan::MapRule>& maps = {});

  /// All of its folders, and what it lists as not read.
  Result<void> see(const archive::Archive& archive);
  /// A folder's path, `/` between its levels.
  void see_folder(std::string_view path);
  /// Maps and includes are what a job that has begun keeps to: there is nothing to mistype.
  void forgive_fixed();
  void forgive_maps();
  [[nodiscard]] bool any() const;
  [[nodiscard]] bool any_map() const;
  /// One that check() makes an error of, however many archives there are.
  [[nodiscard]] bool any_error() const;

  /// Error `usage`, with the names that are nearest. Of rules that are for many archives one must
  /// be met; the others are told, and so is what is to be left out and is not there: as a
  /// precaution it may name more than there is. `where`: "Mail", "accounts.csv".
  [[nodiscard]] Result<void> check(std::string_view where) const;

 private:
  struct Value {
    std::string option;  ///< "--map"
    std::string text;
    plan::FolderFilter filter;
    std::optional<plan::MapRule> rule;
    NearestName nearest;
    bool met = false;
    std::vector<std::string> lying_there;  ///< names of folders whose path in the archive it is

    [[nodiscard]] std::string likeliest() const;
  };
  UnmetChoice() = default;
  void see_place(const archive::Folder& folder);
  Result<void> add(const char* option, const std::string& text,
                   const std::optional<plan::MapRule>& rule);

  std::vector<Value> values_;
  std::vector<std::string> some_folders_;
};

/// Error `usage`, as UnmetChoice::check(), for a command that only reads.
Result<void> check_choice(const FolderChoice& folders, std::span<const archive::Archive> archives);

/// The same for one job, once its archives are open. A job that has begun keeps to its rules, and
/// may leave out a folder that has gone.
Result<void> check_choice(const transfer::JobSettings& settings,
                          std::span<const archive::Archive> archives);

/// True when labels of a message in it may say where it goes.
bool may_go_by_labels(const transfer::JobSettings& settings, const archive::Archive& archive);

}  // namespace mboxferry::cli
