// SPDX-License-Identifier: Apache-2.0
// The From_ line that separates messages.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/time.h"

namespace mboxferry::mbox {

/// What a From_ line says.
struct Envelope {
  std::string sender;             ///< at most 320 bytes kept
  std::optional<Timestamp> date;  ///< zone 0 when the line names none (asctime is UTC or local)
  bool exporter_form = false;     ///< `From - ` (Mozilla), `From ???@???` (Eudora) or git's fixed
                                  ///< date: not the message's
};

/// Parses a line without its line end, `From ` included, in all the forms of archives.md
/// "Splitting". Nothing when it is not a plausible From_ line.
std::optional<Envelope> parse_envelope(std::string_view line);

}  // namespace mboxferry::mbox
