// SPDX-License-Identifier: Apache-2.0
// Named places at which the crash tests kill the process.
#pragma once

#include <array>
#include <string_view>

namespace mboxferry {

/// Every place between two durable effects. The crash suite kills a job at each of them and
/// resumes it, so a new durable step needs a new name here. Data path order.
inline constexpr std::array<std::string_view, 20> kCrashPoints{
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
    "dns-intended",         // a plan's stage is durable, nothing sent to the name server
    "dns-sent",             // the change sent, no answer read
    "dns-answered",         // the answer read, nothing compared, stage as before
    "token-answered",       // a new token granted, not in the store
    "token-kept",           // the store has it, nobody has used it
};

/// True when the environment's MBOXFERRY_CRASH_AT is `name` or `name:N` and this is the Nth
/// passage. `name` is one of kCrashPoints. Thread-safe. Every build has the crash points, so that
/// the build under test is the one that users run; without the variable they only observe.
[[nodiscard]] bool crash_point_is_due(std::string_view name);

/// Ends the process as `kill -9` does.
[[noreturn]] void crash();

/// Kills the process with SIGKILL when `name` is due.
inline void crash_point(std::string_view name) {
  if (crash_point_is_due(name)) crash();
}

/// The same for a place whose effect may still wait in a buffer: `deliver` is called first, and
/// only in a process that is about to die.
template <typename Deliver>
void crash_point(std::string_view name, const Deliver& deliver) {
  if (!crash_point_is_due(name)) return;
  deliver();
  crash();
}

}  // namespace mboxferry
