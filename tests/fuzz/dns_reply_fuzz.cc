// SPDX-License-Identifier: Apache-2.0
// Fuzz target: what a name server says to a question and to an update. Every record that is read is
// one that can be written and read again, and put into a plan and an update.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "dns/message.h"
#include "dns/update_message.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::dns;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_record(const Record& record) {
  const std::string text = data_text(record.data);
  require(text.find('\n') == std::string::npos);
  const auto again = parse_data(record.type, text);
  require(again && *again == record.data);
  const auto name = Name::parse(record.name.text());
  require(name && *name == record.name);
}

TsigKey fuzz_key() {
  return {*Name::parse("key"), "hmac-sha256.", Secret(std::string("MTIzNDU2Nzg5MDEyMzQ1Ng=="))};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const Question question{0x1234, *Name::parse("_dmarc.example.org"), RecordType::txt, true, true,
                          false};
  if (const auto reply = parse_reply(message, question, "server:53")) {
    std::vector<Change> changes;
    for (const Record& record : reply->answers) {
      check_record(record);
      if (!is_plannable(record.type)) continue;
      RecordSet set{record.name, record.type, record.ttl & 0x7fffffffU, {record.data}};
      changes.push_back({record.name, record.type, set, {}});
    }
    for (const Record& record : reply->authorities) check_record(record);
    if (!changes.empty()) {
      const auto update = update_message(*Name::parse("org"), changes, fuzz_key());
      require(update || update.error().code == ErrorCode::internal);
    }
  }
  const SignedMessage sent{"", 0x1234, std::string("\0\4abcd", 6)};
  const auto answer = parse_update_reply(message, sent, fuzz_key(), "server:53");
  require(!answer || !answer->proven || answer->rcode >= 0);
  return 0;
}
