// SPDX-License-Identifier: Apache-2.0
// Matches files beside the mail with their messages.
#include "archive/side_files.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <utility>

#include "archive/file_rules.h"
#include "archive/gyb_database.h"
#include "archive/side_note.h"
#include "archive/temporary_file.h"

namespace mboxferry::archive {
namespace {

constexpr std::size_t kLongestNote = 256 * 1024;
constexpr std::uint64_t kLargestDatabase = std::uint64_t{4} << 30U;
constexpr std::string_view kGmvaultSuffix = ".meta";
constexpr std::string_view kProtonSuffix = ".metadata.json";
constexpr std::string_view kProtonLabelFile = "labels.json";
constexpr std::string_view kImapBackupSuffix = ".imap";
constexpr std::string_view kGybDatabase = "msg-db.sqlite";
constexpr std::string_view kVaultSuffix = "-metadata.xml";

/// How many messages a list of Google Vault is about.
Result<std::uint64_t> documents_of_vault(InputStream& bytes) {
  constexpr std::string_view kDocument = "<Document ";
  std::string text;
  std::array<char, 16 * 1024> buffer{};
  std::uint64_t count = 0;
  for (;;) {
    MBOXFERRY_ASSIGN(const std::size_t got, bytes.read(buffer));
    if (got == 0) return count;
    text.append(buffer.data(), got);
    for (std::size_t at = text.find(kDocument); at != std::string::npos;
         at = text.find(kDocument, at + kDocument.size()))
      ++count;
    // One that is cut goes on in what is read next.
    text.erase(0, text.size() - std::min(text.size(), kDocument.size() - 1));
  }
}

/// Nothing when it is longer than any such file is.
Result<std::string> read_short_text(InputStream& bytes) {
  std::string text(kLongestNote + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    MBOXFERRY_ASSIGN(const std::size_t got, bytes.read(std::span<char>(text).subspan(size)));
    if (got == 0) break;
    size += got;
  }
  text.resize(size > kLongestNote ? 0 : size);
  return text;
}

Result<std::string_view> read_notes_of_gyb(const std::string& path, InputStream& bytes,
                                           MessageCollector& messages) {
  MBOXFERRY_ASSIGN(TemporaryFile file, TemporaryFile::create_large());
  std::array<char, 16 * 1024> buffer{};
  std::uint64_t zeros = 0;
  for (;;) {
    MBOXFERRY_ASSIGN(const std::size_t got, bytes.read(buffer));
    if (got == 0) break;
    if (file.size() > kLargestDatabase) return std::string_view();
    MBOXFERRY_TRY(file.append({buffer.data(), got}));
    if (std::string_view(buffer.data(), got).find_first_not_of('\0') == std::string_view::npos)
      zeros += got;
  }
  const std::string directory = parent_path(path);
  MBOXFERRY_ASSIGN(const bool read,
                   read_gyb_database(file, file.size() - zeros,
                                     [&](const std::string& name, const SideNote& note) {
                                       return messages.add_note(
                                           side_key(join_path(directory, plain_path(name))), note);
                                     }));
  return read ? std::string_view("labels of Got Your Back, read") : std::string_view();
}

}  // namespace

bool is_side_file_name(std::string_view name) {
  return name.ends_with(kGmvaultSuffix) || name.ends_with(kProtonSuffix) ||
         name.ends_with(kImapBackupSuffix) || name.ends_with(kVaultSuffix) ||
         name == kProtonLabelFile || name == kGybDatabase;
}

std::string_view unread_label_names(std::string_view name, std::string_view head) {
  const bool is_list =
      name == kProtonLabelFile && head.find("\"Payload\"") != std::string_view::npos;
  return is_list ? kUnreadLabelNames : std::string_view();
}

std::string side_key(const std::string& path) {
  constexpr std::string_view kMessageSuffix = ".eml";
  std::string_view plain = without_packing_suffix(path);
  if (ends_with_ignoring_case(plain, kMessageSuffix)) plain.remove_suffix(kMessageSuffix.size());
  return std::string(plain);
}

Result<void> list_taken_out(NotReadList& not_read, const MessageCollector& messages,
                            const std::string& before_members) {
  return not_read.judge_again([&](const NotRead& entry) -> Result<std::string> {
    const std::string_view name = base_name(entry.name);
    const std::size_t digits = std::min(name.find_first_not_of("0123456789"), name.size());
    if (digits == 0 || digits == name.size() || name[digits] != '-') return std::string();
    const std::string number(name.substr(0, digits));
    std::string message = number;
    // Members are called by their whole names.
    if (!before_members.empty() && entry.place.starts_with(before_members)) {
      const std::string member = entry.place.substr(before_members.size());
      message = member.substr(0, member.size() - base_name(member).size()) + number;
    }
    MBOXFERRY_ASSIGN(const bool beside,
                     messages.has_message(FolderForm::eml, parent_path(entry.name), message));
    if (!beside) return std::string();
    return "an attachment that readpst -S took out of message " + number +
           ", not put back; readpst -e keeps them in the messages";
  });
}

Result<std::string_view> read_side_file(const std::string& path, InputStream& bytes,
                                        MessageCollector& messages) {
  const std::string_view name = base_name(path);
  if (name == kGybDatabase) return read_notes_of_gyb(path, bytes, messages);
  if (!is_side_file_name(name)) return std::string_view();
  if (name.ends_with(kImapBackupSuffix)) {
    const std::string mbox = path.substr(0, path.size() - kImapBackupSuffix.size()) + ".mbox";
    MBOXFERRY_ASSIGN(const bool read, messages.read_marks(mbox, bytes));
    return read ? std::string_view("read marks of imap-backup, read") : std::string_view();
  }
  if (name.ends_with(kVaultSuffix)) {
    MBOXFERRY_ASSIGN(const std::uint64_t documents, documents_of_vault(bytes));
    if (documents > 0) messages.count_unread_note(documents);
    return std::string_view();
  }
  MBOXFERRY_ASSIGN(const std::string text, read_short_text(bytes));
  if (name == kProtonLabelFile) {
    auto names = parse_proton_labels(text);
    if (!names) return std::string_view();
    messages.set_label_names(parent_path(path), std::move(*names));
    return std::string_view("names of Proton Mail's labels, read");
  }
  const bool is_proton = name.ends_with(kProtonSuffix);
  const auto note = is_proton ? parse_proton_note(text) : parse_gmvault_note(text);
  if (!note) {
    messages.count_unread_note(1);
    return std::string_view();
  }
  const std::size_t suffix = is_proton ? kProtonSuffix.size() : kGmvaultSuffix.size();
  MBOXFERRY_TRY(messages.add_note(path.substr(0, path.size() - suffix), *note));
  return is_proton ? std::string_view("read marks and labels of Proton Mail, read")
                   : std::string_view("read marks and labels of gmvault, read");
}

}  // namespace mboxferry::archive
