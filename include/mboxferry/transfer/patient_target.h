// SPDX-License-Identifier: Apache-2.0
// A target that waits when the server asks for patience, whatever it was asked.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "mboxferry/base/cancellation.h"
#include "mboxferry/base/time.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::transfer {

/// How a target waits. Not owned; outlives it.
struct Waits {
  Clock& clock;
  const Cancellation& interrupt;
  std::function<void(const std::string&)> tell;  ///< told of each wait
};

/// A target that passes everything on to `target` and repeats what is refused with a plea for
/// patience, after the wait that the server asks for. After six waits the error is passed on. What
/// is appended is left to the sender, who knows whose fault a refusal can be.
std::unique_ptr<imap::Target> patient(std::unique_ptr<imap::Target> target, Waits waits);
/// The same.
std::unique_ptr<imap::ReadOnlyTarget> patient(std::unique_ptr<imap::ReadOnlyTarget> target,
                                              Waits waits);

}  // namespace mboxferry::transfer
