// SPDX-License-Identifier: Apache-2.0
// libetpan's stream over a text.
#pragma once

#include <libetpan/mailstream.h>

#include <string_view>

#include "mboxferry/base/handle.h"

namespace mboxferry::imap {

/// Reads what is left of a text; writing fails. Outlives the mailstream.
struct TextToRead {
  std::string_view rest;
};

/// A mailstream that reads `text`; null when memory is out.
Handle<mailstream, mailstream_close> make_text_stream(TextToRead& text);

}  // namespace mboxferry::imap
