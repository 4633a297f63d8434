// SPDX-License-Identifier: Apache-2.0
// One JSON object a line, for programs that watch.
#pragma once

#include "mboxferry/report/text_output.h"

namespace mboxferry::report {

/// Writes what was spooled and a line end; failing writes are ignored.
inline void put_json_line(int descriptor, const Spool& spool) {
  DescriptorOutput out(descriptor, "standard error");
  if (spool.copy_to(out) && out.write("\n")) static_cast<void>(out.flush());
}

}  // namespace mboxferry::report
