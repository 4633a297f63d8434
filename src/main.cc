// SPDX-License-Identifier: Apache-2.0
// The program's entry.
#include <malloc.h>

#include <cstdlib>

#include "mboxferry/cli/app.h"

int main(int argument_count, char** arguments) {
  // A folder is read with some MiB of buffers. The C library would give them back to the system
  // behind each folder, and the next one would get them anew, page by page.
  constexpr int kKept = 4 * 1024 * 1024;
  ::mallopt(M_TOP_PAD, kKept);
  // Without TZ the C library asks for /etc/localtime anew at each date that a library makes out of
  // its parts, which zip and tar do several times a member.
  ::setenv("TZ", ":/etc/localtime", 0);
  return mboxferry::cli::run(argument_count, arguments);
}
