// SPDX-License-Identifier: Apache-2.0
// How notices on standard error begin.
#pragma once

#include <unistd.h>

#include <string>

#include "mboxferry/base/time.h"

namespace mboxferry::report {

/// The program's name and, where the lines go into a log and not onto a terminal, date and zone.
inline std::string notice_head(int descriptor, const Clock& clock) {
  std::string head = "mboxferry: ";
  if (::isatty(descriptor) != 1) head += to_rfc3339(local_time(clock.unix_seconds())) + " ";
  return head;
}

}  // namespace mboxferry::report
