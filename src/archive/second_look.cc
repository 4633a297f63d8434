// SPDX-License-Identifier: Apache-2.0
// Mail that a file's name or its first bytes do not show.
#include "archive/second_look.h"

#include <array>
#include <cstdint>

#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/mail_store.h"
#include "archive/message_record.h"
#include "archive/not_read_rules.h"
#include "archive/zip_end.h"
#include "mboxferry/archive/separator_search.h"

namespace mboxferry::archive {
namespace {

// More than most messages that a damaged or missing beginning cuts, and still read in no time.
constexpr std::uint64_t kLookedThrough = 1024 * 1024;

}  // namespace

bool is_mail_called_like_an_index(std::string_view name, std::string_view head) {
  return has_from_line(head) || is_compressed(head) || container_format(head) ||
         message_form(name, head);
}

bool may_hold_mail_later(std::string_view name, std::string_view head) {
  return can_be_mbox(name) && without_packing_suffix(name) == name &&
         kind_of_unreadable(name) == NotReadKind::unread && container_name(head).empty() &&
         mail_store(name, head).empty() && !may_precede_zip(head);
}

Result<bool> holds_mail_later(InputStream& bytes) {
  SeparatorSearch search;
  std::array<char, 16 * 1024> buffer{};
  for (std::uint64_t done = 0; done < kLookedThrough && !search.found();) {
    const auto got = bytes.read(buffer);
    if (!got && got.error().code != ErrorCode::not_mail) return got.error();
    if (!got || *got == 0) break;
    search.add({buffer.data(), *got});
    done += *got;
  }
  return search.found();
}

}  // namespace mboxferry::archive
