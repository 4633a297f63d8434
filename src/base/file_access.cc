// SPDX-License-Identifier: Apache-2.0
// Who may read a file that holds secrets.
#include "mboxferry/base/file_access.h"

#include <sys/stat.h>
#include <unistd.h>

namespace mboxferry {

bool others_can_read(mode_t mode, uid_t owner) {
  const mode_t others = owner == ::geteuid() ? S_IRGRP | S_IROTH : S_IROTH;
  return S_ISREG(mode) && (mode & others) != 0;
}

}  // namespace mboxferry
