// SPDX-License-Identifier: Apache-2.0
// Folders whose mail lies in one mailbox, though each would get one of its own.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "mboxferry/base/result.h"
#include "transfer/check/presence_check.h"
#include "transfer/mailbox/mailboxes.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {

/// The error that keeps a job from storing that mail once more under another name, with the options
/// that put the folders into the one mailbox; nothing where there are none such. The server may
/// have refused a folder's own name, or another command have given them one mailbox.
Result<std::optional<Error>> mail_in_one_place(std::span<const Presence> found,
                                               std::span<const SourceFolder> sources,
                                               const Directory& directory,
                                               const journal::Journal& journal);

}  // namespace mboxferry::transfer
