// SPDX-License-Identifier: Apache-2.0
// libetpan's stream over a text.
#include "imap/wire/text_stream.h"

#include <algorithm>
#include <cstdlib>

namespace mboxferry::imap {
namespace {

constexpr std::size_t kBufferSize = std::size_t{16} << 10U;

ssize_t read_text(mailstream_low* low, void* buffer, size_t size) noexcept {
  std::string_view& rest = static_cast<TextToRead*>(low->data)->rest;
  const std::size_t count = std::min(size, rest.size());
  if (count == 0) return -1;
  std::copy_n(rest.data(), count, static_cast<char*>(buffer));
  rest.remove_prefix(count);
  return static_cast<ssize_t>(count);
}

ssize_t write_nothing(mailstream_low*, const void*, size_t) noexcept { return -1; }

int close_text(mailstream_low*) noexcept { return 0; }

int descriptor(mailstream_low*) noexcept { return -1; }

void free_low(mailstream_low* low) noexcept { std::free(low); }

// libetpan wants a pointer to a table that it may write to, and never does.
mailstream_low_driver driver_table = {
    .mailstream_read = read_text,
    .mailstream_write = write_nothing,
    .mailstream_close = close_text,
    .mailstream_get_fd = descriptor,
    .mailstream_free = free_low,
    .mailstream_cancel = nullptr,
    .mailstream_get_cancel = nullptr,
    .mailstream_get_certificate_chain = nullptr,
    .mailstream_setup_idle = nullptr,
    .mailstream_unsetup_idle = nullptr,
    .mailstream_interrupt_idle = nullptr,
};

}  // namespace

Handle<mailstream, mailstream_close> make_text_stream(TextToRead& text) {
  mailstream_low* low = mailstream_low_new(&text, &driver_table);
  if (low == nullptr) return nullptr;
  Handle<mailstream, mailstream_close> stream(mailstream_new(low, kBufferSize));
  if (!stream) mailstream_low_free(low);
  return stream;
}

}  // namespace mboxferry::imap
