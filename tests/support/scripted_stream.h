// SPDX-License-Identifier: Apache-2.0
// A server that is a function, for tests of what reads and writes a connection.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/byte_stream.h"

namespace mboxferry::test {

class ScriptedStream final : public imap::ByteStream {
 public:
  /// What the server says next, having got `sent` from the beginning on. `waited_for`: the client
  /// does nothing until then, so that nothing means that the server closes the connection.
  using Script = std::function<std::optional<std::string>(std::string_view sent, bool waited_for)>;

  /// `sent` grows with what the client says.
  ScriptedStream(Script script, std::shared_ptr<std::string> sent)
      : script_(std::move(script)), sent_(std::move(sent)) {}

  [[nodiscard]] const std::string& place() const override { return place_; }

  Result<std::size_t> read(std::span<char> buffer) override {
    if (!take_more(true)) {
      fail({ErrorCode::unavailable, "the script has ended", "", ErrorScope::session});
      return *failure_;
    }
    const std::size_t count = std::min(buffer.size(), said_.size());
    std::copy_n(said_.data(), count, buffer.data());
    said_.erase(0, count);
    return count;
  }

  Result<void> write(std::string_view bytes) override {
    if (failure_) return *failure_;
    *sent_ += bytes;
    return ok();
  }

  bool readable_now() override { return take_more(false) || failure_; }
  void set_timeout(std::chrono::milliseconds) override {}
  void close() override { fail({ErrorCode::unavailable, "closed", "", ErrorScope::session}); }
  void fail(const Error& error) override {
    if (!failure_) failure_ = error;
  }
  [[nodiscard]] const std::optional<Error>& failure() const override { return failure_; }
  [[nodiscard]] imap::WireUsage usage() const override { return {}; }

 private:
  bool take_more(bool waited_for) {
    while (said_.empty()) {
      if (failure_) return false;
      auto more = script_(*sent_, waited_for);
      if (!more) return false;
      said_ = std::move(*more);
    }
    return true;
  }

  Script script_;
  std::shared_ptr<std::string> sent_;
  std::string place_ = "server:993";
  std::string said_;  ///< not yet read
  std::optional<Error> failure_;
};

}  // namespace mboxferry::test
