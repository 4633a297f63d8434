// SPDX-License-Identifier: Apache-2.0
// Files that may be compressed.
#include "archive/compressed_file.h"

#include <utility>

#include "archive/file_kind.h"
#include "archive/stream_source.h"
#include "archive/text_conversion.h"
#include "archive/unpacker.h"

namespace mboxferry::archive {
namespace {

class CompressedFileOpener final : public StreamOpener {
 public:
  CompressedFileOpener(OpenFile file, const Limits& limits)
      : file_(std::make_shared<const OpenFile>(std::move(file))), limits_(limits) {}

  Result<std::unique_ptr<InputStream>> open(std::uint64_t /*start*/) override {
    auto meter = std::make_shared<UnpackMeter>(limits_, file_->size());
    auto packed = std::make_unique<HeadedStream>(std::make_unique<FileStream>(file_, meter));
    return unpack(std::move(packed), std::move(meter));
  }
  Result<void> check_unchanged() override { return file_->check_unchanged(); }
  [[nodiscard]] bool ends_at_damage() const override { return true; }
  [[nodiscard]] const std::string& name() const override { return file_->path(); }

 private:
  std::shared_ptr<const OpenFile> file_;
  Limits limits_;
};

}  // namespace

Result<UnpackedFile> open_unpacked(OpenFile file, const Limits& limits) {
  auto meter = std::make_shared<UnpackMeter>(limits, file.size());
  UnpackedFile opened;
  opened.bytes = std::make_unique<HeadedStream>(
      std::make_unique<FileStream>(std::make_shared<const OpenFile>(std::move(file)), meter));
  MBOXFERRY_ASSIGN(const std::string_view head, opened.bytes->head());
  opened.compressed = is_compressed(head);
  opened.converted = conversion_name(head);
  if (opened.compressed) {
    MBOXFERRY_ASSIGN(auto unpacked, unpack(std::move(opened.bytes), std::move(meter)));
    opened.bytes = std::make_unique<HeadedStream>(std::move(unpacked));
  }
  return opened;
}

std::unique_ptr<StreamOpener> compressed_file_opener(OpenFile file, const Limits& limits) {
  return std::make_unique<CompressedFileOpener>(std::move(file), limits);
}

std::unique_ptr<ByteSource> open_compressed_file(OpenFile file, const Limits& limits) {
  return std::make_unique<StreamSource>(compressed_file_opener(std::move(file), limits));
}

}  // namespace mboxferry::archive
