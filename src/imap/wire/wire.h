// SPDX-License-Identifier: Apache-2.0
// A stream and what is shown of it.
#pragma once

#include "imap/wire/wire_stream.h"
#include "imap/wire/wire_trace.h"

namespace mboxferry::imap {

struct Wire {
  WireStream& stream;
  WireTrace sent;
  WireTrace received;
};

}  // namespace mboxferry::imap
