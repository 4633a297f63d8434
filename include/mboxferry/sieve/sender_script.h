// SPDX-License-Identifier: Apache-2.0
// Sender lists as a Sieve script (RFC 5228), for mail that arrives after a migration.
#pragma once

#include <cstddef>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/policy/sender_lists.h"

namespace mboxferry::sieve {

struct ScriptSettings {
  /// What the server has, as its SIEVE capability says; `fileinto` is needed.
  std::set<std::string, std::less<>> extensions;
  std::string junk_mailbox = "Junk";
  bool junk_is_named = false;  ///< whoever made the settings knows that the server's has this name
  bool sender_field = false;   ///< block entries are compared with Sender, too
  bool block_wins = false;
  bool proven_only = false;    ///< allow entries count for authenticated senders only
  std::size_t most_bytes = 0;  ///< the server's limit for a script; 0: none
  /// Only the block entries with these numbers, counted from 0: a list that is too long for one
  /// script may be in several, each with all allow entries.
  std::size_t block_begin = 0;
  std::size_t block_end = std::numeric_limits<std::size_t>::max();
};

/// How every script begins that is made here.
inline constexpr std::string_view kScriptHead = "# Sender lists, made by mboxferry";

struct SenderScript {
  std::string text;
  std::vector<std::string> notes;  ///< what the script cannot do, a sentence each
};

/// Files mail of blocked senders into Junk with the keyword `$Junk`, unless an allow entry speaks
/// for it; everything else is left to what comes after the script. Names only the extensions that
/// it uses. Fails with `configuration` when the server cannot file mail, and when the script is
/// longer than the server's limit.
Result<SenderScript> make_sender_script(const policy::SenderLists& lists,
                                        const ScriptSettings& settings);

/// `text` as a quoted string of Sieve.
std::string quoted_string(std::string_view text);

}  // namespace mboxferry::sieve
