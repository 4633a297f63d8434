// SPDX-License-Identifier: Apache-2.0
// From a journal row back to the bytes of the archive.
#include "transfer/source/folder_readers.h"

#include <algorithm>

#include "mboxferry/message/envelope.h"
#include "transfer/index/content_digest.h"
#include "transfer/source/standing_bytes.h"

namespace mboxferry::transfer {

namespace {

/// The index names bytes of the file as it was when this run began.
Result<void> check_unwritten(const SourceFolder& source) {
  const auto identity = identity_from_text(source.row.identity);
  if (!identity) return ok();
  MBOXFERRY_ASSIGN(const bool unwritten, archive::is_unwritten(source.place, *identity));
  if (unwritten) return ok();
  return Error{ErrorCode::archive_changed,
               source.row.file + " changed while it was being read",
               "run again when no other program writes to it",
               ErrorScope::job,
               {Retry::When::now, {}}};
}

}  // namespace

bool FolderReaders::has(journal::FolderId folder) const {
  return std::any_of(sources_.begin(), sources_.end(),
                     [&](const SourceFolder& known) { return known.row.id == folder; });
}

Result<MessageReader*> FolderReaders::of(journal::FolderId folder) {
  if (reader_ && folder == folder_) return reader_.get();
  const auto source =
      std::find_if(sources_.begin(), sources_.end(),
                   [&](const SourceFolder& known) { return known.row.id == folder; });
  if (source == sources_.end())
    return Error{ErrorCode::internal, "a message of the journal belongs to no folder", ""};
  reader_.reset();
  MBOXFERRY_ASSIGN(bytes_, open_bytes(*source));
  if (!source->stands_to) MBOXFERRY_TRY(check_unwritten(*source));
  message::WireOptions options = wire_options(source->survey, settings_.index);
  const bool by_file = source->place.form != archive::FolderForm::mbox;
  const bool otherwise = quoting_ == Quoting::otherwise && !by_file;
  if (otherwise) options.unquote = !options.unquote;
  reader_ = std::make_unique<MessageReader>(*bytes_, options);
  // A message file of the same length may have been written to in its middle.
  if ((source->stands_to || by_file) && !otherwise)
    reader_->compare_with(settings_.index.content_key);
  folder_ = folder;
  return reader_.get();
}

MaskedDigestOf masked_digest_of(const std::vector<SourceFolder>& sources,
                                const JobSettings& settings) {
  const auto readers = std::make_shared<FolderReaders>(sources, settings);
  const ContentKey key = settings.index.content_key.value_or(ContentKey{});
  return [readers, key](const journal::MessageRow& row) -> Result<journal::Digest> {
    if (!readers->has(row.folder)) return journal::Digest{};
    MBOXFERRY_ASSIGN(MessageReader* const reader, readers->of(row.folder));
    MaskedDigest digest(key);
    MBOXFERRY_TRY(
        reader->wire_form(row.offset, row.length, [&](std::string_view wire) -> Result<void> {
          digest.update(wire);
          return ok();
        }));
    return digest.finish();
  };
}

EnvelopeOf envelope_of(const std::vector<SourceFolder>& sources, const JobSettings& settings) {
  const auto readers = std::make_shared<FolderReaders>(sources, settings);
  return [readers](const journal::MessageRow& row) -> Result<std::int64_t> {
    if (!readers->has(row.folder)) return 0;
    MBOXFERRY_ASSIGN(MessageReader* const reader, readers->of(row.folder));
    message::EnvelopeScanner scanner;
    MBOXFERRY_TRY(
        reader->wire_form(row.offset, row.length, [&](std::string_view wire) -> Result<void> {
          scanner.feed(wire);
          return ok();
        }));
    return scanner.finish();
  };
}

}  // namespace mboxferry::transfer
