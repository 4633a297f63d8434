// SPDX-License-Identifier: Apache-2.0
// Named places at which the crash tests kill the process.
#pragma once

#include <array>
#include <string_view>

namespace mboxferry {

/// Every place between two durable effects. The crash suite kills a job at each of them and
/// resumes it, so a new durable step needs a new name here. Data path order.
inline constexpr std::array<std::string_view, 15> kCrashPoints{
    "journal-created",      // schema committed, nothing indexed
    "index-chunk",          // some messages indexed, not all
    "index-done",           // a folder's index is complete
    "mailbox-created",      // CREATE answered OK, journal does not know
    "mailbox-recorded",     // the journal knows the mailbox
    "batch-intended",       // intent committed, no byte sent
    "batch-half-sent",      // some bytes of a batch sent
    "batch-last-byte",      // all but the command's final line end sent
    "batch-sent",           // everything sent, no reply read
    "batch-answered",       // reply read, not in the journal
    "batch-confirmed",      // confirmation committed
    "message-quarantined",  // refused message in the quarantine, not in the journal
    "reconcile-looked",     // server looked at, nothing decided
    "reconcile-decided",    // decision committed
    "retry-planned",        // refused messages planned again, nothing sent
};

/// In builds with MBOXFERRY_CRASH_POINTS (dev and the sanitizers): kills the process with SIGKILL
/// when the environment's MBOXFERRY_CRASH_AT is `name` or `name:N` and this is the Nth passage.
/// Elsewhere nothing at all. `name` is one of kCrashPoints.
#ifdef MBOXFERRY_CRASH_POINTS
void crash_point(std::string_view name);
#else
inline void crash_point(std::string_view) {}
#endif

}  // namespace mboxferry
