// SPDX-License-Identifier: Apache-2.0
// Records for message files, from their bytes.
#include "archive/message_record.h"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "archive/compressed_file.h"
#include "archive/emlx.h"
#include "archive/encrypted_kind.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/not_read_rules.h"
#include "archive/text_conversion.h"
#include "mboxferry/archive/separator_search.h"

namespace mboxferry::archive {

namespace {

// Reads all of a file that begins with a From_ line; how many bytes it has.
Result<std::uint64_t> search_separator(HeadedStream& bytes, MessageRecord& record) {
  SeparatorSearch search;
  std::array<char, 16 * 1024> buffer{};
  MBOXFERRY_ASSIGN(std::uint64_t whole, bytes.skip(record.skip));
  for (;;) {
    MBOXFERRY_ASSIGN(const std::size_t got, bytes.read(buffer));
    if (got == 0) return whole;
    whole += got;
    search.add({buffer.data(), got});
    record.several = search.found();
  }
}

}  // namespace

std::optional<FolderForm> message_form(std::string_view name, std::string_view head) {
  const std::string_view plain = without_packing_suffix(name);
  if (is_eml_name(plain) && looks_like_message(head)) return FolderForm::eml;
  if (is_emlx_name(plain) && looks_like_emlx(head)) return FolderForm::emlx;
  return std::nullopt;
}

Result<MessageRecord> read_record(FolderForm form, HeadedStream& bytes,
                                  std::optional<std::uint64_t> size) {
  MessageRecord record;
  if (form == FolderForm::emlx) {
    MBOXFERRY_TRY(read_emlx(bytes, size, record));
    return record;
  }
  bool may_be_several = false;
  if (form == FolderForm::eml) {
    MBOXFERRY_ASSIGN(const std::string_view head, bytes.head());
    record.skip = bytes_before_message(head);
    may_be_several = has_from_line(head);
  }
  std::uint64_t whole = 0;
  if (may_be_several) {
    MBOXFERRY_ASSIGN(whole, search_separator(bytes, record));
  } else if (size) {
    whole = *size;
  } else {
    MBOXFERRY_ASSIGN(whole, bytes.skip(std::numeric_limits<std::uint64_t>::max()));
  }
  record.skip = std::min(record.skip, whole);
  record.length = whole - record.skip;
  return record;
}

std::string unread_part(std::string_view name, const MessageRecord& record) {
  if (record.missing > 0)
    return "cut short: " + std::to_string(record.missing) + " bytes of the message are missing";
  return is_partial_name(without_packing_suffix(name)) ? std::string(kPartialReason)
                                                       : std::string();
}

std::string shorter_than_named(std::uint64_t named_size) {
  return "shorter than its name says (S=" + std::to_string(named_size) + "): its end is missing";
}

std::string packed_delivery_doubt(std::string_view head) {
  if (looks_like_message(head) || head.empty()) return {};
  if (container_format(head) || !container_name(head).empty())
    return "packed, and inside is " + not_unpacked(head);
  if (kind_of_unknown(head) == NotReadKind::unread) return {};
  return "packed, and what is inside does not begin like a message";
}

Result<void> look_for_compression(OpenFile file, const Limits& limits, bool has_other_size,
                                  MessageRecord& record) {
  std::array<char, 16> first{};
  MBOXFERRY_ASSIGN(const std::size_t got, file.read_at(0, first));
  const std::string_view begin(first.data(), got);
  if (is_encrypted_delivery(begin)) {
    return Error{ErrorCode::not_mail, std::string(kEncryptedDelivery),
                 "let Dovecot export it, as doveadm backup does"};
  }
  if (!has_other_size && !is_packed_delivery(begin) && !is_utf16_text(begin)) return ok();
  auto unpacked = open_unpacked(std::move(file), limits);
  record.compressed = !unpacked || unpacked->compressed;
  if (!record.compressed) return ok();
  if (!unpacked) return unpacked.error();
  MBOXFERRY_ASSIGN(const std::string_view head, unpacked->bytes->head());
  const std::string doubt = packed_delivery_doubt(head);
  if (!doubt.empty()) return Error{ErrorCode::not_mail, doubt, "unpack it by hand"};
  MBOXFERRY_ASSIGN(record.length, unpacked->bytes->skip(std::numeric_limits<std::uint64_t>::max()));
  return ok();
}

}  // namespace mboxferry::archive
