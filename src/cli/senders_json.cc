// SPDX-License-Identifier: Apache-2.0
// `senders check --json`, written as results come.
#include "cli/senders_output.h"
#include "mboxferry/report/json_stream.h"

namespace mboxferry::cli {
namespace {

class SendersDocument final : public SendersOutput {
 public:
  SendersDocument(report::TextOutput& out, const policy::SenderLists& lists)
      : json_(out), lists_(lists) {
    json_.begin_object().member("schema", "mboxferry.senders/1").key("results").begin_array();
  }

  Result<void> result(const SenderResult& result, const policy::SenderJudge& judge) override {
    const policy::Verdict& verdict = result.verdict;
    json_.begin_object();
    if (!result.address.empty())
      json_.member("address", result.address);
    else
      json_.member("archive", result.archive)
          .member("folder", result.folder)
          .member("offset", result.offset);
    json_.key("addresses").begin_array();
    for (std::size_t i = 0; i < judge.address_count(); ++i) json_.text(judge.address(i));
    json_.end_array().member("verdict", policy::outcome_name(verdict.outcome));
    if (verdict.outcome == policy::Verdict::Outcome::none) {
      json_.key("entry").null().key("line").null().key("list").null();
    } else {
      const policy::ListEntry entry = lists_.entry(verdict.entry);
      json_.member("entry", entry.text)
          .member("line", entry.line)
          .member("list", policy::scope_name(entry.scope));
    }
    json_.member("from_line", verdict.by_from_line)
        .member("lacked_authentication", judge.lacked_authentication())
        .end_object();
    return json_.result();
  }

  Result<void> end_archive(std::string_view, const SenderCounts&) override { return ok(); }

  Result<void> end(const std::vector<std::uint64_t>& matched,
                   const std::vector<policy::ListRemark>& warnings, bool) override {
    json_.end_array().key("entries").begin_array();
    for (std::uint32_t i = 0; i < lists_.size(); ++i) {
      const policy::ListEntry entry = lists_.entry(i);
      json_.begin_object()
          .member("entry", entry.text)
          .member("pattern", entry.pattern)
          .member("kind", policy::kind_name(entry.kind))
          .member("authenticated", entry.authenticated)
          .member("list", policy::scope_name(entry.scope))
          .member("file", entry.file)
          .member("line", entry.line)
          .member("matched", matched[i]);
      json_.key("covered_by");
      if (const std::uint32_t* cover = lists_.covered_by(i))
        json_.text(lists_.entry(*cover).text);
      else
        json_.null();
      json_.end_object();
    }
    json_.end_array().key("warnings").begin_array();
    for (const policy::ListRemark& warning : warnings)
      json_.begin_object()
          .member("file", warning.file)
          .member("line", warning.line)
          .member("text", warning.text)
          .end_object();
    return json_.end_array().end_object().end_line().result();
  }

 private:
  report::JsonStream json_;
  const policy::SenderLists& lists_;
};

}  // namespace

std::unique_ptr<SendersOutput> make_senders_document(report::TextOutput& out,
                                                     const policy::SenderLists& lists) {
  return std::make_unique<SendersDocument>(out, lists);
}

}  // namespace mboxferry::cli
