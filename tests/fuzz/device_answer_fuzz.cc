// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever a device endpoint answers, what the user is shown is fit to be shown. The
// first two bytes are the status.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "mboxferry/auth/device_login.h"

using namespace mboxferry;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  http::Answer from;
  from.status = data[0] * 256 + data[1];
  from.body = Secret(std::string(reinterpret_cast<const char*>(data) + 2, size - 2));
  const auto code = auth::read_device_answer(from, {});
  const std::string text = code ? code->page + " " + code->user_code : describe(code.error());
  const bool printable =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
  if (!printable || text.size() > 2000) std::abort();
  if (code &&
      (code->page.rfind("https://", 0) != 0 || code->interval.count() < 1 ||
       code->interval.count() > 60 || code->lifetime.count() < 1 || code->lifetime.count() > 3600))
    std::abort();
  return 0;
}
