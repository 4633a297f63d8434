// SPDX-License-Identifier: Apache-2.0
// Loads libcurl before it is needed.
#include "mboxferry/http/preload.h"

#include "http/curl_library.h"

namespace mboxferry::http {

Result<void> preload() {
  MBOXFERRY_TRY(curl_library());
  return ok();
}

}  // namespace mboxferry::http
