// SPDX-License-Identifier: Apache-2.0
// What files beside the mail say of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "archive/message_table.h"
#include "mboxferry/archive/not_read.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// One line about all files of metadata_reason() in the list; empty when there is none. `counted`:
/// those of them that say how many messages they are about.
Result<std::string> metadata_notice(const NotReadList& not_read, const UnreadNotes& counted);

/// The line about messages whose keyword letters no list of keywords explains.
std::string lost_keywords(std::uint64_t messages);

/// The line about messages whose marks and labels were read from files beside them.
std::string noted_messages(std::uint64_t messages);

/// A line for each kind of trouble with such files.
std::vector<std::string> note_trouble_lines(const NoteTroubles& troubles);

}  // namespace mboxferry::archive
