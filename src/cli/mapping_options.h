// SPDX-License-Identifier: Apache-2.0
// Options that say which folders are moved, and into which mailboxes.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/options.h"
#include "mboxferry/plan/labels.h"
#include "mboxferry/plan/mapping.h"

namespace mboxferry::cli {

struct MappingSettings {
  plan::MappingRules rules;                 ///< without the mailbox of the URL
  std::optional<plan::LabelPolicy> labels;  ///< nothing: the user has not said
};

/// Wildcards for plan::FolderFilter.
struct FolderChoice {
  std::vector<std::string> include;
  std::vector<std::string> exclude;
};

/// --include and --exclude.
void add_folder_options(boost::program_options::options_description& group);

/// The value of both, which FolderFilter takes. Error `usage` for one that it does not.
Result<FolderChoice> read_folder_choice(const Options& options);

/// --map, --map-file, --subfolder, --no-special-use, --labels.
void add_mapping_options(boost::program_options::options_description& group);

/// The value of all of these; the rules of --map come before those of --map-file. Errors: `usage`
/// for a value that cannot be, `configuration` for the file, with its line.
Result<MappingSettings> read_mapping_settings(const Options& options);

}  // namespace mboxferry::cli
