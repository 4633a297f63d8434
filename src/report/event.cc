// SPDX-License-Identifier: Apache-2.0
// Lines for programs on standard error.
#include "mboxferry/report/event.h"

namespace mboxferry::report {

JsonStream& begin_event(JsonStream& json, std::string_view event, std::string_view account,
                        std::int64_t unix_seconds) {
  return json.begin_object()
      .member("event", event)
      .member("time", to_rfc3339({unix_seconds, 0}))
      .member("account", account);
}

std::string text_event(std::string_view event, std::string_view account, std::string_view text,
                       std::int64_t unix_seconds) {
  TextBuffer line;
  JsonStream json(line);
  begin_event(json, event, account, unix_seconds).member("text", text).end_object();
  return line.take() + "\n";
}

}  // namespace mboxferry::report
