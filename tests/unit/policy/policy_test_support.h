// SPDX-License-Identifier: Apache-2.0
// Lists from texts, verdicts of headers, and where the shared corpora are.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "mboxferry/message/metadata.h"
#include "mboxferry/policy/sender_judge.h"
#include "mboxferry/policy/sender_lists.h"
#include "support/places.h"

namespace mboxferry::policy::testing {

using test::corpora;

inline std::string content_of(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

inline std::vector<std::string> columns_of(const std::string& line) {
  std::vector<std::string> columns;
  std::istringstream stream(line);
  for (std::string column; std::getline(stream, column, '\t');) columns.push_back(column);
  return columns;
}

inline LoadedLists load(const std::string& text, const ListOptions& options = {},
                        const std::string& global = "") {
  ListBuilder builder(options);
  builder.add_text(text, {"account.list", ListScope::account, EntryKind::block});
  if (!global.empty())
    builder.add_text(global, {"global.list", ListScope::global, EntryKind::block});
  return builder.finish();
}

/// `LINE: text` of each.
inline std::vector<std::string> texts_of(const std::vector<ListRemark>& remarks) {
  std::vector<std::string> texts;
  for (const ListRemark& remark : remarks)
    texts.push_back(std::to_string(remark.line) + ": " + remark.text);
  return texts;
}

inline message::SenderFields fields_of(const std::string& header) {
  message::SenderFields fields;
  message::HeaderScanner scanner;
  scanner.collect(&fields);
  scanner.feed(header);
  scanner.finish();
  return fields;
}

/// "block 3 *@x.example" (outcome, line and text of the entry), or "none".
inline std::string verdict_of(const SenderLists& lists, const std::string& header,
                              const JudgeOptions& options = {}, const std::string& from_line = "") {
  SenderJudge judge(lists, options);
  const Verdict verdict = judge.judge(fields_of(header), from_line);
  std::string text(outcome_name(verdict.outcome));
  if (verdict.outcome == Verdict::Outcome::none) return text;
  const ListEntry entry = lists.entry(verdict.entry);
  return text + " " + std::to_string(entry.line) + " " + std::string(entry.text);
}

}  // namespace mboxferry::policy::testing
