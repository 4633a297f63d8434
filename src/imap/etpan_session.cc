// SPDX-License-Identifier: Apache-2.0
// The commands for which libetpan's parser is used.
#include "imap/etpan_session.h"

#include <libetpan/namespace.h>

#include <algorithm>

#include "imap/errors.h"
#include "imap/fetch_reply.h"
#include "imap/mailbox_name.h"
#include "imap/response_codes.h"
#include "imap/text.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/message/metadata.h"

namespace mboxferry::imap {
namespace {

constexpr std::uint64_t kSmallResponse = std::uint64_t{256} << 10U;
// Some 30,000 mailboxes; libetpan takes ten times this in memory.
constexpr std::uint64_t kListResponse = std::uint64_t{2} << 20U;
constexpr std::uint64_t kLongestLiteral = std::uint64_t{16} << 10U;

/// The elements of a C list.
template <typename T, typename Visit>
void for_each(const clist* list, const Visit& visit) {
  if (list == nullptr) return;
  for (const clistcell* cell = list->first; cell != nullptr; cell = cell->next) {
    if (cell->data != nullptr) visit(*static_cast<const T*>(cell->data));
  }
}

using StatusAttributes = Handle<mailimap_status_att_list, mailimap_status_att_list_free>;
using StatusData = Handle<mailimap_mailbox_data_status, mailimap_mailbox_data_status_free>;
using NamespaceData = Handle<mailimap_namespace_data, mailimap_namespace_data_free>;
using Response = Handle<mailimap_response, mailimap_response_free>;
using ListResult = Handle<clist, mailimap_list_result_free>;

std::string or_empty(const char* text) { return text == nullptr ? std::string() : text; }

std::uint8_t bit_of(int flag) {
  switch (flag) {
    case MAILIMAP_FLAG_SEEN:
      return message::kSeen;
    case MAILIMAP_FLAG_ANSWERED:
      return message::kAnswered;
    case MAILIMAP_FLAG_FLAGGED:
      return message::kFlagged;
    case MAILIMAP_FLAG_DRAFT:
      return message::kDraft;
    case MAILIMAP_FLAG_DELETED:
      return message::kDeleted;
    default:
      return 0;
  }
}

PermanentFlags permanent_flags(const clist* list) {
  PermanentFlags flags;
  // Without PERMANENTFLAGS all flags are permanent (RFC 3501 section 7.1).
  if (list == nullptr) {
    flags.any_keyword = true;
    return flags;
  }
  flags.system = 0;
  for_each<mailimap_flag_perm>(list, [&](const mailimap_flag_perm& flag) {
    if (flag.fl_type == MAILIMAP_FLAG_PERM_ALL) flags.any_keyword = true;
    if (flag.fl_flag == nullptr) return;
    if (flag.fl_flag->fl_type == MAILIMAP_FLAG_KEYWORD) {
      flags.keywords.push_back(or_empty(flag.fl_flag->fl_data.fl_keyword));
    } else {
      flags.system |= bit_of(flag.fl_flag->fl_type);
    }
  });
  return flags;
}

}  // namespace

Result<std::unique_ptr<EtpanSession>> EtpanSession::attach(Connection& connection) {
  mailimap* session = mailimap_new(0, nullptr);
  if (session == nullptr) return Error{ErrorCode::internal, "out of memory", ""};
  session->imap_stream = connection.etpan_stream();
  session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
  return std::unique_ptr<EtpanSession>(new EtpanSession(connection, session));
}

EtpanSession::EtpanSession(Connection& connection, mailimap* session)
    : connection_(connection), session_(session) {}

EtpanSession::~EtpanSession() {
  // With a stream it would say LOGOUT, and wait for the answer of a server that may be gone.
  session_->imap_stream = nullptr;
  mailimap_free(session_);
}

Result<void> EtpanSession::begin(std::uint64_t bytes) {
  MBOXFERRY_TRY(connection_.finish_reply());
  connection_.allow(bytes, kLongestLiteral);
  return ok();
}

Result<void> EtpanSession::check(int result, const std::string& doing, const std::string& mailbox) {
  if (result == MAILIMAP_NO_ERROR || result == MAILIMAP_NO_ERROR_AUTHENTICATED ||
      result == MAILIMAP_NO_ERROR_NON_AUTHENTICATED) {
    return ok();
  }
  if (connection_.stream().failure()) return *connection_.stream().failure();
  const std::string words = connection_.printed(or_empty(session_->imap_response));
  const std::string said = words.empty() ? "" : ": " + words;
  switch (result) {
    case MAILIMAP_ERROR_FATAL:
      return connection_.fail(
          connection_error(connection_.label() + ": the server said goodbye" + said));
    case MAILIMAP_ERROR_STREAM:
    case MAILIMAP_ERROR_PARSE:
    case MAILIMAP_ERROR_PROTOCOL:
    case MAILIMAP_ERROR_MEMORY:
    case MAILIMAP_ERROR_BAD_STATE:
      return connection_.fail(
          protocol_error(connection_.label(), "no proper answer to " + doing + said));
    default:
      break;
  }
  const auto* info = session_->imap_response_info;
  const Meaning meaning = meaning_of(info == nullptr ? "" : or_empty(info->rsp_atom), words);
  Error error{ErrorCode::refused, connection_.label() + ": " + doing + " refused" + said, "",
              mailbox.empty() ? ErrorScope::session : ErrorScope::mailbox, meaning.retry};
  if (meaning.retry.when == Retry::When::later) error.code = ErrorCode::try_later;
  return error;
}

std::string EtpanSession::shown_name(const char* wire) {
  const std::string raw = or_empty(wire);
  if (auto name = decode_mailbox_name(raw, connection_.name_form())) return *name;
  return raw_names_.insert_or_assign(to_utf8(raw), raw).first->first;
}

Result<std::string> EtpanSession::wire_name(const std::string& mailbox) const {
  if (const auto raw = raw_names_.find(mailbox); raw != raw_names_.end()) return raw->second;
  return encode_mailbox_name(mailbox, connection_.name_form());
}

Result<Namespace> EtpanSession::personal_namespace() {
  Namespace found;
  if (connection_.capabilities().shared.name_space) {
    MBOXFERRY_TRY(begin(kSmallResponse));
    mailimap_namespace_data* raw = nullptr;
    const int result = mailimap_namespace(session_, &raw);
    const NamespaceData data(raw);
    MBOXFERRY_TRY(check(result, "NAMESPACE", ""));
    bool first = true;
    if (data && data->ns_personal != nullptr) {
      for_each<mailimap_namespace_info>(data->ns_personal->ns_data_list,
                                        [&](const mailimap_namespace_info& info) {
                                          if (!std::exchange(first, false)) return;
                                          found.prefix = shown_name(info.ns_prefix);
                                          found.separator = info.ns_delimiter;
                                        });
    }
    if (!first) return found;
  }
  MBOXFERRY_TRY(begin(kSmallResponse));
  clist* raw = nullptr;
  const int result = mailimap_list(session_, "", "", &raw);
  const ListResult entries(raw);
  MBOXFERRY_TRY(check(result, "LIST", ""));
  for_each<mailimap_mailbox_list>(entries.get(), [&](const mailimap_mailbox_list& entry) {
    found.separator = entry.mb_delimiter;
  });
  return found;
}

ListedMailbox EtpanSession::listed(const mailimap_mailbox_list& entry) {
  ListedMailbox mailbox;
  mailbox.name = shown_name(entry.mb_name);
  mailbox.separator = entry.mb_delimiter;
  if (entry.mb_flag == nullptr) return mailbox;
  mailbox.selectable = entry.mb_flag->mbf_type != MAILIMAP_MBX_LIST_FLAGS_SFLAG ||
                       entry.mb_flag->mbf_sflag != MAILIMAP_MBX_LIST_SFLAG_NOSELECT;
  for_each<mailimap_mbx_list_oflag>(
      entry.mb_flag->mbf_oflags, [&](const mailimap_mbx_list_oflag& flag) {
        std::string word = or_empty(flag.of_flag_ext);
        if (word.starts_with('\\')) word.erase(0, 1);
        if (same_word(word, "NonExistent")) mailbox.selectable = false;
        for (const std::string_view use :
             {"All", "Archive", "Drafts", "Flagged", "Important", "Junk", "Sent", "Trash"}) {
          if (same_word(word, use)) mailbox.special_use = "\\" + std::string(use);
        }
      });
  return mailbox;
}

int EtpanSession::list_with_special_use(clist** entries) {
  // libetpan has no extended LIST, and its custom command puts a space before the line end.
  constexpr std::string_view kCommand = "LIST \"\" \"*\" RETURN (SPECIAL-USE)\r\n";
  const int sent = mailimap_send_current_tag(session_);
  if (sent != MAILIMAP_NO_ERROR) return sent;
  if (mailstream_write(session_->imap_stream, kCommand.data(), kCommand.size()) < 0 ||
      mailstream_flush(session_->imap_stream) < 0 || mailimap_read_line(session_) == nullptr) {
    return MAILIMAP_ERROR_STREAM;
  }
  mailimap_response* raw = nullptr;
  const int parsed = mailimap_parse_response(session_, &raw);
  const Response response(raw);
  if (parsed != MAILIMAP_NO_ERROR) return parsed;
  if (response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type !=
      MAILIMAP_RESP_COND_STATE_OK) {
    return MAILIMAP_ERROR_LIST;
  }
  *entries = std::exchange(session_->imap_response_info->rsp_mailbox_list, nullptr);
  return MAILIMAP_NO_ERROR;
}

Result<std::vector<ListedMailbox>> EtpanSession::list() {
  MBOXFERRY_TRY(begin(kListResponse));
  const CapabilityList& can = connection_.capabilities();
  clist* raw = nullptr;
  int result = MAILIMAP_NO_ERROR;
  if (can.shared.special_use && can.list_extended) {
    result = list_with_special_use(&raw);
  } else {
    result = mailimap_list(session_, "", "*", &raw);
  }
  const ListResult entries(raw);
  MBOXFERRY_TRY(check(result, "LIST", ""));
  std::vector<ListedMailbox> mailboxes;
  for_each<mailimap_mailbox_list>(entries.get(), [&](const mailimap_mailbox_list& entry) {
    mailboxes.push_back(listed(entry));
  });
  return mailboxes;
}

Result<SelectedMailbox> EtpanSession::select(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  MBOXFERRY_TRY(begin(kSmallResponse));
  const int result = mailimap_select(session_, wire.c_str());
  MBOXFERRY_TRY(check(result, "opening mailbox \"" + printable(mailbox) + "\"", mailbox));
  SelectedMailbox selected;
  if (const mailimap_selection_info* info = session_->imap_selection_info) {
    selected.uid_validity = info->sel_uidvalidity;
    selected.uid_next = info->sel_uidnext;
    selected.exists = info->sel_exists;
    selected.permanent_flags = permanent_flags(info->sel_perm_flags);
  }
  return selected;
}

Result<SelectedMailbox> EtpanSession::status(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  MBOXFERRY_TRY(begin(kSmallResponse));
  const StatusAttributes wanted(mailimap_status_att_list_new_empty());
  for (const int attribute : {MAILIMAP_STATUS_ATT_MESSAGES, MAILIMAP_STATUS_ATT_UIDNEXT,
                              MAILIMAP_STATUS_ATT_UIDVALIDITY}) {
    if (!wanted || mailimap_status_att_list_add(wanted.get(), attribute) != MAILIMAP_NO_ERROR) {
      return Error{ErrorCode::internal, "out of memory", ""};
    }
  }
  mailimap_mailbox_data_status* raw = nullptr;
  const int result = mailimap_status(session_, wire.c_str(), wanted.get(), &raw);
  const StatusData data(raw);
  MBOXFERRY_TRY(check(result, "STATUS of mailbox \"" + printable(mailbox) + "\"", mailbox));
  SelectedMailbox status;
  if (!data) return connection_.fail(protocol_error(connection_.label(), "no STATUS"));
  for_each<mailimap_status_info>(data->st_info_list, [&](const mailimap_status_info& info) {
    if (info.st_att == MAILIMAP_STATUS_ATT_MESSAGES) status.exists = info.st_value;
    if (info.st_att == MAILIMAP_STATUS_ATT_UIDNEXT) status.uid_next = info.st_value;
    if (info.st_att == MAILIMAP_STATUS_ATT_UIDVALIDITY) status.uid_validity = info.st_value;
  });
  return status;
}

Result<void> EtpanSession::noop() {
  MBOXFERRY_TRY(begin(kSmallResponse));
  return check(mailimap_noop(session_), "NOOP", "");
}

}  // namespace mboxferry::imap
