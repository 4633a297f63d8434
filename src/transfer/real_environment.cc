// SPDX-License-Identifier: Apache-2.0
// What a job gets from the world: the server, and the machine's clock.
#include <memory>

#include "mboxferry/transfer/job.h"

namespace mboxferry::transfer {

Environment real_environment(const JobSettings& settings, const Cancellation& interrupt) {
  imap::ConnectionOptions options = settings.connection;
  options.interrupt = &interrupt;
  return {[&settings, options, knowledge = std::make_shared<imap::ServerKnowledge>()](
              const imap::BeforeLogin& before_login) {
            return imap::connect(settings.account, options, settings.append_mode, knowledge,
                                 before_login);
          },
          &system_clock()};
}

}  // namespace mboxferry::transfer
