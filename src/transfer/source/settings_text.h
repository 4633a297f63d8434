// SPDX-License-Identifier: Apache-2.0
// What decides which bytes of an archive go where, as the text that a journal keeps.
#pragma once

#include <string>

#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

/// Everything that a job may not change half-way. Two jobs with the same text send the same mail to
/// the same places.
std::string settings_text(const JobSettings& settings);

}  // namespace mboxferry::transfer
