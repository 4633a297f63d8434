// SPDX-License-Identifier: Apache-2.0
// Passwords in memory of their own.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace mboxferry {

/// A password: any bytes, and without a way into a stream or a format. They are in one place, a
/// page between two that cannot be touched, which is neither swapped out, where the system allows
/// that, nor in a core file, and is wiped when the last copy of the Secret goes. Copies share it.
/// Thread-safe.
class Secret {
 public:
  Secret() = default;
  /// Wipes what it was given.
  explicit Secret(std::string&& bytes);

  /// For the login only.
  [[nodiscard]] std::string_view reveal() const;

 private:
  class Page;
  std::shared_ptr<const Page> page_;
};

}  // namespace mboxferry
