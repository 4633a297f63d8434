// SPDX-License-Identifier: Apache-2.0
// The members of one zip or tar archive, by libarchive.
#include "archive/entry_reader.h"

#include <utility>

#include "archive/unpacker.h"
#include "mboxferry/base/utf8.h"

namespace mboxferry::archive {
namespace {

// libarchive turns the names that are UTF-8 into the locale's character set, and what does not fit
// there into question marks.
class Utf8Names {
 public:
  explicit Utf8Names(locale_t locale) {
    if (locale != locale_t{}) before_ = ::uselocale(locale);
  }
  Utf8Names(const Utf8Names&) = delete;
  Utf8Names& operator=(const Utf8Names&) = delete;
  ~Utf8Names() {
    if (before_ != locale_t{}) ::uselocale(before_);
  }

 private:
  locale_t before_{};
};

Entry::Type type_of(archive_entry* entry) {
  if (archive_entry_hardlink(entry) != nullptr) return Entry::Type::hard_link;
  const auto type = archive_entry_filetype(entry);
  if (type == AE_IFREG) return Entry::Type::file;
  if (type == AE_IFLNK) return Entry::Type::symbolic_link;
  return type == AE_IFDIR ? Entry::Type::directory : Entry::Type::other;
}

Entry to_entry(archive_entry* raw) {
  Entry entry;
  const char* name = archive_entry_pathname(raw);
  if (name != nullptr) entry.name = name;
  entry.type = type_of(raw);
  const char* target = nullptr;
  if (entry.type == Entry::Type::hard_link) target = archive_entry_hardlink(raw);
  if (entry.type == Entry::Type::symbolic_link) target = archive_entry_symlink(raw);
  if (target != nullptr) entry.target = target;
  entry.encrypted = archive_entry_is_encrypted(raw) != 0;
  if (archive_entry_size_is_set(raw) != 0 && archive_entry_size(raw) >= 0) {
    entry.size = static_cast<std::uint64_t>(archive_entry_size(raw));
  }
  if (archive_entry_mtime_is_set(raw) != 0) entry.modified = archive_entry_mtime(raw);
  return entry;
}

}  // namespace

EntryReader::EntryReader(std::unique_ptr<InputStream> stream, std::shared_ptr<UnpackMeter> meter,
                         std::optional<CodePage> code_page)
    : input_(std::move(stream)),
      counter_(std::move(meter)),
      code_page_(code_page),
      locale_(::newlocale(LC_CTYPE_MASK, "C.UTF-8", locale_t{})) {}

Result<std::unique_ptr<EntryReader>> EntryReader::open(std::unique_ptr<InputStream> stream,
                                                       ContainerFormat format,
                                                       std::shared_ptr<UnpackMeter> meter,
                                                       CodePage code_page) {
  const bool is_zip = format == ContainerFormat::zip;
  const auto* const file = dynamic_cast<FileStream*>(stream.get());
  bool seekable = false;
  if (is_zip && file != nullptr) {
    MBOXFERRY_ASSIGN(seekable, has_zip_directory(file->file()));
  }
  RememberingStream* remembered = nullptr;
  if (is_zip && !seekable) {
    auto wrapped = std::make_unique<RememberingStream>(std::move(stream));
    remembered = wrapped.get();
    stream = std::move(wrapped);
  }
  std::unique_ptr<EntryReader> reader(new EntryReader(
      std::move(stream), std::move(meter), is_zip ? std::optional(code_page) : std::nullopt));
  reader->remembered_ = remembered;
  MBOXFERRY_TRY(reader->start(format, seekable));
  return reader;
}

Result<void> EntryReader::start(ContainerFormat format, bool seekable) {
  LibarchiveReader* reader = input_.get();
  int status = ARCHIVE_OK;
  if (format == ContainerFormat::tar) {
    constexpr std::uint64_t kLongestList = 2 << 20;
    input_.allow_at_once(kLongestList);
    status = archive_read_support_format_tar(reader);
    // What stands behind the blocks of an end is read on, as in archives that were joined.
    if (status == ARCHIVE_OK)
      status = archive_read_set_format_option(reader, "tar", "read_concatenated_archives", "1");
  } else {
    status = seekable ? archive_read_support_format_zip_seekable(reader)
                      : archive_read_support_format_zip_streamable(reader);
  }
  if (status == ARCHIVE_OK) status = input_.open();
  return status == ARCHIVE_OK ? ok() : Result<void>(failure(input_.name(), 0));
}

Error EntryReader::failure(const std::string& name, std::uint64_t unpacked) const {
  if (input_.stream_error()) return *input_.stream_error();
  return damaged(name, unpacked, input_.reason());
}

bool EntryReader::lacks_end() const {
  constexpr std::uint64_t kBlock = 512;  // some writers leave one of the two
  return is_tar() && input_.zeros() < kBlock;
}

Result<void> EntryReader::account_for_end() {
  if (remembered_ == nullptr) return ok();
  const la_int64_t used = archive_filter_bytes(input_.get(), -1);
  if (used < 0 || !remembered_->go_back(static_cast<std::uint64_t>(used))) return ok();
  MBOXFERRY_ASSIGN(remarks_, account_for_zip_end(*remembered_, number_));
  return ok();
}

Result<bool> EntryReader::next() {
  archive_entry* raw = nullptr;
  int status = ARCHIVE_OK;
  {
    const Utf8Names names(locale_.get());
    for (;;) {
      status = input_.next_header(&raw);
      if (status != ARCHIVE_RETRY) break;
      passed_damage_ = true;
    }
    if (status == ARCHIVE_OK || status == ARCHIVE_WARN) entry_ = to_entry(raw);
  }
  if (status == ARCHIVE_EOF) {
    MBOXFERRY_TRY(account_for_end());
    return false;
  }
  if (status != ARCHIVE_OK && status != ARCHIVE_WARN) {
    return failure(number_ == 0 ? input_.name() : "behind " + member_name_, member_read_);
  }
  const Limits& limits = counter_.meter()->limits();
  if (++number_ > limits.most_members) {
    return Error{
        ErrorCode::not_mail,
        input_.name() + " has more than " + std::to_string(limits.most_members) + " members",
        "if it is genuine, unpack it by hand and name what comes out"};
  }
  if (code_page_ && !is_utf8(entry_.name)) {
    entry_.unmarked_name = std::move(entry_.name);
    entry_.name = code_page_->to_utf8(entry_.unmarked_name);
  }
  member_read_ = 0;
  member_name_ = input_.name() + ": " + to_utf8(entry_.name.substr(0, limits.longest_name));
  look_at_packing();
  return true;
}

// libarchive stands before the packed bytes of the member, and has not looked at them yet.
void EntryReader::look_at_packing() {
  refused_.reset();
  input_.watch_nothing();
  if (is_tar() || entry_.type != Entry::Type::file || entry_.encrypted) return;
  const auto format = zip_window_format(archive_format_name(input_.get()));
  if (!format) return;
  const auto position = static_cast<std::uint64_t>(archive_filter_bytes(input_.get(), 0));
  const auto watched =
      input_.watch(*format, position, counter_.meter()->limits().most_memory, member_name_);
  if (!watched) refused_ = watched.error();
}

Result<std::size_t> EntryReader::read(std::span<char> buffer) {
  if (refused_) return *refused_;
  la_ssize_t got = ARCHIVE_RETRY;
  while (got == ARCHIVE_RETRY) {
    got = input_.read_data(buffer);
  }
  if (got < 0) return failure(member_name_, member_read_);
  member_read_ += static_cast<std::uint64_t>(got);
  MBOXFERRY_TRY(counter_.count(static_cast<std::uint64_t>(got), member_name_));
  return static_cast<std::size_t>(got);
}

}  // namespace mboxferry::archive
