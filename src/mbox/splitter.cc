// SPDX-License-Identifier: Apache-2.0
// The public entry to splitting.
#include "mboxferry/mbox/splitter.h"

#include "mbox/scanner.h"

namespace mboxferry::mbox {

Result<Accounting> split(ByteSource& source, ByteSource& peek, const FolderProfile& profile,
                         MessageSink& sink, const Cancellation& cancel, std::uint64_t resume_at,
                         const Accounting& so_far) {
  Scanner scanner(source, peek, profile, sink, cancel, resume_at, so_far);
  return scanner.run();
}

}  // namespace mboxferry::mbox
