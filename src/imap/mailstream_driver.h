// SPDX-License-Identifier: Apache-2.0
// libetpan's stream over ours.
#pragma once

#include <libetpan/mailstream.h>

#include "imap/wire_stream.h"
#include "imap/wire_trace.h"
#include "mboxferry/base/handle.h"

namespace mboxferry::imap {

/// What the driver works on; outlives the mailstream.
struct Wire {
  WireStream& stream;
  WireTrace sent;
  WireTrace received;
};

using Mailstream = Handle<mailstream, mailstream_close>;

/// A mailstream that reads and writes `wire`; null when memory is out. What went wrong is in
/// wire.stream.failure().
Mailstream make_mailstream(Wire& wire);

}  // namespace mboxferry::imap
