// SPDX-License-Identifier: Apache-2.0
// Temporary files and compressed bytes for the archive tests.
#include "support.h"

#include <archive.h>
#include <archive_entry.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>

#include "mboxferry/base/handle.h"

namespace mboxferry::archive {

TemporaryDirectory::TemporaryDirectory() {
  std::string name = (std::filesystem::temp_directory_path() / "mboxferry-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = name;
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void TemporaryDirectory::write(const std::string& name, std::string_view bytes) const {
  const std::filesystem::path whole = file(name);
  std::filesystem::create_directories(whole.parent_path());
  std::ofstream out(whole, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!out.flush()) throw std::runtime_error("cannot write " + whole.string());
}

std::string compress(std::string_view bytes, Compression compression) {
  using Writer = struct ::archive;
  std::string packed(bytes.size() + 64 * 1024, '\0');
  std::size_t used = 0;
  const Handle<Writer, archive_write_free> writer(archive_write_new());
  const Handle<archive_entry, archive_entry_free> entry(archive_entry_new());
  archive_entry_set_filetype(entry.get(), AE_IFREG);
  archive_entry_set_pathname(entry.get(), "data");
  int status = ARCHIVE_OK;
  switch (compression) {
    case Compression::gzip:
      status = archive_write_add_filter_gzip(writer.get());
      break;
    case Compression::lz4:
      status = archive_write_add_filter_lz4(writer.get());
      break;
    case Compression::bzip2:
      status = archive_write_add_filter_bzip2(writer.get());
      break;
    case Compression::xz:
      status = archive_write_add_filter_xz(writer.get());
      break;
    case Compression::zstd:
      status = archive_write_add_filter_zstd(writer.get());
      break;
  }
  // A stronger level costs half a minute and says nothing more about reading.
  if (status == ARCHIVE_OK && compression == Compression::xz)
    status = archive_write_set_filter_option(writer.get(), "xz", "compression-level", "1");
  const bool done =
      status == ARCHIVE_OK && archive_write_set_format_raw(writer.get()) == ARCHIVE_OK &&
      archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK &&
      archive_write_open_memory(writer.get(), packed.data(), packed.size(), &used) == ARCHIVE_OK &&
      archive_write_header(writer.get(), entry.get()) == ARCHIVE_OK &&
      archive_write_data(writer.get(), bytes.data(), bytes.size()) ==
          static_cast<la_ssize_t>(bytes.size()) &&
      archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!done) throw std::runtime_error("cannot compress");
  packed.resize(used);
  return packed;
}

std::string long_text(std::size_t size) {
  std::string text;
  std::uint32_t state = 1;
  while (text.size() < size) {
    state = state * 1664525 + 1013904223;
    text += std::to_string(state) + "\n";
  }
  text.resize(size);
  return text;
}

std::string read(ByteSource& source, std::uint64_t offset, std::size_t size) {
  std::string bytes(size, '?');
  const auto got = source.read_at(offset, std::span<char>(bytes.data(), bytes.size()));
  if (!got) return describe(got.error());
  bytes.resize(*got);
  return bytes;
}

std::string read_all(ByteSource& source, std::size_t piece) {
  std::string bytes;
  for (;;) {
    const std::string next = read(source, bytes.size(), piece);
    bytes += next;
    if (next.size() < piece) return bytes;
  }
}

std::string read_all(const Folder& folder) {
  const auto source = open_folder(folder);
  if (!source) return describe(source.error());
  const std::string bytes = read_all(**source, 10'000);
  const auto damage = (*source)->damage();
  return damage ? bytes + describe(*damage) : bytes;
}

std::string pack(ContainerKind kind, const std::vector<PackedFile>& files,
                 const std::string& options) {
  using Writer = struct ::archive;
  std::size_t size = 64 * 1024;
  for (const PackedFile& file : files) size += file.bytes.size() * 2 + 8192;
  std::string packed(size, '\0');
  std::size_t used = 0;
  const Handle<Writer, archive_write_free> writer(archive_write_new());
  bool done =
      (kind == ContainerKind::zip
           ? archive_write_set_format_zip(writer.get())
           : archive_write_set_format_pax_restricted(writer.get())) == ARCHIVE_OK &&
      archive_write_set_passphrase(writer.get(), "secret") == ARCHIVE_OK &&
      archive_write_set_options(writer.get(), options.c_str()) == ARCHIVE_OK &&
      archive_write_open_memory(writer.get(), packed.data(), packed.size(), &used) == ARCHIVE_OK;
  for (const PackedFile& file : files) {
    const Handle<archive_entry, archive_entry_free> entry(archive_entry_new());
    archive_entry_set_filetype(entry.get(), file.name.ends_with('/') ? AE_IFDIR : AE_IFREG);
    archive_entry_set_pathname(entry.get(), file.name.c_str());
    archive_entry_set_size(entry.get(), static_cast<la_int64_t>(file.bytes.size()));
    archive_entry_set_mtime(entry.get(), file.modified, 0);
    archive_entry_set_perm(entry.get(), 0644);
    if (!file.hard_link.empty()) archive_entry_set_hardlink(entry.get(), file.hard_link.c_str());
    if (!file.symbolic_link.empty()) {
      archive_entry_set_filetype(entry.get(), AE_IFLNK);
      archive_entry_set_symlink(entry.get(), file.symbolic_link.c_str());
    }
    done = done && archive_write_header(writer.get(), entry.get()) >= ARCHIVE_WARN &&
           archive_write_data(writer.get(), file.bytes.data(), file.bytes.size()) ==
               static_cast<la_ssize_t>(file.bytes.size());
  }
  done = done && archive_write_close(writer.get()) == ARCHIVE_OK;
  if (!done) throw std::runtime_error("cannot pack");
  packed.resize(used);
  return packed;
}

std::string listing(const Archive& archive) {
  std::string text;
  for (const Folder& folder : archive.folders()) {
    for (std::size_t i = 0; i < folder.path.size(); ++i) {
      text += (i == 0 ? "" : "|") + folder.path[i];
    }
    text += " = " + (folder.member.empty() ? folder.file : folder.member) + "\n";
  }
  return text;
}

std::string messages(const Folder& folder, std::uint64_t offset) {
  const auto files = open_messages(folder, offset);
  if (!files) return describe(files.error());
  std::string text;
  for (;;) {
    const auto file = (*files)->next();
    if (!file) return describe(file.error());
    if (!*file) return text;
    text += std::to_string((*file)->offset) + "+" + std::to_string((*file)->length) + " " +
            (*file)->name.substr((*file)->name.rfind('/') + 1) + " " +
            ((*file)->has_flags ? "[" + (*file)->flags : "[?");
    for (const std::string& keyword : (*file)->keywords) text += " " + keyword;
    text += "]\n";
  }
}

std::string not_read(const Archive& archive, NotReadKind kind) {
  std::string text;
  const auto listed = archive.not_read().each(kind, [&](const NotRead& one) -> Result<void> {
    text += one.place + ": " + one.reason + "\n";
    return ok();
  });
  return listed ? text : listed.error().what;
}

std::string left_out(const Archive& archive) { return not_read(archive, NotReadKind::not_mail); }

std::string unread(const Archive& archive) { return not_read(archive, NotReadKind::unread); }

std::uint64_t left_out_count(const Archive& archive) {
  return archive.not_read().count(NotReadKind::not_mail).files;
}

std::uint64_t unread_count(const Archive& archive) {
  return archive.not_read().count(NotReadKind::unread).files;
}

}  // namespace mboxferry::archive
