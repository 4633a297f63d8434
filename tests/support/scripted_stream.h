// SPDX-License-Identifier: Apache-2.0
// A server that is a function, for tests of what reads and writes a connection.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "imap/tls/byte_stream.h"

namespace mboxferry::test {

/// What a server says goes out as it is read; after a failure nothing else happens.
class SayingStream : public imap::ByteStream {
 public:
  [[nodiscard]] const std::string& place() const final { return place_; }
  void set_timeout(std::chrono::milliseconds) final {}
  void close() final { fail({ErrorCode::unavailable, "closed", "", ErrorScope::session}); }
  void fail(const Error& error) final {
    if (!failure_) failure_ = error;
  }
  [[nodiscard]] const std::optional<Error>& failure() const final { return failure_; }
  [[nodiscard]] imap::WireUsage usage() const final { return {}; }

 protected:
  /// Fills `buffer` from what was said; with nothing left, `silence` is the failure.
  Result<std::size_t> take(std::span<char> buffer, const char* silence) {
    if (said_.empty()) {
      fail({ErrorCode::unavailable, silence, "", ErrorScope::session});
      return *failure_;
    }
    const std::size_t count = std::min(buffer.size(), said_.size());
    std::copy_n(said_.data(), count, buffer.data());
    said_.erase(0, count);
    return count;
  }

  std::string said_;  ///< not yet read
  std::optional<Error> failure_;

 private:
  std::string place_ = "server:993";
};

class ScriptedStream final : public SayingStream {
 public:
  /// What the server says next, having got `sent` from the beginning on. `waited_for`: the client
  /// does nothing until then, so that nothing means that the server closes the connection.
  using Script = std::function<std::optional<std::string>(std::string_view sent, bool waited_for)>;

  /// `sent` grows with what the client says.
  ScriptedStream(Script script, std::shared_ptr<std::string> sent)
      : script_(std::move(script)), sent_(std::move(sent)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    take_more(true);
    return take(buffer, "the script has ended");
  }

  Result<void> write(std::string_view bytes) override {
    if (failure_) return *failure_;
    *sent_ += bytes;
    return ok();
  }

  bool readable_now() override { return take_more(false) || failure_; }

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
};

}  // namespace mboxferry::test
