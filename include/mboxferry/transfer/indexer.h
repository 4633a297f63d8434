// SPDX-License-Identifier: Apache-2.0
// The index pass: one reading of a folder that finds everything about its messages.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mboxferry/archive/archive.h"
#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/cancellation.h"
#include "mboxferry/mbox/splitter.h"
#include "mboxferry/message/digest.h"
#include "mboxferry/message/metadata.h"
#include "mboxferry/message/sender_fields.h"
#include "mboxferry/message/wire_form.h"
#include "mboxferry/transfer/content_key.h"

namespace mboxferry::transfer {

/// What the user can say about reading an archive.
struct IndexOptions {
  mbox::Dialect dialect = mbox::Dialect::automatic;
  /// Empty: automatic, that is From_ unless it is the exporter's clock, then Received, then Date.
  message::DateOrder date_order;
  /// For archives without any status field; bits of message::Flag.
  std::uint8_t default_flags = message::kSeen;
  bool include_expunged = false;
  bool keep_deleted_flag = false;  ///< let \Deleted through
  bool strip_status_headers = false;
  /// Messages that ask for a read receipt get $MDNSent (RFC 3503), so that none is sent now.
  bool mdn_sent = true;
  /// Set: messages get the journal's digest, of what servers do not change, and no SHA-256.
  std::optional<ContentKey> content_key;
  bool collect_senders = false;  ///< fill in IndexedMessage::senders and from_line
  std::int64_t now = 0;  ///< Unix seconds; later dates are implausible
  /// The From_ dates of folders with few messages are the exporter's: few_dates_are_exporters().
  bool few_dates_are_exporters = false;
};

/// What a folder's beginning says about the whole; fixed before its first message is indexed.
struct FolderSurvey {
  mbox::FolderProfile profile;
  bool has_status = false;  ///< some message carries a status field, or its file says its flags
  bool has_labels = false;  ///< some message carries labels
  /// Set where the folder alone does not tell whose clock its From_ lines are; not in the text.
  std::optional<mbox::FewDates> few_dates;

  /// As text for the journal, and back.
  [[nodiscard]] std::string to_text() const;
  static std::optional<FolderSurvey> from_text(std::string_view text);
};

/// What is known of a message before its first byte.
struct MessageStart {
  mbox::Envelope envelope;
  /// Set: the message's file says its flags and keywords (Maildir), and the header fields that
  /// programs keep them in say nothing, neither that it is expunged or a pseudo message.
  std::optional<std::uint8_t> flags;
  std::vector<std::string> keywords;
  std::vector<std::string> labels;  ///< used when the header has none
  std::string file;  ///< the name of the message's own file; empty in an mbox
};

/// One message as the index pass sees it.
struct IndexedMessage {
  std::string file;  ///< the name of its own file; empty in an mbox
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
  std::uint64_t wire_size = 0;
  message::Sha256 sha256{};  ///< of exactly what is sent; without IndexOptions::content_key only
  message::Mac content{};    ///< ContentDigest; with the key only
  std::string message_id;
  message::InternalDate date;
  std::uint8_t flags = 0;
  std::vector<std::string> keywords;
  std::vector<std::string> labels;
  message::SenderFields senders;  ///< on request
  std::string from_line;          ///< on request: the sender in the From_ line
  bool labels_cut = false;        ///< there were more in the header than are kept
  bool pseudo = false;    ///< left out: a mail program's own bookkeeping
  bool expunged = false;  ///< left out: deleted and not compacted
  bool final_line_end_added = false;
  bool has_nul = false;
};

/// Receives the results of the index pass in archive order; a failing call stops it.
class IndexSink {
 public:
  virtual ~IndexSink() = default;
  /// `resume_at` and `accounting` continue the pass behind this message.
  virtual Result<void> message(const IndexedMessage& message, std::uint64_t resume_at,
                               const mbox::Accounting& accounting) = 0;
  virtual Result<void> doubt(const mbox::Doubt& doubt) = 0;
  virtual Result<void> problem(const mbox::Problem& problem) = 0;
};

/// Reads the folder's beginning (mbox::kSurveyBytes at most).
Result<FolderSurvey> survey_folder(ByteSource& source, const IndexOptions& options);

/// Reads the folder once from `resume_at`. `peek` is a second reader of the same bytes. Splitting,
/// header scan, wire size and digest happen together. Memory is constant.
Result<mbox::Accounting> index_folder(ByteSource& source, ByteSource& peek,
                                      const FolderSurvey& survey, const IndexOptions& options,
                                      IndexSink& sink, const Cancellation& cancel,
                                      std::uint64_t resume_at = 0,
                                      const mbox::Accounting& so_far = {});

/// The same two for a folder that has a file for each message: `files` walks over them, `source`
/// has their bytes one behind the other. `index_files` gets the files from `resume_at` on.
Result<FolderSurvey> survey_files(ByteSource& source, archive::MessageFiles& files);
Result<mbox::Accounting> index_files(ByteSource& source, archive::MessageFiles& files,
                                     const FolderSurvey& survey, const IndexOptions& options,
                                     IndexSink& sink, const Cancellation& cancel,
                                     const mbox::Accounting& so_far = {});

/// How a folder's messages become wire form.
message::WireOptions wire_options(const FolderSurvey& survey, const IndexOptions& options);

}  // namespace mboxferry::transfer
