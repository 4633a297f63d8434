// SPDX-License-Identifier: Apache-2.0
// The index pass as a thread that fills the journal.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "mboxferry/transfer/settings.h"
#include "transfer/mailbox/mailbox_book.h"
#include "transfer/pace/tracker.h"
#include "transfer/plan/journal_filler.h"
#include "transfer/plan/sender_filing.h"
#include "transfer/source/source_folders.h"
#include "transfer/upload/index_gate.h"

namespace mboxferry::transfer {

/// Fills the journal with what is in folders; used by one thread at a time.
class FolderIndexer {
 public:
  FolderIndexer(const JobSettings& settings, MailboxBook& book, journal::Journal& journal,
                IndexGate& gate, Tracker& tracker)
      : settings_(settings), book_(book), journal_(journal), gate_(gate), tracker_(tracker) {}

  /// Indexes the folder from where its row says to its end, or a first few hundred messages of it.
  /// `interrupted` when `cancel` or the gate says so; what the journal holds by then stays.
  Result<void> index(SourceFolder& source, const Cancellation& cancel,
                     IndexExtent extent = IndexExtent::whole);

 private:
  SenderFiling* begin_filing(const SourceFolder& source);

  const JobSettings& settings_;
  MailboxBook& book_;
  journal::Journal& journal_;
  IndexGate& gate_;
  Tracker& tracker_;
  std::unique_ptr<SenderFiling> filing_;
};

/// Indexes the folders that are not indexed yet, in order, on a thread of its own: first the
/// beginnings of the first `beginnings` mailboxes, so that as many connections have something to
/// send at once. Where no thread can be started, start() does it all. Destruction stops the thread
/// at the next message.
class IndexPass {
 public:
  IndexPass(std::vector<SourceFolder>& sources, const JobSettings& settings, MailboxBook& book,
            journal::Journal& journal, IndexGate& gate, Tracker& tracker, std::size_t beginnings);
  ~IndexPass();
  /// To be called once. Without a thread of its own it hears `interrupt` while it works; errors are
  /// told to those who wait at the gate.
  void start(const Cancellation& interrupt);
  IndexPass(const IndexPass&) = delete;
  IndexPass& operator=(const IndexPass&) = delete;

 private:
  void run(const Cancellation& cancel);
  Result<void> index_all(const Cancellation& cancel);
  Result<void> index_beginnings(const Cancellation& cancel);

  std::vector<SourceFolder>& sources_;
  const std::size_t beginnings_;
  std::size_t begin_ = 0;  ///< folders that were indexed by an earlier run
  FolderIndexer indexer_;
  IndexGate& gate_;
  Tracker& tracker_;
  Cancellation stop_;
  std::thread thread_;
};

}  // namespace mboxferry::transfer
