// SPDX-License-Identifier: Apache-2.0
// What a job gets from the world: the server, and the machine's clock.
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/transfer/job.h"
#include "mboxferry/transfer/settings.h"

namespace mboxferry::transfer {

namespace {

/// What servers say that the user has to see, from any thread, each text once.
class ServerNotices {
 public:
  void add(std::string_view line) {
    constexpr std::size_t kMost = 100;
    const std::scoped_lock lock(mutex_);
    if (told_.size() < kMost && told_.emplace(line).second) lines_.emplace_back(line);
  }
  std::vector<std::string> take() {
    const std::scoped_lock lock(mutex_);
    return std::exchange(lines_, {});
  }

 private:
  std::mutex mutex_;
  std::set<std::string> told_;
  std::vector<std::string> lines_;
};

}  // namespace

Environment real_environment(const JobSettings& settings, const Cancellation& interrupt) {
  imap::ConnectionOptions options = settings.connection;
  options.interrupt = &interrupt;
  const auto notices = std::make_shared<ServerNotices>();
  options.tell = [notices](std::string_view line) { notices->add(line); };
  return {[&settings, options, knowledge = std::make_shared<imap::ServerKnowledge>()](
              const imap::BeforeLogin& before_login) {
            return imap::connect(settings.account, options, settings.append_mode, knowledge,
                                 before_login);
          },
          &system_clock(), [notices] { return notices->take(); }};
}

}  // namespace mboxferry::transfer
