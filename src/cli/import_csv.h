// SPDX-License-Identifier: Apache-2.0
// Sender lists in CSV files.
#pragma once

#include <string>

#include "mboxferry/base/result.h"
#include "mboxferry/policy/import.h"

namespace mboxferry::cli {

/// With a header, the column of addresses and that of what they are; without, the first column.
/// `kind`: what rows mean that do not say. Fails when the file cannot be read.
Result<void> import_csv(const std::string& path, policy::EntryKind kind,
                        policy::ImportResult& result);

}  // namespace mboxferry::cli
