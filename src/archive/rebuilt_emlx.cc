// SPDX-License-Identifier: Apache-2.0
// Puts the attachments back that Apple Mail keeps outside of a message.
#include "archive/rebuilt_emlx.h"

#include <openssl/evp.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "archive/directory_names.h"
#include "archive/file_rules.h"
#include "archive/open_file.h"
#include "archive/running_digest.h"
#include "mboxferry/base/ascii.h"

namespace mboxferry::archive {
namespace {

// Line lengths of Base64 in the order in which mail programs use them.
constexpr std::array<unsigned, 4> kLineLengths{76, 72, 64, 60};
constexpr std::string_view kPartialSuffix = ".partial.emlx";

std::string_view line_end_of(const StrippedPart& part) { return part.has_crlf ? "\r\n" : "\n"; }

bool is_part_number(std::string_view text) {
  return !text.empty() && is_digit(text.front()) && is_digit(text.back()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_digit(c) || c == '.'; });
}

bool is_message_number(std::string_view text) {
  return is_part_number(text) && text.find('.') == std::string_view::npos;
}

/// Bytes, and how they would count with CRLF line ends.
struct Sizes {
  std::uint64_t bytes = 0;
  std::uint64_t bare_line_feeds = 0;
  bool ends_line = false;
};

Result<Sizes> measure(const OpenFile& file) {
  Sizes sizes;
  std::array<char, 16 * 1024> buffer{};
  char last = 0;
  for (;;) {
    MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(sizes.bytes, buffer));
    if (got == 0) break;
    for (const char c : std::string_view(buffer.data(), got)) {
      if (c == '\n' && last != '\r') ++sizes.bare_line_feeds;
      last = c;
    }
    sizes.bytes += got;
  }
  sizes.ends_line = last == '\n';
  return sizes;
}

/// What Apple counts is not documented: the content may count with either line end, and its last
/// line's, when the content had one besides the boundary's, too.
bool fits_base64(RestoredPart& restored) {
  const std::uint64_t characters = (restored.file_size + 2) / 3 * 4;
  const std::uint64_t announced = restored.part.content_size;
  for (const unsigned length : kLineLengths) {
    const std::uint64_t lines = (characters + length - 1) / length;
    for (const std::uint64_t line_end : {std::uint64_t{2}, std::uint64_t{1}}) {
      const std::uint64_t all = characters + lines * line_end;
      const bool without_last = lines > 0 && announced == all - line_end;
      if (announced != all && !without_last) continue;
      restored.line_length = length;
      restored.ends_line = restored.part.is_in_multipart && lines > 0 && announced == all;
      const std::uint64_t written = line_end_of(restored.part).size();
      restored.size = characters + (lines + (restored.ends_line ? 1 : 0)) * written;
      return true;
    }
  }
  return false;
}

/// The same for content that is kept as the message had it.
bool fits_as_it_is(RestoredPart& restored, const Sizes& sizes) {
  const std::uint64_t announced = restored.part.content_size;
  const std::uint64_t with_crlf = sizes.bytes + sizes.bare_line_feeds;
  const bool has_boundary = restored.part.is_in_multipart;
  // The file's last line end may be the boundary's.
  const auto fits = [&](std::uint64_t size, std::uint64_t line_end) {
    if (announced == size) {
      restored.ends_line = has_boundary;
      return true;
    }
    restored.ends_line = false;
    return has_boundary && sizes.ends_line && announced + line_end == size;
  };
  if (!fits(with_crlf, 2) && !fits(sizes.bytes, 1)) return false;
  restored.size = sizes.bytes + (restored.ends_line ? line_end_of(restored.part).size() : 0);
  return true;
}

class Finder {
 public:
  Finder(const std::shared_ptr<const TreeRoot>& root, const std::string& path)
      : root_(root), messages_(parent_path(path)) {
    const std::string_view name = base_name(path);
    if (is_partial_name(name)) message_ = name.substr(0, name.size() - kPartialSuffix.size());
  }

  /// Nothing: it is not there, or not as it was.
  Result<std::optional<RestoredPart>> find(const StrippedPart& part) {
    RestoredPart restored;
    restored.part = part;
    restored.file = join_path(messages_, message_ + "." + part.number + ".emlxpart");
    MBOXFERRY_ASSIGN(const bool is_there, fits(restored, true));
    if (is_there) return std::optional(restored);
    restored.file = attachment(part.number);
    if (restored.file.empty()) return std::optional<RestoredPart>();
    MBOXFERRY_ASSIGN(const bool is_exact, fits(restored, false));
    return is_exact ? std::optional(restored) : std::nullopt;
  }

 private:
  Result<bool> fits(RestoredPart& restored, bool is_encoded) const {
    struct stat status {};
    if (!root_->status(restored.file, status) || !S_ISREG(status.st_mode)) return false;
    const auto file = OpenFile::open(root_, root_->full(restored.file));
    if (!file) return false;
    restored.file_size = file->size();
    restored.version = file_version(file->modified_ns(), file->changed_ns());
    const std::string& encoding = restored.part.encoding;
    if (encoding == "base64" && !is_encoded) return fits_base64(restored);
    const bool is_plain =
        encoding.empty() || encoding == "7bit" || encoding == "8bit" || encoding == "binary";
    if (!is_plain && !is_encoded) return false;
    MBOXFERRY_ASSIGN(const Sizes sizes, measure(*file));
    return fits_as_it_is(restored, sizes);
  }

  /// The only file in the part's directory; empty when there is none, or more.
  [[nodiscard]] std::string attachment(const std::string& number) const {
    const std::string directory =
        join_path(join_path(parent_path(messages_), "Attachments"), message_ + "/" + number);
    auto names = DirectoryNames::open(root_->open_directory(directory), root_->full(directory));
    if (!names) return {};
    std::string found;
    for (;;) {
      const auto name = names->next();
      if (!name) return {};
      if (!*name) return found;
      if ((*name)->starts_with('.')) continue;
      if (!found.empty()) return {};
      found = join_path(directory, **name);
    }
  }

  std::shared_ptr<const TreeRoot> root_;
  std::string messages_;
  std::string message_;
};

class RebuiltStream final : public InputStream {
 public:
  RebuiltStream(std::shared_ptr<const TreeRoot> root, OpenFile message, std::uint64_t skip,
                std::uint64_t stored, std::vector<RestoredPart> parts)
      : root_(std::move(root)),
        message_(std::move(message)),
        skip_(skip),
        stored_(stored),
        parts_(std::move(parts)) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    while (used_ == ready_.size()) {
      MBOXFERRY_ASSIGN(const bool more, fill());
      if (!more) return std::size_t{0};
    }
    const std::size_t got = ready_.copy(buffer.data(), buffer.size(), used_);
    used_ += got;
    return got;
  }
  [[nodiscard]] const std::string& name() const override { return message_.path(); }

 private:
  static constexpr std::size_t kPiece = 16 * 1024;

  Result<bool> fill() {
    used_ = 0;
    ready_.clear();
    if (attachment_) {
      MBOXFERRY_TRY(fill_from_attachment());
      return true;
    }
    // The message goes on to the next part's field, from there to its content, or to the end.
    const bool has_part = next_ < parts_.size();
    const StrippedPart* const part = has_part ? &parts_[next_].part : nullptr;
    const std::uint64_t end = part == nullptr            ? stored_
                              : at_ <= part->field_begin ? part->field_begin
                                                         : part->content_begin;
    if (at_ < end) return fill_from_message(end);
    if (part == nullptr) return false;
    if (end == part->field_begin && at_ < part->field_end) {
      at_ = part->field_end;
      return true;
    }
    at_ = part->content_end;
    const std::string path = root_->full(parts_[next_].file);
    MBOXFERRY_ASSIGN(OpenFile opened, OpenFile::open(root_, path));
    if (opened.size() != parts_[next_].file_size) return changed_while_read(path);
    attachment_ = std::move(opened);
    attachment_at_ = 0;
    return true;
  }

  Result<bool> fill_from_message(std::uint64_t end) {
    ready_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, end - at_)));
    MBOXFERRY_ASSIGN(const std::size_t got, message_.read_at(skip_ + at_, ready_));
    if (got < ready_.size()) return changed_while_read(message_.path());
    at_ += got;
    return true;
  }

  Result<void> fill_from_attachment() {
    const RestoredPart& restored = parts_[next_];
    const std::string_view line_end = line_end_of(restored.part);
    const std::size_t bytes_a_line = restored.line_length / 4 * 3;
    std::string bytes(bytes_a_line == 0 ? kPiece : kPiece / bytes_a_line * bytes_a_line, '\0');
    MBOXFERRY_ASSIGN(const std::size_t got, attachment_->read_at(attachment_at_, bytes));
    bytes.resize(got);
    attachment_at_ += got;
    if (attachment_at_ > restored.file_size || (got == 0 && attachment_at_ < restored.file_size))
      return changed_while_read(attachment_->path());
    if (got == 0) {
      if (restored.ends_line) ready_ = line_end;
      attachment_.reset();
      ++next_;
    } else if (bytes_a_line == 0) {
      ready_ = std::move(bytes);
    } else {
      add_base64(bytes, bytes_a_line, line_end);
    }
    return ok();
  }

  void add_base64(const std::string& bytes, std::size_t bytes_a_line, std::string_view line_end) {
    std::array<unsigned char, 80> line{};
    for (std::size_t at = 0; at < bytes.size(); at += bytes_a_line) {
      const std::size_t size = std::min(bytes_a_line, bytes.size() - at);
      const int encoded =
          EVP_EncodeBlock(line.data(), reinterpret_cast<const unsigned char*>(bytes.data() + at),
                          static_cast<int>(size));
      ready_.append(reinterpret_cast<const char*>(line.data()), static_cast<std::size_t>(encoded));
      ready_ += line_end;
    }
  }

  const std::shared_ptr<const TreeRoot> root_;
  const OpenFile message_;
  const std::uint64_t skip_;
  const std::uint64_t stored_;
  const std::vector<RestoredPart> parts_;
  std::size_t next_ = 0;
  std::uint64_t at_ = 0;  // in the message as it is stored
  std::optional<OpenFile> attachment_;
  std::uint64_t attachment_at_ = 0;
  std::string ready_;
  std::size_t used_ = 0;
};

Result<StrippedParts> stripped_parts(const OpenFile& file, std::uint64_t skip,
                                     std::uint64_t length) {
  StrippedParts parts;
  std::array<char, 16 * 1024> buffer{};
  for (std::uint64_t at = 0; at < length;) {
    const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(length - at, buffer.size()));
    MBOXFERRY_ASSIGN(const std::size_t got,
                     file.read_at(skip + at, std::span<char>(buffer).first(size)));
    if (got == 0) return changed_while_read(file.path());
    parts.add({buffer.data(), got});
    at += got;
  }
  parts.finish();
  return parts;
}

Result<RebuiltEmlx> rebuild(const std::shared_ptr<const TreeRoot>& root, const std::string& path,
                            const OpenFile& file, std::uint64_t skip, std::uint64_t length) {
  MBOXFERRY_ASSIGN(const StrippedParts stripped, stripped_parts(file, skip, length));
  RebuiltEmlx rebuilt;
  rebuilt.length = length;
  Finder finder(root, path);
  std::string absent;
  RunningDigest files;
  for (const StrippedPart& part : stripped.parts()) {
    MBOXFERRY_ASSIGN(auto restored, finder.find(part));
    if (!restored) {
      absent += (absent.empty() ? "" : ", ") + part.number;
      continue;
    }
    rebuilt.length += restored->size;
    rebuilt.length -= part.field_end - part.field_begin + part.content_end - part.content_begin;
    files.add(restored->file + '\0' + restored->version);
    rebuilt.restored.push_back(std::move(*restored));
  }
  MBOXFERRY_ASSIGN(rebuilt.version, files.value());
  constexpr std::size_t kLongestList = 100;
  if (!absent.empty()) {
    rebuilt.unread =
        "its attachments are in other files, and not all are there as they were in"
        " the message: " +
        absent.substr(0, kLongestList);
  } else if (rebuilt.restored.empty() || !stripped.are_all()) {
    rebuilt.unread = kPartialReason;
  }
  return rebuilt;
}

}  // namespace

bool is_apple_attachment(std::string_view path) {
  const std::string_view name = base_name(path);
  if (ends_with_ignoring_case(name, ".emlxpart")) return true;
  const std::string part = parent_path(std::string(path));
  const std::string message = parent_path(part);
  return is_part_number(base_name(part)) && is_message_number(base_name(message)) &&
         base_name(parent_path(message)) == "Attachments" &&
         message.find(".mbox/") != std::string::npos;
}

Result<RebuiltEmlx> find_attachments(const std::shared_ptr<const TreeRoot>& root,
                                     const std::string& path, const MessageRecord& record) {
  MBOXFERRY_ASSIGN(const OpenFile file, OpenFile::open(root, root->full(path)));
  return rebuild(root, path, file, record.skip, record.length);
}

Result<std::unique_ptr<InputStream>> open_rebuilt(const std::shared_ptr<const TreeRoot>& root,
                                                  const std::string& path,
                                                  const MessageRecord& record) {
  MBOXFERRY_ASSIGN(OpenFile file, OpenFile::open(root, root->full(path)));
  if (file.size() != record.on_disk) return changed_while_read(file.path());
  MBOXFERRY_ASSIGN(RebuiltEmlx rebuilt, rebuild(root, path, file, record.skip, record.stored));
  if (rebuilt.length != record.length) return changed_while_read(file.path());
  return std::unique_ptr<InputStream>(std::make_unique<RebuiltStream>(
      root, std::move(file), record.skip, record.stored, std::move(rebuilt.restored)));
}

}  // namespace mboxferry::archive
