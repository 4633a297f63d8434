// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever a server says, reading it stays within the bytes and its promises.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "imap/reply/capability_list.h"
#include "imap/reply/fetch_reply.h"
#include "imap/reply/response_codes.h"
#include "imap/wire/input_guard.h"
#include "imap/wire/reply_line.h"
#include "imap/wire/wire_trace.h"
#include "mboxferry/base/words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace mboxferry;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);

  const auto inside = [&](std::string_view part) {
    return part.empty() || (part.data() >= bytes.data() &&
                            part.data() + part.size() <= bytes.data() + bytes.size());
  };
  if (const auto line = imap::parse_reply_line(bytes)) {
    if (!inside(line->text) || !inside(line->code_arguments)) std::abort();
    if (line->kind == imap::ReplyLine::Kind::tagged && line->tag.empty()) std::abort();
    imap::meaning_of(line->code, line->text);
    imap::parse_capabilities(line->text);
    imap::parse_append_uid(line->code_arguments, 3);
    if (const auto items = imap::parse_fetch_items(line->text); items && items->body) {
      if (!inside(*items->body)) std::abort();
    }
  }
  imap::announced_literal(bytes, bytes);
  if (const auto uids = imap::parse_append_uid(bytes, 100)) {
    if (uids->uids.size() != 100 || !std::is_sorted(uids->uids.begin(), uids->uids.end())) {
      std::abort();
    }
  }
  if (const auto date = imap::parse_internal_date(bytes)) {
    if (imap::parse_internal_date(imap::format_internal_date(*date)) != date) std::abort();
  }
  const std::string shown = printable(bytes);
  if (std::any_of(shown.begin(), shown.end(), [](char c) { return c >= 0 && c < 0x20; })) {
    std::abort();
  }
  imap::InputGuard guard;
  guard.allow(1000, 100);
  guard.watch(bytes);
  imap::WireTrace trace("S: ", [](std::string_view text) {
    if (text.find("opensesame") != std::string_view::npos) std::abort();
  });
  trace.hide(Secret(std::string("opensesame")));
  trace.feed(bytes);
  return 0;
}
