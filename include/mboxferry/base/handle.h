// SPDX-License-Identifier: Apache-2.0
// Owning pointers for C handles.
#pragma once

#include <memory>

namespace mboxferry {

/// Calls the C function `Free` on a pointer.
template <auto Free>
struct Deleter {
  template <typename T>
  void operator()(T* handle) const noexcept {
    Free(handle);
  }
};

/// Owns a C handle: `Handle<SSL, SSL_free>`.
template <typename T, auto Free>
using Handle = std::unique_ptr<T, Deleter<Free>>;

}  // namespace mboxferry
