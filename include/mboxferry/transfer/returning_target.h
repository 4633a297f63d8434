// SPDX-License-Identifier: Apache-2.0
// A target that connects again when its connection is lost.
#pragma once

#include <functional>
#include <memory>

#include "mboxferry/imap/target.h"
#include "mboxferry/transfer/patient_target.h"

namespace mboxferry::transfer {

using ConnectToRead = std::function<Result<std::unique_ptr<imap::ReadOnlyTarget>>()>;

/// A target that is patient() and, when the connection ends, gets another one from `connect`, opens
/// the mailbox that was open, and goes on where it was. Nine connections in a row without one
/// answer between them are the end: the error is passed on. A mailbox whose UIDVALIDITY has changed
/// meanwhile is an error of scope session, `try_later`. Errors of the first connection: those of
/// `connect`.
Result<std::unique_ptr<imap::ReadOnlyTarget>> returning(ConnectToRead connect, Waits waits);

}  // namespace mboxferry::transfer
