// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever asks the loopback listener, nothing ends the login without its state, and
// what is shown is fit to be shown.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "auth/redirect_request.h"

using namespace mboxferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view request(reinterpret_cast<const char*>(data), size);
  const auto redirect = auth::read_redirect(request, "/", "S");
  if (!redirect) return 0;
  const std::string text = redirect->error + redirect->description;
  const std::string_view code = redirect->code.reveal();
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!printable || text.size() > 600 || (redirect->error.empty() && code.empty())) std::abort();
  if (request.find('S') == std::string_view::npos && request.find('%') == std::string_view::npos)
    std::abort();
  return 0;
}
