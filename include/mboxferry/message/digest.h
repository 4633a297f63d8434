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

/// The first 8 bytes of the SHA-256 of `text` as a number.
std::int64_t short_hash(std::string_view text);

/// How a Message-ID is kept: its short_hash(); 0 where there is none.
inline std::int64_t message_id_hash(std::string_view message_id) {
  return message_id.empty() ? 0 : short_hash(message_id);
}

}  // namespace mboxferry::message
