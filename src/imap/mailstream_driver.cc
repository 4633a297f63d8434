// SPDX-License-Identifier: Apache-2.0
// libetpan's stream over ours: its own TLS verifies nobody (see docs/design.md).
#include "imap/mailstream_driver.h"

#include <cstdlib>

namespace mboxferry::imap {
namespace {

constexpr std::size_t kBufferSize = std::size_t{64} << 10U;

Wire& wire_of(mailstream_low* low) { return *static_cast<Wire*>(low->data); }

ssize_t read_wire(mailstream_low* low, void* buffer, size_t size) noexcept {
  Wire& wire = wire_of(low);
  try {
    const auto count = wire.stream.read({static_cast<char*>(buffer), size});
    if (!count) return -1;
    const std::string_view bytes(static_cast<const char*>(buffer), *count);
    wire.received.feed(bytes);
    return static_cast<ssize_t>(*count);
  } catch (...) {
    return -1;
  }
}

ssize_t write_wire(mailstream_low* low, const void* bytes, size_t size) noexcept {
  Wire& wire = wire_of(low);
  try {
    const std::string_view text(static_cast<const char*>(bytes), size);
    wire.sent.feed(text);
    return wire.stream.write(text) ? static_cast<ssize_t>(size) : -1;
  } catch (...) {
    return -1;
  }
}

int close_wire(mailstream_low*) noexcept { return 0; }

int descriptor(mailstream_low*) noexcept { return -1; }

void free_low(mailstream_low* low) noexcept { std::free(low); }

// libetpan wants a pointer to a table that it may write to, and never does.
mailstream_low_driver driver_table = {
    .mailstream_read = read_wire,
    .mailstream_write = write_wire,
    .mailstream_close = close_wire,
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

Mailstream make_mailstream(Wire& wire) {
  mailstream_low* low = mailstream_low_new(&wire, &driver_table);
  if (low == nullptr) return nullptr;
  Mailstream stream(mailstream_new(low, kBufferSize));
  if (!stream) mailstream_low_free(low);
  return stream;
}

}  // namespace mboxferry::imap
