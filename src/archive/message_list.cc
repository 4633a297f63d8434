// SPDX-License-Identifier: Apache-2.0
// Lists of message files: collected, walked, recognised again.
#include "archive/message_list.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/container_messages.h"
#include "archive/file_rules.h"
#include "archive/limits.h"
#include "archive/open_file.h"
#include "archive/running_digest.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

constexpr std::uint64_t kListPage = 200;

/// Walks a list page by page.
class ListWalk {
 public:
  ListWalk(const MessageList& list, std::uint64_t number) : list_(list), number_(number) {}

  /// The next message, null behind the last; valid until the next call.
  Result<const ListedMessage*> next() {
    if (used_ == page_.size()) {
      MBOXFERRY_ASSIGN(page_, list_.table->page(list_.id, number_, kListPage));
      used_ = 0;
      number_ += page_.size();
    }
    return used_ == page_.size() ? nullptr : &page_[used_++];
  }

 private:
  const MessageList& list_;
  std::uint64_t number_;
  std::vector<ListedMessage> page_;
  std::size_t used_ = 0;
};

class ListedFiles final : public MessageFiles {
 public:
  ListedFiles(std::shared_ptr<const MessageList> list, std::uint64_t number)
      : list_(std::move(list)), walk_(*list_, number) {}

  Result<std::optional<MessageFile>> next() override {
    MBOXFERRY_ASSIGN(const ListedMessage* message, walk_.next());
    if (message == nullptr) return std::optional<MessageFile>();
    return std::optional(to_file(*message));
  }

 private:
  [[nodiscard]] MessageFile to_file(const ListedMessage& message) const {
    const MessageRecord& record = message.record;
    MessageFile file;
    file.offset = message.offset;
    file.length = record.length;
    file.name = to_utf8(join_path(list_->directory, record.name));
    file.has_flags = record.has_flags;
    for (const char letter : record.info) {
      if (letter < 'a') {
        file.flags += letter;
      } else if (const std::string& keyword =
                     list_->keywords[static_cast<std::size_t>(letter - 'a')];
                 !keyword.empty()) {
        file.keywords.push_back(keyword);
      }
    }
    if (record.modified) file.date = Timestamp{*record.modified, 0};
    file.date_is_exact = record.date_is_exact;
    file.labels = split_joined_labels(record.labels);
    for (std::string& label : file.labels) {
      const auto name = list_->label_names.find(label);
      if (name != list_->label_names.end()) label = name->second;
    }
    return file;
  }

  std::shared_ptr<const MessageList> list_;
  ListWalk walk_;
};

Result<std::array<std::uint8_t, 32>> to_array(const RunningDigest& digest) {
  MBOXFERRY_ASSIGN(const std::string value, digest.value());
  std::array<std::uint8_t, 32> bytes{};
  std::copy_n(value.begin(), std::min(value.size(), bytes.size()), bytes.begin());
  return bytes;
}

/// Nothing when the file is gone or cannot be read: whoever reads the message tells it.
Result<std::optional<FileContent>> read_content(const std::shared_ptr<const TreeRoot>& root,
                                                const std::string& relative, bool compressed) {
  auto file = OpenFile::open(root, root->full(relative));
  if (!file) return std::optional<FileContent>();
  const std::int64_t changed = file->changed_ns();
  std::unique_ptr<InputStream> bytes;
  if (compressed) {
    auto unpacked = open_unpacked(*std::move(file), Limits());
    if (!unpacked) return std::optional<FileContent>();
    bytes = std::move(unpacked->bytes);
  } else {
    auto meter = std::make_shared<UnpackMeter>(Limits(), file->size());
    bytes = std::make_unique<FileStream>(std::make_shared<const OpenFile>(*std::move(file)),
                                         std::move(meter));
  }
  RunningDigest digest;
  std::array<char, 32 * 1024> buffer{};
  for (;;) {
    const auto got = bytes->read(buffer);
    if (!got) return std::optional<FileContent>();
    if (*got == 0) break;
    digest.add({buffer.data(), *got});
  }
  MBOXFERRY_ASSIGN(std::string value, digest.value());
  return std::optional(FileContent{std::move(value), changed});
}

/// Positive, so that 0 stays what no version has.
std::int64_t to_number(const std::array<std::uint8_t, 32>& digest) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < sizeof(number); ++i) number = number << 8U | digest[i];
  return static_cast<std::int64_t>(number >> 1U | 1U);
}

/// The identity of the first messages, `size` bytes of them; none when no message ends there.
Result<std::optional<Identity>> identify_first(const MessageList& list, std::uint64_t size) {
  Identity identity;
  RunningDigest names;
  RunningDigest flags;
  RunningDigest versions;
  ListWalk walk(list, 1);
  while (identity.size < size) {
    MBOXFERRY_ASSIGN(const ListedMessage* message, walk.next());
    if (message == nullptr) return std::optional<Identity>();
    names.add(message->record.stable_name + '\0' + std::to_string(message->record.length) + '\n');
    flags.add(message->record.info + '\n' + message->record.labels);
    versions.add(message->record.version + '\n');
    identity.size += message->record.length;
    constexpr std::int64_t kNanoseconds = 1'000'000'000;
    constexpr std::int64_t kLatest = std::int64_t{1} << 33U;
    identity.modified_ns = std::max(
        identity.modified_ns,
        std::clamp(message->record.modified.value_or(0), std::int64_t{0}, kLatest) * kNanoseconds);
  }
  if (identity.size != size) return std::optional<Identity>();
  MBOXFERRY_ASSIGN(identity.head, to_array(names));
  MBOXFERRY_ASSIGN(identity.tail, to_array(flags));
  MBOXFERRY_ASSIGN(const auto all_versions, to_array(versions));
  identity.changed_ns = to_number(all_versions);
  return std::optional(identity);
}

}  // namespace

Result<bool> MessageCollector::remove(MemberPosition position) {
  return table_ ? table_->remove(position) : Result<bool>(false);
}

Result<std::int64_t> MessageCollector::list_of(FolderForm form, const std::string& directory) {
  if (!table_) {
    MBOXFERRY_ASSIGN(table_, MessageTable::create());
  }
  const auto next = static_cast<std::int64_t>(lists_.size()) + 1;
  return lists_.try_emplace(Key(form, directory), next).first->second;
}

Result<void> MessageCollector::add_folder(FolderForm form, const std::string& directory) {
  MBOXFERRY_TRY(list_of(form, directory));
  return ok();
}

void MessageCollector::note_letters(std::int64_t list, const std::string& info) {
  for (const char letter : info) {
    if (letter < 'a') continue;
    std::string& known = letters_[list];
    if (known.find(letter) == std::string::npos) known += letter;
  }
}

Result<void> MessageCollector::add(FolderForm form, const std::string& directory,
                                   const MessageRecord& record) {
  MBOXFERRY_ASSIGN(const std::int64_t list, list_of(form, directory));
  note_letters(list, record.info);
  ++added_;
  return table_->add(list, record);
}

std::int64_t MessageCollector::maildir_list(const std::string& directory) const {
  const auto found = lists_.find(Key(FolderForm::maildir, directory));
  return found == lists_.end() ? 0 : found->second;
}

Result<std::vector<ListedName>> MessageCollector::listed(const std::string& directory,
                                                         const std::string& stable_name) {
  if (!table_) return std::vector<ListedName>();
  return table_->listed(maildir_list(directory), directory, stable_name);
}

Result<void> MessageCollector::note_listed(const std::string& directory,
                                           const std::string& stable_name, const ListedName& file) {
  if (!table_) {
    MBOXFERRY_ASSIGN(table_, MessageTable::create());
  }
  return table_->note_listed(directory, stable_name, file);
}

Result<void> MessageCollector::set_name(const std::string& directory, std::int64_t row,
                                        const MessageRecord& named) {
  note_letters(maildir_list(directory), named.info);
  return table_->set_name(row, named);
}

Result<void> MessageCollector::drop_renamed(const std::string& directory) {
  return table_ ? table_->drop_renamed(maildir_list(directory)) : ok();
}

Result<void> MessageCollector::take_lost(
    const std::string& directory, const std::function<void(const std::string& name)>& visit) {
  return table_ ? table_->take_lost(maildir_list(directory), directory, visit) : ok();
}

Result<void> MessageCollector::add_note(const std::string& side, const SideNote& note) {
  if (!table_) {
    MBOXFERRY_ASSIGN(table_, MessageTable::create());
  }
  return table_->add_note(side, note);
}

Result<bool> MessageCollector::read_marks(const std::string& mbox, InputStream& bytes) {
  if (!marks_) {
    MBOXFERRY_ASSIGN(marks_, MarkTable::create());
  }
  return marks_->read(mbox, bytes);
}

Result<void> MessageCollector::attach_marks(std::vector<FoundFolder>& found) {
  if (!marks_) return ok();
  for (FoundFolder& one : found) {
    if (one.folder.form != FolderForm::mbox || !one.other_name_of.empty()) continue;
    MBOXFERRY_ASSIGN(const std::uint64_t messages, marks_->count(one.relative));
    if (messages == 0) continue;
    noted_ += messages;
    one.folder.marks = std::make_shared<MboxMarks>(MboxMarks{marks_, one.relative});
  }
  return ok();
}

Result<bool> MessageCollector::has_message(FolderForm form, const std::string& directory,
                                           std::string_view name) const {
  const auto list = lists_.find(Key(form, directory));
  return list == lists_.end() ? Result<bool>(false) : table_->has(list->second, name);
}

Result<void> MessageCollector::count_unexplained(std::int64_t list, const MessageList& names) {
  const auto letters = letters_.find(list);
  if (letters == letters_.end()) return ok();
  std::string unknown;
  for (const char letter : letters->second) {
    if (names.keywords[static_cast<std::size_t>(letter - 'a')].empty()) unknown += letter;
  }
  if (unknown.empty()) return ok();
  MBOXFERRY_ASSIGN(const std::uint64_t messages, table_->count_with(list, unknown));
  unexplained_ += messages;
  return ok();
}

Result<void> MessageCollector::drop_copies(const std::shared_ptr<const TreeRoot>& root,
                                           const CopyVisitor& copy) {
  std::map<std::int64_t, std::string> directories;
  for (const auto& [key, list] : lists_) directories.emplace(list, root ? key.second : "");
  MBOXFERRY_TRY(table_->drop_copies([&](std::int64_t list, const std::string& name) {
    copy(join_path(directories[list], name), "the same file as another of its folder");
  }));
  if (!root) return ok();  // of members the last one counts (replaced_members.cc)
  return table_->drop_same_deliveries(
      [&](std::int64_t list, const std::string& name, bool compressed) {
        return read_content(root, join_path(directories[list], name), compressed);
      },
      [&](std::int64_t list, const std::string& name) {
        copy(join_path(directories[list], name),
             "replaced by a later file, which is the same message with other flags");
      });
}

Result<std::vector<FoundFolder>> MessageCollector::finish(std::shared_ptr<const TreeRoot> root,
                                                          const CopyVisitor& copy,
                                                          std::shared_ptr<Container> container) {
  std::vector<FoundFolder> found;
  if (!table_) return found;
  MBOXFERRY_TRY(drop_copies(root, copy));
  MBOXFERRY_ASSIGN(note_troubles_, table_->note_troubles());
  MBOXFERRY_TRY(table_->seal());
  MBOXFERRY_ASSIGN(noted_, table_->noted());
  std::shared_ptr<SharedBytes> shared;
  if (container) {
    MBOXFERRY_ASSIGN(const bool interleaved, table_->arrange_if_interleaved());
    if (interleaved) {
      shared = std::make_shared<SharedBytes>(container_messages(std::move(container), table_));
    }
  }
  for (const auto& [key, id] : lists_) {
    auto list = std::make_shared<MessageList>();
    list->table = table_;
    list->id = id;
    list->root = root;
    list->shared = shared;
    if (root) list->directory = root->full(key.second);
    if (const auto keywords = keywords_.find(key.second); keywords != keywords_.end()) {
      list->keywords = keywords->second;
    }
    if (const auto names = label_names_.find(key.second); names != label_names_.end()) {
      list->label_names = names->second;
    }
    MBOXFERRY_TRY(count_unexplained(id, *list));
    FoundFolder one;
    one.relative = key.second;
    one.folder.form = key.first;
    MBOXFERRY_ASSIGN(one.folder.bytes_on_disk, table_->size(id));
    MBOXFERRY_ASSIGN(const auto first, table_->page(id, 1, 1));
    // Thunderbird's maildirs hold files that carry their flags inside.
    if (first.empty() && lists_.contains(Key(FolderForm::eml, key.second))) continue;
    if (!first.empty()) one.first = first.front().record.position;
    one.folder.messages = std::move(list);
    found.push_back(std::move(one));
  }
  return found;
}

Result<std::unique_ptr<MessageFiles>> open_message_files(const Folder& folder,
                                                         std::uint64_t offset) {
  const MessageList& list = *folder.messages;
  MBOXFERRY_ASSIGN(std::uint64_t number, list.table->number_at(list.id, offset));
  if (number > 0) {
    MBOXFERRY_ASSIGN(const auto first, list.table->page(list.id, number, 1));
    if (first.empty() || first.front().offset < offset) ++number;
  }
  return std::unique_ptr<MessageFiles>(std::make_unique<ListedFiles>(folder.messages, number));
}

Result<Identity> identify_messages(const Folder& folder) {
  const MessageList& list = *folder.messages;
  MBOXFERRY_ASSIGN(const std::uint64_t size, list.table->size(list.id));
  MBOXFERRY_ASSIGN(const auto identity, identify_first(list, size));
  if (!identity) return Error{ErrorCode::internal, "sizes differ in " + folder.place(), ""};
  return *identity;
}

Result<Change> compare_messages(const Folder& folder, const Identity& before) {
  const MessageList& list = *folder.messages;
  MBOXFERRY_ASSIGN(const std::uint64_t size, list.table->size(list.id));
  MBOXFERRY_ASSIGN(const auto now, identify_first(list, before.size));
  if (!now || now->head != before.head) return Change::different;
  if (size > before.size) return Change::grown;
  const bool same = now->tail == before.tail && now->modified_ns == before.modified_ns &&
                    (before.changed_ns == 0 || now->changed_ns == before.changed_ns);
  return same ? Change::none : Change::touched;
}

}  // namespace mboxferry::archive
