// SPDX-License-Identifier: Apache-2.0
// Fuzz target: what a ManageSieve server says, through a whole push and restore. Replies are the
// same whatever the pieces they come in, and nothing but a protocol string is ever said of a name.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "mboxferry/sieve/deployment.h"
#include "sieve/reply_reader.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::sieve;

void require(bool condition) {
  if (!condition) std::abort();
}

class ScriptedChannel final : public Channel {
 public:
  ScriptedChannel(std::string_view data, std::size_t piece) : data_(data), piece_(piece) {}

  [[nodiscard]] const std::string& place() const override { return place_; }
  Result<std::size_t> read(std::span<char> buffer) override {
    const std::size_t count = std::min({piece_, buffer.size(), data_.size()});
    if (count == 0) return Error{ErrorCode::unavailable, "the end", ""};
    std::copy_n(data_.begin(), count, buffer.begin());
    data_.remove_prefix(count);
    return count;
  }
  Result<void> write(std::string_view bytes) override {
    // A literal's content may be anything; all else is lines of one command each.
    require(!bytes.empty());
    return ok();
  }
  bool readable_now() override { return false; }
  Result<void> start_tls() override { return ok(); }
  void opened() override {}

 private:
  const std::string place_ = "fuzz:4190";
  std::string_view data_;
  std::size_t piece_;
};

std::string replies(std::string_view data, std::size_t piece) {
  ScriptedChannel channel(data, piece);
  ReplyReader reader(channel);
  std::string text;
  for (int i = 0; i < 64; ++i) {
    const auto reply = reader.next();
    if (!reply) return text + "error";
    text += std::to_string(static_cast<int>(reply->status)) + reply->code + "|" + reply->text;
    for (const ReplyTokens& line : reply->lines)
      for (const ReplyToken& token : line) text += token.text + ",";
  }
  return text;
}

void push_and_restore(std::string_view data, bool starttls) {
  auto server = ManageSieve::open(std::make_unique<ScriptedChannel>(data, 100), starttls);
  if (!server) return;
  Login login;
  login.names = {"user", {}};
  login.secret = Secret(std::string("password"));
  login.is_token = data.size() % 3 == 0;
  if (!(*server)->log_in(login)) return;
  policy::ListBuilder builder({});
  builder.add_text("*@spam.example\nx@y.example\n",
                   {"list", policy::ListScope::account, policy::EntryKind::block});
  const policy::LoadedLists loaded = builder.finish();
  SavedScripts kept;
  const auto pushed = push_scripts(**server, loaded.lists, {},
                                   [&](const SavedScripts& saved, bool) -> Result<void> {
                                     kept = saved;
                                     return ok();
                                   });
  if (pushed) {
    for (const std::string& name : pushed->included) {
      const std::string said = protocol_string(name);
      require(said.find('\n') == std::string::npos || said.starts_with("{"));
    }
  }
  const auto restored = restore_scripts(**server, kept, {});
  static_cast<void>(restored);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  require(replies(text, 1) == replies(text, 7));
  require(replies(text, 1) == replies(text, text.size() + 1));
  push_and_restore(text, true);
  push_and_restore(text, false);
  return 0;
}
