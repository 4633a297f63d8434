// SPDX-License-Identifier: Apache-2.0
// Fuzz target: names, records, key files and plans as text. What is read is written in one way that
// is read as the same again; a plan that is read has its own digest.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/dns/apply_state.h"
#include "mboxferry/dns/goals.h"
#include "mboxferry/dns/plan.h"
#include "mboxferry/dns/tsig_key.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::dns;

void require(bool condition) {
  if (!condition) std::abort();
}

void check_data(RecordType type, std::string_view text) {
  const auto data = parse_data(type, text);
  if (!data) return;
  const std::string written = data_text(*data);
  require(written.find_first_of("\r\n") == std::string::npos);
  const auto again = parse_data(type, written);
  require(again && *again == *data && data_text(*again) == written);
}

void check_plan(std::string_view text) {
  const auto plan = parse_plan(text, "plan");
  if (!plan) return;
  const auto again = parse_plan(plan_json(*plan), "plan");
  require(again && again->digest() == plan->digest());
  require(!nsupdate_script(*plan).empty() && !zone_snippet(*plan).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto name = Name::parse(text)) {
    require(*Name::parse(name->text()) == *name && *Name::parse(name->absolute()) == *name);
    require(name->is_in(*name) && name->is_in(name->parent()));
  }
  for (int type = 0; type <= static_cast<int>(RecordType::soa); ++type)
    check_data(static_cast<RecordType>(type), text);
  check_plan(text);
  const auto key = parse_tsig_key(text, "key");
  require(!key || !key->secret.reveal().empty());
  static_cast<void>(parse_state(text, "digest", "state"));
  Wishes wishes;
  wishes.srv = wishes.mx = wishes.tlsa = wishes.offer = {std::string(text)};
  wishes.spf = wishes.target = text;
  const Name domain = *Name::parse("example.org");
  for (int kind = 0; kind < 6; ++kind) {
    Wishes one;
    if (kind == 0) one.srv = wishes.srv;
    if (kind == 1) one.mx = wishes.mx;
    if (kind == 2) one.tlsa = wishes.tlsa;
    if (kind == 3) one.spf = wishes.spf;
    if (kind == 4) one.target = wishes.target;
    if (kind == 5) one.offer = wishes.offer;
    if (kind == 5) one.target = "mail.example.org";
    if (const auto goals = goals_of(one, domain))
      for (const Goal& goal : *goals)
        for (const RecordData& each : goal.data) check_data(goal.type, data_text(each));
  }
  return 0;
}
