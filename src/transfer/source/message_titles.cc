// SPDX-License-Identifier: Apache-2.0
// From a journal's row to the header in the archive.
#include "mboxferry/transfer/message_titles.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "mboxferry/message/digest.h"
#include "mboxferry/message/metadata.h"
#include "mboxferry/transfer/settings.h"
#include "transfer/source/literals.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {
namespace {

Error header_was_read() { return {ErrorCode::interrupted, "the header was read", ""}; }

/// The row of a folder, by its file. An archive that was named by a link is opened here by what the
/// link leads to, and then its folder may have another name than in the journal.
std::vector<journal::FolderRow>::const_iterator row_of(const std::vector<journal::FolderRow>& rows,
                                                       const std::string& file,
                                                       const std::string& label) {
  const auto is_it = [&](const journal::FolderRow& known) { return known.file == file; };
  const auto named = std::find_if(rows.begin(), rows.end(), [&](const journal::FolderRow& known) {
    return is_it(known) && known.path == label;
  });
  if (named != rows.end()) return named;
  const bool is_only_one = std::count_if(rows.begin(), rows.end(), is_it) == 1;
  return is_only_one ? std::find_if(rows.begin(), rows.end(), is_it) : rows.end();
}

/// The folders of the journal that are still where they were.
Result<std::vector<SourceFolder>> folders_of(const journal::Journal& journal,
                                             const JobSettings& settings) {
  std::vector<SourceFolder> sources;
  MBOXFERRY_ASSIGN(const auto archives,
                   archive::Archive::open_all(settings.archives, settings.open));
  MBOXFERRY_ASSIGN(const auto rows, journal.folders());
  for (const archive::Archive& archive : archives) {
    for (const archive::Folder& place : archive.folders()) {
      const std::string file = file_name_of(archive, place);
      const auto row = row_of(rows, file, place.label());
      if (row == rows.end()) continue;
      auto survey = FolderSurvey::from_text(row->profile);
      if (!survey) continue;
      SourceFolder& source = sources.emplace_back();
      source.place = place;
      source.survey = std::move(*survey);
      source.row = *row;
    }
  }
  return sources;
}

class TitleReader {
 public:
  TitleReader(JobSettings settings, std::vector<SourceFolder> sources)
      : settings_(std::move(settings)), sources_(std::move(sources)) {}

  static std::shared_ptr<TitleReader> open(const journal::Journal& journal) {
    const auto identity = journal.identity();
    if (!identity) return nullptr;
    auto settings = settings_of(*identity);
    // What came by a pipe cannot be read again.
    if (!settings || std::count(settings->archives.begin(), settings->archives.end(), "-") > 0)
      return nullptr;
    auto sources = folders_of(journal, *settings);
    if (!sources) return nullptr;
    return std::make_shared<TitleReader>(std::move(*settings), std::move(*sources));
  }

  std::optional<message::Title> of(const journal::MessageRow& row) {
    if (!open_folder(row.folder)) return std::nullopt;
    // Without a Message-ID the size has to do, for which the message is read to its end.
    const bool has_id = row.message_id_hash != 0;
    message::HeaderText header;
    message::HeaderScanner scanner;
    std::uint64_t size = 0;
    const auto read =
        reader_->wire_form(row.offset, row.length, [&](std::string_view wire) -> Result<void> {
          header.feed(wire);
          scanner.feed(wire);
          size += wire.size();
          return has_id && header.done() && scanner.done() ? header_was_read() : ok();
        });
    if (!read && !(has_id && header.done())) return std::nullopt;
    const std::string id = scanner.finish().message_id;
    const bool is_same = has_id ? message::short_hash(id) == row.message_id_hash
                                : id.empty() && size == row.wire_size;
    if (!is_same) return std::nullopt;
    message::Title title = message::title_of(header);
    title.message_id = id;
    return title;
  }

 private:
  /// False when it cannot be. What was written to it since does not matter: what is read is held
  /// against the row.
  bool open_folder(journal::FolderId folder) {
    if (reader_ && folder == folder_) return true;
    const auto source =
        std::find_if(sources_.begin(), sources_.end(),
                     [&](const SourceFolder& known) { return known.row.id == folder; });
    if (source == sources_.end()) return false;
    reader_.reset();
    auto bytes = archive::open_folder(source->place);
    if (!bytes) return false;
    bytes_ = std::move(*bytes);
    reader_ =
        std::make_unique<MessageReader>(*bytes_, wire_options(source->survey, settings_.index));
    folder_ = folder;
    return true;
  }

  const JobSettings settings_;
  const std::vector<SourceFolder> sources_;
  journal::FolderId folder_ = 0;
  std::unique_ptr<ByteSource> bytes_;
  std::unique_ptr<MessageReader> reader_;
};

}  // namespace

TitleOf titles_of(const journal::Journal& journal) {
  return [&journal, reader = std::shared_ptr<TitleReader>(),
          tried = false](const journal::MessageRow& row) mutable {
    if (!std::exchange(tried, true)) reader = TitleReader::open(journal);
    return reader ? reader->of(row) : std::nullopt;
  };
}

}  // namespace mboxferry::transfer
