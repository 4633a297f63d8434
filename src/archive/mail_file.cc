// SPDX-License-Identifier: Apache-2.0
// Whether a file or member is one message, and of which folder.
#include "archive/mail_file.h"

#include "archive/emlx.h"
#include "archive/file_kind.h"
#include "archive/file_rules.h"
#include "archive/maildir.h"
#include "archive/message_record.h"
#include "archive/not_read_rules.h"

namespace mboxferry::archive {
namespace {

bool is_one_message(const MessagePlace& place, std::string_view head) {
  if (!looks_like_mbox(head)) return kind_of_unknown(head) == NotReadKind::unread;
  // Opera keeps an mbox for each message, and its older versions one for each month. procmail may
  // write the line as well.
  const bool has_more = head.find("\n\nFrom ") != std::string_view::npos ||
                        head.find("\n\r\nFrom ") != std::string_view::npos;
  return (place.layout == Layout::opera || place.layout == Layout::procmail) && !has_more;
}

}  // namespace

std::optional<MailFile> as_delivery(const std::string& path) {
  const std::string_view name = base_name(path);
  const bool delivered = maildir_place(path) == MaildirPlace::delivered && is_maildir_name(name);
  if (!delivered || (is_eml_name(name) && !has_maildir_flags(name))) return std::nullopt;
  return MailFile{FolderForm::maildir, parent_path(parent_path(path)), std::nullopt};
}

std::optional<MailFile> as_mail_file(const std::string& path, std::string_view head) {
  if (head.empty()) return std::nullopt;
  if (auto delivery = as_delivery(path)) return delivery;
  const MessagePlace* const place = message_place(path);
  if (const auto form = message_form(base_name(path), head)) {
    if (*form == FolderForm::emlx) return MailFile{*form, emlx_directory(path), std::nullopt};
    if (place == nullptr || !place->is_eml) return MailFile{*form, parent_path(path), std::nullopt};
    return MailFile{*form, message_directory(*place, path), place->layout};
  }
  if (maildir_place(path) == MaildirPlace::delivered) {
    if (!looks_like_message(head) || looks_like_mbox(head)) return std::nullopt;
    return MailFile{FolderForm::maildir, parent_path(parent_path(path)), std::nullopt};
  }
  if (place == nullptr || place->is_eml || !is_one_message(*place, head)) return std::nullopt;
  return MailFile{FolderForm::eml, message_directory(*place, path), place->layout};
}

bool is_unfinished_delivery(std::string_view name, std::string_view head) {
  if (is_certain_maildir_name(name)) return true;
  return is_maildir_name(name) && !is_eml_name(name) && !is_emlx_name(name) && !has_from_line(head);
}

void MaildirParts::see_directory(const std::string& path) {
  const std::string_view name = base_name(path);
  const unsigned part = name == "cur" ? kCurrent : name == "new" ? kNew : kTemporary;
  if (part == kTemporary && name != "tmp") return;
  parts_[parent_path(path)] |= part;
}

}  // namespace mboxferry::archive
