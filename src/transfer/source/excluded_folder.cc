// SPDX-License-Identifier: Apache-2.0
// Page by page of a folder's messages.
#include "transfer/source/excluded_folder.h"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <vector>

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kExcludedPage = 1000;
constexpr const char* kExcluded = "excluded";

/// The journal's note of a folder that is left out: whether it was indexed to its end; empty: it is
/// not left out.
std::string excluded_note(journal::FolderId folder) { return fmt::format("excluded.{}", folder); }

using Change = std::function<Result<bool>(journal::MessageRow&)>;

/// Changes those messages for which `change` says true. Returns how many.
Result<std::uint64_t> change_messages(journal::FolderId folder, journal::Journal& journal,
                                      const Change& change) {
  std::uint64_t changed = 0;
  for (journal::MessageId after = 0;;) {
    MBOXFERRY_ASSIGN(auto page, journal.messages(folder, after, kExcludedPage));
    if (page.empty()) return changed;
    after = page.back().id;
    std::vector<journal::MessageRow> taken;
    for (journal::MessageRow& row : page) {
      MBOXFERRY_ASSIGN(const bool is_changed, change(row));
      if (is_changed) taken.push_back(std::move(row));
    }
    MBOXFERRY_TRY(journal.take_status(taken, {}));
    changed += taken.size();
  }
}

Error cannot_leave_out(const journal::FolderRow& folder, const char* why) {
  return {ErrorCode::configuration,
          fmt::format("{} cannot be left out by --exclude now: {}", folder.path, why),
          "run the same command once without this --exclude"};
}

}  // namespace

Result<void> leave_out_folder(const journal::FolderRow& folder, journal::Dedupe dedupe,
                              journal::Journal& journal, Observer& observer) {
  MBOXFERRY_ASSIGN(const auto noted, journal.note(excluded_note(folder.id)));
  if (noted && !noted->empty()) return ok();
  journal::Step again;
  MBOXFERRY_ASSIGN(
      const std::uint64_t left_out,
      change_messages(folder.id, journal, [&](journal::MessageRow& row) -> Result<bool> {
        if (row.state == journal::State::intended)
          return cannot_leave_out(folder, "a message of it may have been sent and is in doubt");
        if (row.state != journal::State::planned && row.state != journal::State::refused)
          return false;
        if (dedupe != journal::Dedupe::none)
          return cannot_leave_out(folder,
                                  "with --dedupe, copies of its messages may have been left "
                                  "out of other folders");
        if (row.state == journal::State::refused) {
          again.retried = {row.id};
          MBOXFERRY_TRY(journal.commit(again));
        }
        row.state = journal::State::skipped;
        row.code = kExcluded;
        row.text = "--exclude was given for its folder after the job had begun";
        return true;
      }));
  MBOXFERRY_TRY(journal.forget_unread(folder.id, 0));
  MBOXFERRY_TRY(journal.set_note(excluded_note(folder.id), folder.index_done ? "1" : "0"));
  journal::FolderRow row = folder;
  row.index_done = true;
  MBOXFERRY_TRY(journal.update_folder(row));
  observer.notice(fmt::format(
      "{}: left out by --exclude from now on; {} message{} of it {} not sent, and what is stored "
      "stays",
      folder.path, left_out, left_out == 1 ? "" : "s", left_out == 1 ? "is" : "are"));
  return ok();
}

Result<bool> take_folder_back(journal::FolderRow& folder, journal::Journal& journal) {
  MBOXFERRY_ASSIGN(const auto noted, journal.note(excluded_note(folder.id)));
  if (!noted || noted->empty()) return false;
  MBOXFERRY_TRY(change_messages(folder.id, journal, [](journal::MessageRow& row) -> Result<bool> {
    if (row.state != journal::State::skipped || row.code != kExcluded) return false;
    row.state = journal::State::planned;
    row.code.clear();
    row.text.clear();
    return true;
  }));
  folder.index_done = *noted == "1";
  MBOXFERRY_TRY(journal.update_folder(folder));
  MBOXFERRY_TRY(journal.set_note(excluded_note(folder.id), ""));
  return true;
}

}  // namespace mboxferry::transfer
