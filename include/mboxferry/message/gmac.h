// SPDX-License-Identifier: Apache-2.0
// GMAC over a stream: a digest for comparing within one job, several times faster than SHA-256.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

namespace mboxferry::message {

/// A message authentication code.
using Mac = std::array<std::uint8_t, 16>;
using MacKey = std::array<std::uint8_t, 16>;

/// GMAC (NIST SP 800-38D) with AES-128 and one fixed nonce, so that equal bytes have equal codes.
/// Who does not know the key and sees no code cannot make two texts that share one: two of n bytes
/// do so with a probability of at most (n / 16 + 1) / 2^128. docs/decisions/0018 has what follows
/// from the fixed nonce. Fed in pieces; reusable after finish(). One thread at a time.
class Gmac {
 public:
  explicit Gmac(const MacKey& key);
  Gmac(Gmac&&) noexcept;
  Gmac& operator=(Gmac&&) noexcept;
  ~Gmac();

  void update(std::string_view bytes);
  /// The code of everything since construction or the last finish(); starts anew.
  Mac finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace mboxferry::message
