// SPDX-License-Identifier: Apache-2.0
// Fuzz target: DMARC records. Places are inside of the text, what is said is one of the two
// standards', an edit changes only what it names, and discovery over the same bytes ends within its
// number of questions.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/dmarc/discovery.h"
#include "mboxferry/dmarc/edit.h"

namespace {

using namespace mboxferry::dmarc;

void require(bool condition) {
  if (!condition) std::abort();
}

void edit(std::string_view text) {
  const auto edited = edited_record(text, {Policy::reject, {}, {{"d@example.org"}}, {{}}});
  if (!edited) return;
  const Record before = parse_record(text);
  const Record after = parse_record(*edited);
  require(after.by_9989.policy == Policy::reject && after.rua.size() == 1 && after.ruf.empty());
  const auto kept = [](const Record& record) {
    std::vector<std::string> tags;
    for (const Tag& tag : record.tags)
      if (tag.name != "p" && tag.name != "rua" && tag.name != "ruf" && tag.name != "v")
        tags.push_back(tag.name + '=' + tag.value);
    return tags;
  };
  require(kept(before) == kept(after));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const Record record = parse_record(input);
  for (const Remark& remark : record.remarks) {
    require(remark.offset <= record.text.size());
    require(!remark.text.empty() && (remark.in_7489 || remark.in_9989));
  }
  for (const Tag& tag : record.tags)
    require(record.text.compare(tag.value_offset, tag.value.size(), tag.value) == 0);
  for (const Standard standard : kStandards)
    require(!record.by(standard).applies || record.is_dmarc);
  edit(input);
  // The first line is the name that is asked for, the others are the answers.
  const std::size_t end = std::min(input.find('\n'), input.size());
  const auto domain = domain_named(input.substr(0, end));
  if (!domain) return 0;
  const auto answers = make_text_answers(input.substr(std::min(end + 1, input.size())), "answers");
  if (!answers) return 0;
  const auto source = remember_answers(**answers);
  const auto old_way = find_policy_7489(*domain, *source);
  const auto new_way = find_policy_9989(*domain, *source);
  require(old_way && old_way->steps.size() <= 2);
  require(new_way && !new_way->steps.empty() && new_way->steps.size() <= 8);
  require(domain->ends_with(new_way->organizational_domain));
  return 0;
}
