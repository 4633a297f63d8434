// SPDX-License-Identifier: Apache-2.0
// A folder whose mail lies in another folder's mailbox, as the server refuses its own name.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mboxferry/base/result.h"
#include "transfer/mailboxes.h"
#include "transfer/presence_check.h"
#include "transfer/source_folders.h"

namespace mboxferry::transfer {

/// The error that keeps a job from storing that mail once more under a third name, with the options
/// that put both folders into the one mailbox; nothing where there is no such folder.
Result<std::optional<Error>> shared_by_spelling(std::span<const Presence> found,
                                                std::span<const SourceFolder> sources,
                                                const Directory& directory,
                                                const journal::Journal& journal);

}  // namespace mboxferry::transfer
