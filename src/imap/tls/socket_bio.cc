// SPDX-License-Identifier: Apache-2.0
// An OpenSSL BIO over a socket. OpenSSL's own uses write(), which raises SIGPIPE.
#include "imap/tls/socket_bio.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace mboxferry::imap {
namespace {

SocketEnd& end_of(BIO* bio) { return *static_cast<SocketEnd*>(BIO_get_data(bio)); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR; }

int read_socket(BIO* bio, char* buffer, int size) noexcept {
  SocketEnd& end = end_of(bio);
  BIO_clear_retry_flags(bio);
  const ssize_t count = ::recv(end.fd, buffer, static_cast<std::size_t>(size), 0);
  if (count > 0) {
    const auto room = end.first_bytes.size() - end.first_count;
    const std::size_t kept = std::min(room, static_cast<std::size_t>(count));
    std::copy_n(buffer, kept,
                end.first_bytes.begin() + static_cast<std::ptrdiff_t>(end.first_count));
    end.first_count += kept;
  } else if (count < 0 && would_block()) {
    BIO_set_retry_read(bio);
  } else {
    end.ended = true;
    end.error_number = count < 0 ? errno : 0;
  }
  return static_cast<int>(count);
}

/// The number of bytes sent; 0 or less as ::send says.
ssize_t send_now(SocketEnd& end, const char* bytes, std::size_t size) {
  const ssize_t count = ::send(end.fd, bytes, size, MSG_NOSIGNAL);
  if (count < 0 && !would_block()) {
    end.ended = true;
    end.error_number = errno;
  }
  return count;
}

int write_socket(BIO* bio, const char* bytes, int size) noexcept {
  SocketEnd& end = end_of(bio);
  BIO_clear_retry_flags(bio);
  const auto wanted = static_cast<std::size_t>(size);
  if (end.collecting && end.collected.size() + wanted <= SocketEnd::kMostCollected) {
    // The room was reserved, so that nothing is thrown here.
    end.collected.insert(end.collected.end(), bytes, bytes + wanted);
    return size;
  }
  // Nothing may overtake a record that was collected.
  const bool in_order = send_collected(end);
  const ssize_t count = in_order ? send_now(end, bytes, wanted) : -1;
  if (count < 0 && !end.ended) BIO_set_retry_write(bio);
  return static_cast<int>(count);
}

long control_socket(BIO*, int command, long, void*) noexcept {
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP ? 1 : 0;
}

}  // namespace

bool send_collected(SocketEnd& end) {
  while (end.collected_sent < end.collected.size()) {
    const ssize_t count = send_now(end, end.collected.data() + end.collected_sent,
                                   end.collected.size() - end.collected_sent);
    if (count <= 0) return false;
    end.collected_sent += static_cast<std::size_t>(count);
  }
  end.collected.clear();
  end.collected_sent = 0;
  return true;
}

BioMethod socket_bio_method() {
  BioMethod method(BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "socket"));
  if (method) {
    BIO_meth_set_read(method.get(), read_socket);
    BIO_meth_set_write(method.get(), write_socket);
    BIO_meth_set_ctrl(method.get(), control_socket);
  }
  return method;
}

BIO* make_socket_bio(const BIO_METHOD* method, SocketEnd& end) {
  BIO* bio = BIO_new(method);
  if (bio != nullptr) {
    BIO_set_data(bio, &end);
    BIO_set_init(bio, 1);
  }
  return bio;
}

}  // namespace mboxferry::imap
