// SPDX-License-Identifier: Apache-2.0
// TlsStream behind an interface.
#include "mboxferry/imap/secure_stream.h"

#include <utility>

#include "imap/tls/tls_stream.h"

namespace mboxferry::imap {
namespace {

class SecureTlsStream final : public SecureStream {
 public:
  SecureTlsStream(std::unique_ptr<TlsStream> stream, const Account& account)
      : stream_(std::move(stream)), account_(account) {}

  [[nodiscard]] const std::string& place() const override { return stream_->place(); }
  Result<std::size_t> read(std::span<char> buffer) override { return stream_->read(buffer); }
  Result<void> write(std::string_view bytes) override { return stream_->write(bytes); }
  bool readable_now() override { return stream_->readable_now(); }
  Result<void> start_tls() override { return stream_->start_tls(account_, TlsFloor::secure); }
  void opened() override { stream_->opened(); }
  [[nodiscard]] std::optional<Secret> tls_exporter() const override {
    return stream_->tls_exporter();
  }

 private:
  std::unique_ptr<TlsStream> stream_;
  const Account& account_;
};

}  // namespace

Result<std::unique_ptr<SecureStream>> SecureStream::connect(const Account& account,
                                                            const ConnectionOptions& options) {
  MBOXFERRY_ASSIGN(auto stream, TlsStream::connect(account, options));
  return std::make_unique<SecureTlsStream>(std::move(stream), account);
}

}  // namespace mboxferry::imap
