// SPDX-License-Identifier: Apache-2.0
// A plan's digest, and its forms for other programs.
#include "mboxferry/dns/plan.h"

#include <fmt/format.h>

#include "mboxferry/message/digest.h"

namespace mboxferry::dns {
namespace {

void add_lines(std::string& text, std::string_view head, const RecordSet& set) {
  for (const RecordData& data : set.data)
    text += fmt::format("{}{} {} IN {} {}\n", head, set.name.absolute(), set.ttl,
                        type_name(set.type), data_text(data));
}

std::string title(const Plan& plan) {
  return fmt::format("{} for {} (zone {}, serial {})\n", kSnippetBeginning, plan.domain.text(),
                     plan.zone.text(), plan.serial);
}

}  // namespace

std::string Plan::digest() const {
  std::string text = fmt::format("{}\n{}\n{}\n", domain.text(), zone.text(), serial);
  for (const Change& change : changes) {
    text += fmt::format("{} {}\n", change.name.text(), type_name(change.type));
    if (change.before) add_lines(text, "- ", *change.before);
    if (change.after) add_lines(text, "+ ", *change.after);
  }
  message::Digest digest;
  digest.update(text);
  return message::to_hex(digest.finish());
}

bool is_plannable(RecordType type) {
  return type == RecordType::a || type == RecordType::aaaa || type == RecordType::mx ||
         type == RecordType::srv || type == RecordType::txt || type == RecordType::tlsa ||
         type == RecordType::caa;
}

std::string zone_snippet(const Plan& plan) {
  std::string text = title(plan);
  for (const Change& change : plan.changes) {
    if (change.before) {
      text += "; take out:\n";
      add_lines(text, ";   ", *change.before);
    }
    if (change.after) add_lines(text, "", *change.after);
  }
  return text;
}

std::string nsupdate_script(const Plan& plan) {
  std::string text = title(plan) + fmt::format("zone {}\n", plan.zone.absolute());
  for (const Change& change : plan.changes) {
    const std::string place =
        fmt::format("{} IN {}", change.name.absolute(), type_name(change.type));
    if (change.after) text += fmt::format("prereq nxrrset {} IN CNAME\n", change.name.absolute());
    if (!change.before) text += fmt::format("prereq nxrrset {}\n", place);
    if (change.before)
      for (const RecordData& data : change.before->data)
        text += fmt::format("prereq yxrrset {} {}\n", place, data_text(data));
  }
  for (const Change& change : plan.changes) {
    text += fmt::format("update delete {} {}\n", change.name.absolute(), type_name(change.type));
    if (change.after) add_lines(text, "update add ", *change.after);
  }
  return text + "send\n";
}

}  // namespace mboxferry::dns
