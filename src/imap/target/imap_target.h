// SPDX-License-Identifier: Apache-2.0
// The IMAP target on any stream.
#pragma once

#include <memory>
#include <string>

#include "imap/tls/byte_stream.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// As connect() on a stream that is secured already and has the greeting to come. Tags begin with
/// `tag_prefix`, but for those that count from 1 on for LIST, SELECT and STATUS. For tests.
Result<std::unique_ptr<Target>> connect_on(std::unique_ptr<ByteStream> stream,
                                           const Account& account, const ConnectionOptions& options,
                                           AppendMode wanted, const std::string& tag_prefix);

}  // namespace mboxferry::imap
