// SPDX-License-Identifier: Apache-2.0
// Compares a zip archive with its directory (APPNOTE.TXT 4.3.7 to 4.3.16).
#include "archive/zip_account.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "archive/file_kind.h"
#include "archive/temporary_database.h"
#include "archive/zip_records.h"

namespace mboxferry::archive {
namespace {

// The longest data descriptor has 24 bytes, the shortest member 31.
constexpr std::uint64_t kSmallestGap = 30;

constexpr const char* kCreatePlaces = "CREATE TABLE place(begin INTEGER, size INTEGER); BEGIN;";
constexpr const char* kPlaces = "SELECT begin, size FROM place ORDER BY begin";

/// Bytes that no member accounts for, added up.
struct Gaps {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t first = 0;
};

Result<std::string> zip_bytes_at(const OpenFile& file, std::uint64_t offset, std::uint64_t size) {
  std::string bytes(static_cast<std::size_t>(size), '\0');
  MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(offset, bytes));
  bytes.resize(got);
  return bytes;
}

/// The first bytes from the first one on that is not zero; empty when all up to `end` are.
Result<std::string> first_data(const OpenFile& file, std::uint64_t begin, std::uint64_t end) {
  while (begin < end) {
    MBOXFERRY_ASSIGN(std::string bytes,
                     zip_bytes_at(file, begin, std::min<std::uint64_t>(end - begin, 64 * 1024)));
    if (bytes.empty()) break;
    const std::size_t at = bytes.find_first_not_of('\0');
    if (at != std::string::npos) return bytes.substr(at, kHeadBytes);
    begin += bytes.size();
  }
  return std::string();
}

std::string behind_the_end(std::string_view head) {
  if (container_format(head) == ContainerFormat::zip)
    return "another zip archive behind the end of this one, or a part of it: split them";
  return "data behind the end of the zip archive";
}

class ZipAccount {
 public:
  ZipAccount(const OpenFile& file, const ZipDirectory& directory)
      : file_(file), directory_(directory), reader_(file, directory.end - directory.size) {}

  Result<std::vector<ZipRemark>> take() {
    MBOXFERRY_TRY(places_.open(kCreatePlaces));
    MBOXFERRY_TRY(read_directory());
    MBOXFERRY_TRY(look_before());
    MBOXFERRY_TRY(look_between());
    look_at_count();
    MBOXFERRY_TRY(look_behind());
    return std::move(remarks_);
  }

 private:
  Result<void> read_directory();
  Result<void> look_before();
  Result<void> look_between();
  void look_at_count();
  Result<void> look_behind();
  Result<void> add_gap(Gaps& gaps, std::uint64_t begin, std::uint64_t end) const;
  [[nodiscard]] Result<std::uint64_t> end_of(std::uint64_t begin, std::uint64_t size) const;

  const OpenFile& file_;
  const ZipDirectory directory_;
  ZipRecordReader reader_;
  TemporaryDatabase places_{"the list of places in a zip archive"};
  std::uint64_t begin_ = 0;       ///< where the directory begins
  std::uint64_t base_ = 0;        ///< where the archive begins
  std::uint64_t listed_ = 0;      ///< members
  std::uint64_t listed_end_ = 0;  ///< where the last of the directory's records ends
  std::vector<ZipRemark> remarks_;
};

Result<void> ZipAccount::read_directory() {
  MBOXFERRY_ASSIGN(const Statement insert, places_.prepare("INSERT INTO place VALUES(?, ?)"));
  begin_ = reader_.offset();
  for (;;) {
    MBOXFERRY_ASSIGN(const auto entry, reader_.next_entry());
    if (!entry) break;
    if (listed_++ == 0) begin_ = entry->at;
    bind_number(insert.get(), 1, entry->offset);
    bind_number(insert.get(), 2, entry->size);
    MBOXFERRY_TRY(places_.insert(insert.get()));
  }
  listed_end_ = reader_.offset();
  base_ = begin_ >= directory_.offset ? begin_ - directory_.offset : 0;
  return ok();
}

Result<void> ZipAccount::look_before() {
  if (base_ == 0) return ok();
  MBOXFERRY_ASSIGN(const std::string head, first_data(file_, 0, base_));
  if (head.empty()) return ok();
  remarks_.push_back(
      {base_, "another zip archive before this one, as when two were joined: split them"});
  return ok();
}

// Where the member ends whose local record is at `begin`.
Result<std::uint64_t> ZipAccount::end_of(std::uint64_t begin, std::uint64_t size) const {
  constexpr std::uint64_t kLocalSize = 30;
  MBOXFERRY_ASSIGN(const std::string record, zip_bytes_at(file_, begin, kLocalSize));
  const std::string_view bytes = record;
  if (bytes.size() < kLocalSize || !bytes.starts_with(kZipLocal)) return begin;
  return begin + kLocalSize + zip_number(bytes.substr(26, 2)) + zip_number(bytes.substr(28, 2)) +
         std::min(size, file_.size());
}

Result<void> ZipAccount::add_gap(Gaps& gaps, std::uint64_t begin, std::uint64_t end) const {
  if (end <= begin || end - begin <= kSmallestGap) return ok();
  MBOXFERRY_ASSIGN(const std::string head, first_data(file_, begin, end));
  if (head.empty()) return ok();
  if (gaps.count++ == 0) gaps.first = begin;
  gaps.bytes += end - begin;
  return ok();
}

// A member that was deleted by its record in the directory alone is there still.
Result<void> ZipAccount::look_between() {
  MBOXFERRY_ASSIGN(const Statement places, places_.prepare(kPlaces));
  Gaps gaps;
  std::uint64_t reached = base_;
  int status = SQLITE_ROW;
  while ((status = sqlite3_step(places.get())) == SQLITE_ROW) {
    const std::uint64_t begin = base_ + std::min(number_of(places.get(), 0), file_.size());
    MBOXFERRY_TRY(add_gap(gaps, reached, begin));
    MBOXFERRY_ASSIGN(const std::uint64_t end, end_of(begin, number_of(places.get(), 1)));
    reached = std::max(reached, end);
  }
  if (status != SQLITE_DONE) return places_.failed();
  MBOXFERRY_TRY(add_gap(gaps, reached, begin_));
  if (gaps.count == 0) return ok();
  remarks_.push_back({gaps.bytes,
                      "data that its directory does not list, such as members that were deleted: "
                      "the first at byte " +
                          std::to_string(gaps.first)});
  return ok();
}

void ZipAccount::look_at_count() {
  if (listed_ >= directory_.members) return;
  remarks_.push_back({0, "its directory lists " + std::to_string(listed_) + " members of the " +
                             std::to_string(directory_.members) + " that its end counts"});
}

Result<void> ZipAccount::look_behind() {
  // Between the directory and the record at the end there may be a signature of the directory.
  MBOXFERRY_ASSIGN(const std::string gap, first_data(file_, listed_end_, directory_.end));
  if (!gap.empty() && !gap.starts_with(kZipSignature)) {
    remarks_.push_back({directory_.end - std::min(listed_end_, directory_.end),
                        "data between the directory of the zip archive and its end"});
  }
  if (file_.size() <= directory_.behind) return ok();
  MBOXFERRY_ASSIGN(const std::string head, first_data(file_, directory_.behind, file_.size()));
  if (head.empty()) return ok();
  remarks_.push_back({file_.size() - directory_.behind, behind_the_end(head)});
  return ok();
}

/// Reads records of a stream.
class StreamedRecords {
 public:
  explicit StreamedRecords(InputStream& stream) : stream_(stream) {}

  /// Up to `size` bytes.
  Result<std::string> take(std::size_t size) {
    std::string bytes(size, '\0');
    std::size_t done = 0;
    while (done < size) {
      MBOXFERRY_ASSIGN(const std::size_t got, stream_.read(std::span<char>(bytes).subspan(done)));
      if (got == 0) break;
      done += got;
    }
    bytes.resize(done);
    return bytes;
  }
  Result<bool> skip(std::uint64_t count) {
    MBOXFERRY_ASSIGN(const std::uint64_t done, stream_.skip(count));
    return done == count;
  }
  /// The signature of the first record of a directory, whatever stands before it.
  Result<std::string> find() {
    MBOXFERRY_ASSIGN(std::string signature, take(4));
    while (signature.size() == 4 && !begins_directory(signature)) {
      MBOXFERRY_ASSIGN(const std::string next, take(1));
      signature = signature.substr(1) + next;
    }
    return signature;
  }

 private:
  static bool begins_directory(std::string_view signature) {
    return signature == kZipEntry || signature == kZipEnd || signature == kZipEnd64;
  }
  InputStream& stream_;
};

/// The numbers that a zip archive ends with, when it is read from front to back.
struct StreamedEnd {
  bool found = false;
  std::uint64_t listed = 0;
  std::uint64_t counted = 0;
};

// How long the rest of a record is whose signature was read; none for the one that ends all.
Result<std::optional<std::uint64_t>> rest_of_record(StreamedRecords& records,
                                                    std::string_view signature) {
  using Rest = std::optional<std::uint64_t>;
  if (signature == kZipEntry) {
    MBOXFERRY_ASSIGN(const std::string rest, records.take(42));
    if (rest.size() < 42) return Rest();
    const std::string_view bytes = rest;
    return Rest(zip_number(bytes.substr(24, 2)) + zip_number(bytes.substr(26, 2)) +
                zip_number(bytes.substr(28, 2)));
  }
  if (signature == kZipEnd64) {
    MBOXFERRY_ASSIGN(const std::string size, records.take(8));
    return size.size() == 8 ? Rest(zip_number(size)) : Rest();
  }
  if (signature == kZipLocator64) return Rest(16);
  if (signature != kZipSignature) return Rest();
  MBOXFERRY_ASSIGN(const std::string size, records.take(2));
  return size.size() == 2 ? Rest(zip_number(size)) : Rest();
}

Result<StreamedEnd> read_end(StreamedRecords& records) {
  StreamedEnd end;
  MBOXFERRY_ASSIGN(std::string signature, records.find());
  while (signature.size() == 4 && signature != kZipEnd) {
    if (signature == kZipEntry) ++end.listed;
    MBOXFERRY_ASSIGN(const auto rest, rest_of_record(records, signature));
    if (!rest) return end;
    MBOXFERRY_ASSIGN(const bool whole, records.skip(*rest));
    if (!whole) return end;
    MBOXFERRY_ASSIGN(signature, records.take(4));
  }
  if (signature != kZipEnd) return end;
  MBOXFERRY_ASSIGN(const std::string record, records.take(18));
  if (record.size() < 18) return end;
  const std::string_view bytes = record;
  end.counted = zip_number(bytes.substr(6, 2));
  MBOXFERRY_ASSIGN(end.found, records.skip(zip_number(bytes.substr(16, 2))));
  return end;
}

}  // namespace

Result<bool> has_zip_directory(const OpenFile& file) {
  MBOXFERRY_ASSIGN(const auto directory, find_zip_directory(file));
  return directory.has_value();
}

Result<std::vector<ZipRemark>> account_for_zip(const OpenFile& file) {
  MBOXFERRY_ASSIGN(const auto directory, find_zip_directory(file));
  if (!directory) return std::vector<ZipRemark>();
  return ZipAccount(file, *directory).take();
}

Result<std::size_t> RememberingStream::read(std::span<char> buffer) {
  if (again_ > 0) {
    const std::size_t count = std::min(again_, buffer.size());
    last_.copy(buffer.data(), count, last_.size() - again_);
    again_ -= count;
    return count;
  }
  MBOXFERRY_ASSIGN(const std::size_t got, rest_->read(buffer));
  constexpr std::size_t kKept = 256 * 1024;
  if (last_.size() + got > 2 * kKept) last_.erase(0, last_.size() - kKept);
  last_.append(buffer.data(), got);
  given_ += got;
  return got;
}

bool RememberingStream::go_back(std::uint64_t offset) {
  if (offset > given_ || given_ - offset > last_.size()) return false;
  again_ = static_cast<std::size_t>(given_ - offset);
  return true;
}

Result<std::vector<ZipRemark>> account_for_zip_end(InputStream& stream, std::uint64_t members) {
  std::vector<ZipRemark> remarks;
  StreamedRecords records(stream);
  MBOXFERRY_ASSIGN(const StreamedEnd end, read_end(records));
  if (!end.found) {
    remarks.push_back({0, "the end of the zip archive is missing: members may be"});
    return remarks;
  }
  const std::uint64_t most = std::max(end.listed, end.counted);
  if (members < most) {
    remarks.push_back({0, std::to_string(most - members) + " members of the " +
                              std::to_string(most) + " that the zip archive counts are missing"});
  }
  std::uint64_t behind = 0;
  std::string head;
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    MBOXFERRY_ASSIGN(const std::size_t got, stream.read(buffer));
    if (got == 0) break;
    behind += got;
    const std::string_view bytes(buffer.data(), got);
    const std::size_t at = head.empty() ? bytes.find_first_not_of('\0') : std::string_view::npos;
    if (at != std::string_view::npos) head = bytes.substr(at, kHeadBytes);
  }
  if (!head.empty()) remarks.push_back({behind, behind_the_end(head)});
  return remarks;
}

}  // namespace mboxferry::archive
