// SPDX-License-Identifier: Apache-2.0
// The members of a container file and of the containers inside of it.
#include "archive/member_walker.h"

#include <array>
#include <iterator>
#include <utility>

#include "archive/file_kind.h"
#include "archive/unpacker.h"

namespace mboxferry::archive {
namespace {

/// What the reader is at.
class EntryStream final : public InputStream {
 public:
  explicit EntryStream(EntryReader& reader) : reader_(reader), name_(reader.member_name()) {}

  Result<std::size_t> read(std::span<char> buffer) override { return reader_.read(buffer); }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  EntryReader& reader_;
  std::string name_;
};

Error no_container(const std::string& path) {
  return Error{ErrorCode::archive_changed, path + " is no archive of files any more",
               "run again when no other program writes to it"};
}

Error no_member(const std::string& path) {
  return Error{ErrorCode::archive_changed, path + " lacks a member that it had before",
               "run again when no other program writes to it"};
}

}  // namespace

Result<std::unique_ptr<MemberWalker>> MemberWalker::open(std::shared_ptr<const OpenFile> file,
                                                         const Limits& limits, CodePage code_page) {
  auto meter = std::make_shared<UnpackMeter>(limits, file->size());
  MBOXFERRY_ASSIGN(std::string head, read_head(*file));
  std::unique_ptr<InputStream> stream = std::make_unique<FileStream>(file, meter);
  if (archive::is_compressed(head)) {
    MBOXFERRY_ASSIGN(auto unpacked,
                     unpack(std::make_unique<HeadedStream>(std::move(stream)), meter));
    auto headed = std::make_unique<HeadedStream>(std::move(unpacked));
    MBOXFERRY_ASSIGN(const std::string_view inside, headed->head());
    head = inside;
    stream = std::move(headed);
  }
  const auto format = container_format(head);
  if (!format) return no_container(file->path());
  std::unique_ptr<MemberWalker> walker(new MemberWalker(meter, code_page));
  MBOXFERRY_ASSIGN(walker->outer_, EntryReader::open(std::move(stream), *format, meter, code_page));
  return walker;
}

Result<bool> MemberWalker::next() {
  bytes_.reset();
  is_compressed_ = false;
  if (inner_) {
    const auto more = inner_->next();
    passed_damage_ = inner_->take_passed_damage() || passed_damage_;
    if (!more || *more) return more;
    lacks_end_ = inner_->lacks_end();
    remarks_ = inner_->take_remarks();
    inner_.reset();
  }
  const auto more = outer_->next();
  passed_damage_ = outer_->take_passed_damage() || passed_damage_;
  if (!more || *more) return more;
  lacks_end_ = outer_->lacks_end() || lacks_end_;
  std::vector<ZipRemark> own = outer_->take_remarks();
  std::move(own.begin(), own.end(), std::back_inserter(remarks_));
  return more;
}

Result<void> MemberWalker::go_to(MemberPosition position) {
  if (outer_->number() < position.outer) leave();
  while (outer_->number() < position.outer) {
    MBOXFERRY_ASSIGN(const bool more, next());
    if (!more) return no_member(outer_->member_name());
  }
  if (position.inner == 0) return ok();
  if (!inner_) {
    MBOXFERRY_ASSIGN(HeadedStream * stream, bytes());
    MBOXFERRY_ASSIGN(const std::string_view head, stream->head());
    const auto format = container_format(head);
    if (!format) return no_container(outer_->member_name());
    MBOXFERRY_TRY(enter(*format));
  }
  while (inner_->number() < position.inner) {
    MBOXFERRY_ASSIGN(const bool more, next());
    if (!more || !inner_) return no_member(outer_->member_name());
  }
  return ok();
}

MemberPosition MemberWalker::position() const {
  return {outer_->number(), inner_ ? inner_->number() : 0};
}

Result<HeadedStream*> MemberWalker::bytes() {
  if (bytes_) return bytes_.get();
  bytes_ = std::make_unique<HeadedStream>(std::make_unique<EntryStream>(innermost()));
  if (inner_) return bytes_.get();
  MBOXFERRY_ASSIGN(const std::string_view head, bytes_->head());
  is_compressed_ = archive::is_compressed(head);
  if (is_compressed_) {
    MBOXFERRY_ASSIGN(auto unpacked, unpack(std::move(bytes_), meter_));
    bytes_ = std::make_unique<HeadedStream>(std::move(unpacked));
  }
  return bytes_.get();
}

Result<void> MemberWalker::enter(ContainerFormat format) {
  MBOXFERRY_ASSIGN(inner_, EntryReader::open(std::move(bytes_), format, meter_, code_page_));
  return ok();
}

void MemberWalker::leave() {
  bytes_.reset();
  inner_.reset();
}

}  // namespace mboxferry::archive
