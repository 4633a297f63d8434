// SPDX-License-Identifier: Apache-2.0
// Error texts.
#include "mboxferry/base/result.h"

namespace mboxferry {

std::string describe(const Error& error) {
  return error.hint.empty() ? error.what : error.what + "; " + error.hint;
}

}  // namespace mboxferry
