// SPDX-License-Identifier: Apache-2.0
// Sender lists as scripts on a ManageSieve server, and what was there before.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/policy/sender_lists.h"
#include "mboxferry/sieve/manage_sieve.h"
#include "mboxferry/sieve/sender_script.h"

namespace mboxferry::sieve {

/// The scripts are NAME, and NAME-1 and so on where it includes others.
struct DeploymentSettings {
  std::string name = "mboxferry-senders";
  ScriptSettings script;  ///< what the server has is asked of itself
  /// Make ours active even where it cannot include the script that is active now.
  bool replace_active = false;
  bool dry_run = false;  ///< ask, and change nothing
};

struct StoredScript {
  std::string name;
  std::string content;
};

/// What was on the server before the first push: the active script, and all that a push overwrites.
struct SavedScripts {
  std::string active;  ///< empty: none
  std::vector<StoredScript> scripts;
};

struct Deployment {
  std::vector<StoredScript> scripts;  ///< that are on the server now, or would be
  std::vector<std::string> included;  ///< scripts of the user's own that go on working
  std::string displaced;              ///< the script that is no longer active; empty: none
  std::vector<std::string> notes;     ///< as SenderScript::notes
};

/// Called before anything is changed. `again`: what is active now is a script of an earlier push,
/// so that what was saved then is still right.
using SaveScripts = std::function<Result<void>(const SavedScripts& saved, bool again)>;

/// Uploads the lists, reads every script back and compares it, then makes them active. A script of
/// the user's own that is active is included behind ours and not touched; one that leads to ours
/// already stays active. A script is ours by its name and its first line; another one of such a
/// name stands against it. A list that is too long for one script of this server is split where the
/// server has `include`. When something fails, what was there before is put back. Errors: those of
/// the session; `configuration` when the server, its limits or the active script stand against it;
/// nothing is changed then.
Result<Deployment> push_scripts(ManageSieve& server, const policy::SenderLists& lists,
                                const DeploymentSettings& settings, const SaveScripts& save);

struct RestoreSettings {
  std::string name = DeploymentSettings{}.name;
  bool overwrite = false;  ///< also what its owner has changed or activated since
  bool dry_run = false;    ///< read what is there, and change nothing
};

/// Makes everything as it was saved, byte for byte, and removes what pushes have added. A script of
/// the user's own that has changed since stays as it is, and one that was made active since stays
/// active, unless `overwrite`. Fails with `configuration`, and changes nothing, where the script
/// that would be active leads to ours. Returns what was done, or would be, a line each.
Result<std::vector<std::string>> restore_scripts(ManageSieve& server, const SavedScripts& saved,
                                                 const RestoreSettings& settings);

}  // namespace mboxferry::sieve
