// SPDX-License-Identifier: Apache-2.0
// One question to one server.
#pragma once

#include "dns/connection.h"
#include "dns/message.h"

namespace mboxferry::dns {

struct AskOptions {
  bool recursive = false;
  bool wants_proof = false;
  bool without_checking = false;  ///< the CD bit: answers that DNSSEC says are forged, too
};

Result<Reply> ask(const Server& server, const Patience& patience, const Name& name, RecordType type,
                  const AskOptions& options = {});

}  // namespace mboxferry::dns
