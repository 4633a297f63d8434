// SPDX-License-Identifier: Apache-2.0
// Fuzz target: whatever a provider answers, texts stay fit to be shown, names fit into a URL, and
// lists that are read are written as they were read. The first two bytes are the status.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/provider/sender_entries.h"
#include "provider/infomaniak_answer.h"

using namespace mboxferry;
using namespace mboxferry::provider;

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check(const Error& error) {
  const std::string text = describe(error);
  require(std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }));
  require(text.size() < 4000);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  http::Answer answer;
  answer.status = data[0] * 256 + data[1];
  answer.body = Secret(std::string(reinterpret_cast<const char*>(data) + 2, size - 2));
  const bool fine = answer.status / 100 == 2;
  const SecretMask hidden;
  const auto success = success_of(answer, "try", hidden);
  if (!success) check(success.error());
  const auto senders = senders_of(answer, "try", hidden);
  if (!senders) check(senders.error());
  if (senders) {
    require(fine && success);
    const auto body = senders_json(senders->entries);
    require(body.has_value());
    http::Answer again;
    again.status = 200;
    const std::string lists(body->reveal());
    again.body = Secret(R"({"result":"success","data":)" + lists.substr(0, lists.size() - 1) +
                        R"(,"has_move_spam":true}})");
    const auto read_back = senders_of(again, "try", hidden);
    require(read_back && read_back->entries == senders->entries);
    const SenderMerge merge = merge_senders(senders->entries, {}, {{"a@x"}, {"b@x"}});
    require(merge.removed.empty() && without(senders->entries, merge.result).empty());
    require(merge_senders(merge.result, merge.added, {}).result == senders->entries);
  }
  const auto page = mailboxes_of(answer, "try", hidden);
  if (!page) check(page.error());
  if (page) {
    require(fine);
    for (const std::string& name : page->names) require(is_mailbox_name(name));
  }
  return 0;
}
