// SPDX-License-Identifier: Apache-2.0
// What the messages of a journal are called, read from the archives.
#pragma once

#include <functional>
#include <optional>

#include "mboxferry/journal/journal.h"
#include "mboxferry/message/envelope.h"

namespace mboxferry::transfer {

/// Gives nothing when the message cannot be read: the archive was standard input, is not there any
/// more, or holds something else at that place.
using TitleOf = std::function<std::optional<message::Title>(const journal::MessageRow&)>;

/// Finds titles for reports: a journal keeps none. The archives are opened, as the job opened them,
/// when the first is asked for; rows of one folder are best asked for in archive order. Memory does
/// not grow with the messages. One thread. The journal must outlive it.
TitleOf titles_of(const journal::Journal& journal);

}  // namespace mboxferry::transfer
