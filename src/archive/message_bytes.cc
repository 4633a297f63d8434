// SPDX-License-Identifier: Apache-2.0
// Message files as one stream.
#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/container.h"
#include "archive/file_rules.h"
#include "archive/maildir.h"
#include "archive/message_list.h"
#include "archive/open_file.h"
#include "archive/rebuilt_emlx.h"
#include "archive/stream_source.h"

namespace mboxferry::archive {
namespace {

constexpr std::uint64_t kBytesPage = 64;

Error changed(const std::string& name) {
  return Error{ErrorCode::archive_changed,
               name + " changed while its folder was being read",
               "run again when no other program writes to it",
               ErrorScope::job,
               {Retry::When::now, {}}};
}

/// Opens a file that is no longer where it was listed. It may be renamed again meanwhile, and a
/// directory that is written to does not show every name.
Result<OpenFile> open_renamed(const MessageList& list, const MessageRecord& record,
                              Result<OpenFile> opened) {
  constexpr int kMostSearches = 20;
  constexpr std::chrono::milliseconds kBetweenSearches{2};
  for (int i = 0; i < kMostSearches && !opened; ++i) {
    if (i > 1) std::this_thread::sleep_for(kBetweenSearches);
    const std::string renamed = find_renamed(list.directory, record.stable_name);
    if (!renamed.empty()) opened = OpenFile::open(list.root, renamed);
  }
  return opened;
}

/// The messages from one of them on.
class MessageStream final : public InputStream {
 public:
  MessageStream(const Folder& folder, std::string name, std::uint64_t number)
      : is_maildir_(folder.form == FolderForm::maildir),
        limits_(limits_for(folder)),
        list_(folder.messages),
        container_(folder.container),
        name_(std::move(name)),
        next_number_(number),
        shared_(folder.messages->shared) {}

  Result<std::size_t> read(std::span<char> buffer) override;
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  Result<bool> open_next();
  Result<void> open_file(const MessageRecord& record);
  Result<void> open_member(const MessageRecord& record, std::uint64_t passed);
  Result<void> skip_to_message(const MessageRecord& record, InputStream& stream,
                               std::uint64_t passed = 0);
  Result<std::size_t> read_some(std::span<char> buffer);
  [[nodiscard]] std::string file_name(const MessageRecord& record) const {
    return container_ ? container_->file().path() + ": " + record.name
                      : join_path(list_->directory, record.name);
  }

  const bool is_maildir_;
  const Limits limits_;
  std::shared_ptr<const MessageList> list_;
  std::shared_ptr<Container> container_;
  std::string name_;
  std::uint64_t next_number_;
  std::vector<ListedMessage> page_;
  std::size_t page_used_ = 0;
  std::unique_ptr<MemberStream> member_;  // one for all members, which it walks through
  std::unique_ptr<InputStream> file_;
  std::uint64_t left_ = 0;  // bytes of the present message
  std::shared_ptr<SharedBytes> shared_;  // null: members are read from the container
  std::uint64_t shared_offset_ = 0;      // of the next byte
};

Result<void> MessageStream::open_file(const MessageRecord& record) {
  if (shared_) {
    MBOXFERRY_ASSIGN(shared_offset_, list_->table->arranged_offset(record.position));
    return ok();
  }
  if (container_) return open_member(record, 0);
  if (record.stored != 0) {
    MBOXFERRY_ASSIGN(file_,
                     open_rebuilt(list_->root, list_->root->relative(file_name(record)), record));
    return ok();
  }
  auto opened = OpenFile::open(list_->root, file_name(record));
  if (!opened && is_maildir_) opened = open_renamed(*list_, record, std::move(opened));
  if (!opened && opened.error().code == ErrorCode::no_such_archive) {
    Error error = changed(file_name(record));
    error.what += " (" + opened.error().what + ")";
    return error;
  }
  MBOXFERRY_ASSIGN(OpenFile file, std::move(opened));
  if (file.size() != record.on_disk) return changed(file_name(record));
  if (record.compressed) {
    MBOXFERRY_ASSIGN(UnpackedFile unpacked, open_unpacked(std::move(file), limits_));
    file_ = std::move(unpacked.bytes);
  } else {
    auto meter = std::make_shared<UnpackMeter>(limits_, file.size());
    file_ = std::make_unique<FileStream>(std::make_shared<const OpenFile>(std::move(file)),
                                         std::move(meter));
  }
  return skip_to_message(record, *file_);
}

Result<void> MessageStream::skip_to_message(const MessageRecord& record, InputStream& stream,
                                            std::uint64_t passed) {
  const std::uint64_t before = record.skip + passed;
  MBOXFERRY_ASSIGN(const std::uint64_t skipped, stream.skip(before));
  return skipped == before ? ok() : Result<void>(changed(file_name(record)));
}

Result<void> MessageStream::open_member(const MessageRecord& record, std::uint64_t passed) {
  if (!member_) member_ = std::make_unique<MemberStream>(container_);
  MBOXFERRY_TRY(member_->go_to(record.position));
  return skip_to_message(record, *member_, passed);
}

Result<std::size_t> MessageStream::read_some(std::span<char> buffer) {
  if (shared_) {
    if (const auto got = shared_->read_at(shared_offset_, buffer)) {
      shared_offset_ += *got;
      return *got;
    }
    shared_.reset();
    const MessageRecord& record = page_[page_used_ - 1].record;
    MBOXFERRY_TRY(open_member(record, record.length - left_));
  }
  InputStream& stream = container_ ? *member_ : *file_;
  return stream.read(buffer);
}

Result<bool> MessageStream::open_next() {
  if (page_used_ == page_.size()) {
    MBOXFERRY_ASSIGN(page_, list_->table->page(list_->id, next_number_, kBytesPage));
    next_number_ += page_.size();
    page_used_ = 0;
    if (page_.empty()) return false;
  }
  const MessageRecord& record = page_[page_used_++].record;
  MBOXFERRY_TRY(open_file(record));
  left_ = record.length;
  return true;
}

Result<std::size_t> MessageStream::read(std::span<char> buffer) {
  if (left_ == 0) {
    MBOXFERRY_ASSIGN(const bool more, open_next());
    if (!more) return std::size_t{0};
  }
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, buffer.size()));
  MBOXFERRY_ASSIGN(const std::size_t got, read_some(buffer.first(size)));
  if (got == 0) return changed(file_name(page_[page_used_ - 1].record));
  left_ -= got;
  return got;
}

class MessageOpener final : public StreamOpener {
 public:
  explicit MessageOpener(const Folder& folder) : folder_(folder), name_(folder.place()) {}

  Result<std::uint64_t> start_before(std::uint64_t offset) override {
    const MessageList& list = *folder_.messages;
    MBOXFERRY_ASSIGN(start_number_, list.table->number_at(list.id, offset));
    MBOXFERRY_ASSIGN(const auto first, list.table->page(list.id, start_number_, 1));
    return first.empty() ? 0 : first.front().offset;
  }
  Result<std::unique_ptr<InputStream>> open(std::uint64_t /*start*/) override {
    return std::unique_ptr<InputStream>(
        std::make_unique<MessageStream>(folder_, name_, start_number_));
  }
  // A file of its own is compared with the list when it is opened.
  Result<void> check_unchanged() override {
    return folder_.container ? folder_.container->file().check_unchanged() : ok();
  }
  [[nodiscard]] bool is_dear() const override { return folder_.container != nullptr; }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  const Folder folder_;
  const std::string name_;
  std::uint64_t start_number_ = 1;
};

}  // namespace

std::unique_ptr<StreamOpener> message_opener(const Folder& folder) {
  return std::make_unique<MessageOpener>(folder);
}

std::unique_ptr<ByteSource> open_message_bytes(const Folder& folder) {
  return std::make_unique<StreamSource>(message_opener(folder));
}

}  // namespace mboxferry::archive
