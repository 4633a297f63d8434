// SPDX-License-Identifier: Apache-2.0
// What files beside the mail say of it.
#pragma once

#include <string>

#include "mboxferry/archive/not_read.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// One line about all files of metadata_reason() in the list; empty when there is none.
Result<std::string> metadata_notice(const NotReadList& not_read);

}  // namespace mboxferry::archive
