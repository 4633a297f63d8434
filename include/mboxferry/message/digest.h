// SPDX-License-Identifier: Apache-2.0
// SHA-256 over a stream.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace mboxferry::message {

using Sha256 = std::array<std::uint8_t, 32>;

/// SHA-256 fed in pieces (EVP). Reusable after finish(). One thread at a time.
class Digest {
 public:
  Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();

  void update(std::string_view bytes);
  /// The digest of everything since construction or the last finish(); starts anew.
  Sha256 finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

std::string to_hex(const Sha256& digest);

/// The first 8 bytes of the SHA-256 of `text` as a number: how a Message-ID is kept.
std::int64_t short_hash(std::string_view text);

}  // namespace mboxferry::message
