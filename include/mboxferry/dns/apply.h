// SPDX-License-Identifier: Apache-2.0
// Makes the changes of a plan in a zone, or takes them back.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "mboxferry/dns/apply_state.h"
#include "mboxferry/dns/plan.h"
#include "mboxferry/dns/tsig_key.h"
#include "mboxferry/dns/zone.h"

namespace mboxferry::dns {

/// A way to change a zone. One that cannot do all in one step keeps its own steps, and goes on with
/// them or undoes them when it is asked again.
class ZoneEditor {
 public:
  enum class Outcome {
    done,      ///< so it says; only asking proves it
    conflict,  ///< the zone is not as `before` says, and nothing was changed
    unknown    ///< it was asked for, and the answer did not come or cannot be trusted
  };
  struct Answer {
    Outcome outcome = Outcome::unknown;
    /// What an answer says that nobody has signed: with `unknown`, and not to be believed alone.
    std::optional<Error> unproven = {};
  };

  ZoneEditor() = default;
  ZoneEditor(const ZoneEditor&) = delete;
  ZoneEditor& operator=(const ZoneEditor&) = delete;
  virtual ~ZoneEditor() = default;

  /// Makes all changes, provided that every set is as its `before` says. With an error, nothing was
  /// changed for certain: `login_refused` for a key, `configuration`, `unavailable`, `try_later`.
  virtual Result<Answer> edit(const Name& zone, std::span<const Change> changes) = 0;
  /// Whether the zone has at least `count` different names, as far as it can be listed.
  enum class Size { smaller, reached, unlisted };
  virtual Result<Size> size_of(const Name& zone, std::size_t count) = 0;
};

/// RFC 2136 signed by TSIG (RFC 8945), over TCP: one update, done as a whole.
std::unique_ptr<ZoneEditor> make_update_editor(Server server, TsigKey key,
                                               std::chrono::milliseconds timeout,
                                               const Cancellation* interrupt);

enum class Direction { apply, roll_back };

struct ApplySettings {
  /// Authoritative servers of the zone. The first one is where the editor's changes arrive.
  std::vector<Server> servers;
  std::chrono::milliseconds timeout{10'000};
  std::chrono::seconds wait{60};  ///< for the other servers to have the changes
  const Cancellation* interrupt = nullptr;
  bool force = false;                 ///< a large part of the zone may change
  std::optional<ApplyState> earlier;  ///< how far an earlier run of the plan came
};

/// A server may make a change after the client that asked for it has gone: for so long after an
/// opposite change was begun and not finished, one look proves nothing.
inline constexpr std::chrono::seconds kSettleTime{5};

struct ApplyResult {
  bool changed = false;  ///< false: it was done before
  std::vector<std::string> notes;
};

/// What the zone must be is compared before, and what it is at every server afterwards. `keep`
/// makes each stage durable. Errors: `configuration` when others have changed the zone since the
/// plan was made (nothing was done); those of the editor; `unavailable` when it is not known what
/// became of the change, `protocol` when the server said yes and did something else, `try_later`
/// when a further server does not have it yet.
Result<ApplyResult> apply_plan(const Plan& plan, Direction direction, ZoneEditor& editor,
                               const ApplySettings& settings,
                               const std::function<Result<void>(ApplyStage)>& keep);

}  // namespace mboxferry::dns
