// SPDX-License-Identifier: Apache-2.0
// Signal handlers.
#include "cli/signals.h"

#include <unistd.h>

#include <csignal>

#include "cli/exit_codes.h"

namespace mboxferry::cli {
namespace {

/// A handler gets no argument of ours, so this one object is reachable from everywhere.
Cancellation& requested_by_signal() noexcept {
  static Cancellation cancellation;
  return cancellation;
}

extern "C" void on_signal(int) {
  Cancellation& cancellation = requested_by_signal();
  if (cancellation.requested()) ::_exit(kExitInterrupted);
  cancellation.request();
}

}  // namespace

const Cancellation& catch_signals() {
  const Cancellation& cancellation = requested_by_signal();  // made before a handler needs it
  struct sigaction action {};
  action.sa_handler = on_signal;
  sigemptyset(&action.sa_mask);
  // No SA_RESTART: a prompt that waits for a line must wake up.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) {
    struct sigaction before {};
    // What nohup and shells without job control have set to "ignore" stays so.
    if (::sigaction(signal, nullptr, &before) == 0 && before.sa_handler != SIG_IGN)
      ::sigaction(signal, &action, nullptr);
  }
  // A reader that has gone and a limit of the file size are errors of a write, not deaths.
  std::signal(SIGPIPE, SIG_IGN);
  std::signal(SIGXFSZ, SIG_IGN);
  return cancellation;
}

}  // namespace mboxferry::cli
