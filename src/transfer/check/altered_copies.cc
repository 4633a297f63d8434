// SPDX-License-Identifier: Apache-2.0
// Groups of messages, read together.
#include "transfer/check/altered_copies.h"

#include <algorithm>
#include <memory>
#include <set>
#include <tuple>

#include "transfer/source/folder_readers.h"

namespace mboxferry::transfer {
namespace {

using imap::ReadOnlyTarget;

/// What is read in one round trip.
constexpr std::uint64_t kGroupBytes = std::uint64_t{4} << 20;

}  // namespace

FormOf form_of(const std::vector<SourceFolder>& sources, const JobSettings& settings) {
  const auto surveyed = std::make_shared<FolderReaders>(sources, settings);
  const auto otherwise = std::make_shared<FolderReaders>(sources, settings, Quoting::otherwise);
  return [surveyed, otherwise](const journal::MessageRow& row,
                               Quoting quoting) -> Result<message::ContentForm> {
    const auto& readers = quoting == Quoting::otherwise ? otherwise : surveyed;
    MBOXFERRY_ASSIGN(MessageReader* const reader, readers->of(row.folder));
    message::ContentFormScanner scanner;
    MBOXFERRY_TRY(
        reader->wire_form(row.offset, row.length, [&](std::string_view wire) -> Result<void> {
          scanner.feed(wire);
          return ok();
        }));
    return scanner.finish();
  };
}

Result<void> AlteredCopies::match() {
  std::vector<Alike> groups;
  std::size_t messages = 0;
  std::uint64_t bytes = 0;
  const auto decide_all = [&]() -> Result<void> {
    MBOXFERRY_TRY(decide(groups));
    groups.clear();
    messages = 0;
    bytes = 0;
    return ok();
  };
  for (journal::MessageId after = 0;;) {
    if (interrupt_.requested())
      return interrupted("interrupted while asking the server what it has");
    MBOXFERRY_ASSIGN(auto alike, journal_.next_lookalikes(after, false, false));
    if (!alike) return decide_all();
    after = alike->first;
    // Each group once, at its first message; of one without end nothing can be proven.
    const bool is_first =
        std::none_of(alike->doubtful.begin(), alike->doubtful.end(),
                     [&](const journal::MessageRow& row) { return row.id < after; });
    if (!alike->complete || !is_first) continue;
    messages += alike->seen.size();
    for (const journal::Seen& seen : alike->seen) bytes += seen.size;
    groups.push_back(std::move(*alike));
    if (messages >= ReadOnlyTarget::kMostBodies / 2 || bytes >= kGroupBytes)
      MBOXFERRY_TRY(decide_all());
  }
}

Result<void> AlteredCopies::decide(const std::vector<Alike>& groups) {
  MBOXFERRY_ASSIGN(const Forms there, read(groups));
  for (const Alike& alike : groups) MBOXFERRY_TRY(decide(alike, there));
  return ok();
}

Result<AlteredCopies::Forms> AlteredCopies::read(const std::vector<Alike>& groups) {
  Forms forms;
  std::map<imap::Uid, std::uint64_t> sizes;
  for (const Alike& alike : groups)
    for (const journal::Seen& seen : alike.seen) sizes.emplace(seen.uid, seen.size);
  std::vector<imap::WantedBody> together;
  std::uint64_t bytes = 0;
  const auto take = [&](imap::Uid uid, std::string_view body) -> Result<void> {
    message::ContentFormScanner scanner;
    scanner.feed(body);
    forms[uid] = scanner.finish();
    return ok();
  };
  const auto read_together = [&]() -> Result<void> {
    if (together.size() < 2) return ok();
    const auto read = target_.fetch_bodies(together, take);
    together.clear();
    bytes = 0;
    // One that is gone may cost the answers of all: each is asked for by itself then.
    const bool is_refused = !read && read.error().code == ErrorCode::refused &&
                            read.error().scope != ErrorScope::session;
    return is_refused ? ok() : read;
  };
  for (const auto& [uid, size] : sizes) {
    if (size > ReadOnlyTarget::kLargestOfBodies) continue;
    bytes += size;
    together.push_back({uid, size});
    if (together.size() == ReadOnlyTarget::kMostBodies || bytes > kGroupBytes)
      MBOXFERRY_TRY(read_together());
  }
  MBOXFERRY_TRY(read_together());
  for (const auto& [uid, size] : sizes) {
    if (forms.contains(uid)) continue;
    if (interrupt_.requested())
      return interrupted("interrupted while asking the server what it has");
    message::ContentFormScanner scanner;
    const auto read = target_.fetch_body(uid, size, [&](std::string_view body) {
      scanner.feed(body);
      return ok();
    });
    if (read) {
      forms[uid] = scanner.finish();
    } else if (read.error().scope != ErrorScope::message) {
      return read.error();
    }
  }
  return forms;
}

/// The nearest form first: a version with more fields may be another message's copy.
Result<void> AlteredCopies::decide(const Alike& alike, const Forms& there) {
  std::vector<std::tuple<std::size_t, const journal::MessageRow*, imap::Uid>> proven;
  for (const journal::MessageRow& row : alike.doubtful)
    for (const Quoting quoting : {Quoting::as_surveyed, Quoting::otherwise}) {
      const std::size_t before = proven.size();
      MBOXFERRY_ASSIGN(const message::ContentForm sent, form_(row, quoting));
      for (const journal::Seen& seen : alike.seen) {
        const auto form = there.find(seen.uid);
        if (form != there.end() && message::is_another_form(sent, form->second))
          proven.emplace_back(form->second.fields.size() - sent.fields.size(), &row, seen.uid);
      }
      if (proven.size() > before) break;
    }
  std::stable_sort(proven.begin(), proven.end(), [](const auto& one, const auto& other) {
    return std::get<0>(one) < std::get<0>(other);
  });
  std::vector<journal::Stored> pairs;
  std::set<journal::MessageId> paired;
  std::set<imap::Uid> taken;
  for (const auto& [more, row, uid] : proven) {
    if (paired.contains(row->id) || taken.contains(uid)) continue;
    paired.insert(row->id);
    taken.insert(uid);
    pairs.push_back({row->id, uid});
  }
  MBOXFERRY_TRY(journal_.commit_matches(pairs));
  found_ += pairs.size();
  if (alike.doubtful.front().message_id_hash != 0)
    different_ += alike.doubtful.size() - pairs.size();
  return ok();
}

}  // namespace mboxferry::transfer
