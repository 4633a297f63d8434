// SPDX-License-Identifier: Apache-2.0
// The commands whose replies libetpan's parser reads. They are written past its own functions,
// which wait for each reply before the next command.
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
constexpr std::string_view kListRoot = "LIST \"\" \"\"";
constexpr std::uint64_t kLongestLiteral = std::uint64_t{16} << 10U;

/// The elements of a C list.
template <typename T, typename Visit>
void for_each(const clist* list, const Visit& visit) {
  if (list == nullptr) return;
  for (const clistcell* cell = list->first; cell != nullptr; cell = cell->next) {
    if (cell->data != nullptr) visit(*static_cast<const T*>(cell->data));
  }
}

using Response = Handle<mailimap_response, mailimap_response_free>;
using ListResult = Handle<clist, mailimap_list_result_free>;

/// The NAMESPACE among the untagged responses; null when there is none.
const mailimap_namespace_data* namespace_among(const mailimap_response_info& info) {
  const mailimap_namespace_data* found = nullptr;
  for_each<mailimap_extension_data>(
      info.rsp_extension_list, [&](const mailimap_extension_data& data) {
        const bool is_this = data.ext_extension->ext_id == MAILIMAP_EXTENSION_NAMESPACE &&
                             data.ext_type == MAILIMAP_NAMESPACE_TYPE_NAMESPACE;
        if (is_this) found = static_cast<const mailimap_namespace_data*>(data.ext_data);
      });
  return found;
}

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

int EtpanSession::say(std::string_view text) {
  const int tag = ++session_->imap_tag;
  lines_ += std::to_string(tag);
  lines_ += ' ';
  lines_ += text;
  lines_ += "\r\n";
  return tag;
}

Result<void> EtpanSession::deliver() {
  MBOXFERRY_TRY(connection_.finish_reply());
  return connection_.send_lines(std::exchange(lines_, {}));
}

Result<int> EtpanSession::read(int tag, std::uint64_t most_bytes) {
  MBOXFERRY_TRY(connection_.settle_background());
  connection_.allow(most_bytes, kLongestLiteral);
  connection_.stream().answered();
  return parse(tag);
}

int EtpanSession::parse(int tag) {
  session_->imap_tag = tag;
  if (mailimap_read_line(session_) == nullptr) return MAILIMAP_ERROR_STREAM;
  mailimap_response* raw = nullptr;
  const int parsed = mailimap_parse_response(session_, &raw);
  const Response response(raw);
  if (parsed != MAILIMAP_NO_ERROR) return parsed;
  const bool accepted = response->rsp_resp_done->rsp_data.rsp_tagged->rsp_cond_state->rsp_type ==
                        MAILIMAP_RESP_COND_STATE_OK;
  return accepted ? MAILIMAP_NO_ERROR : MAILIMAP_ERROR_LIST;
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
  // A name that no quoted string can hold cannot be said again.
  if (raw.find_first_of("\r\n") != std::string::npos) return to_utf8(raw);
  return raw_names_.insert_or_assign(to_utf8(raw), raw).first->first;
}

Result<std::string> EtpanSession::wire_name(const std::string& mailbox) {
  const bool ascii = std::all_of(mailbox.begin(), mailbox.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x80 && c != '&';
  });
  if (!ascii) MBOXFERRY_TRY(connection_.settle_background());
  if (const auto raw = raw_names_.find(mailbox); raw != raw_names_.end()) return raw->second;
  return encode_mailbox_name(mailbox, connection_.name_form());
}

int EtpanSession::say_namespace() {
  return say(connection_.capabilities().shared.name_space ? "NAMESPACE" : kListRoot);
}

Result<std::optional<Namespace>> EtpanSession::read_namespace(int tag) {
  if (!connection_.capabilities().shared.name_space) {
    MBOXFERRY_ASSIGN(Namespace root, read_root(tag));
    return std::optional(std::move(root));
  }
  MBOXFERRY_ASSIGN(const int result, read(tag, kSmallResponse));
  MBOXFERRY_TRY(check(result, "NAMESPACE", ""));
  std::optional<Namespace> found;
  const mailimap_namespace_data* data = namespace_among(*session_->imap_response_info);
  if (data == nullptr || data->ns_personal == nullptr) return found;
  for_each<mailimap_namespace_info>(
      data->ns_personal->ns_data_list, [&](const mailimap_namespace_info& info) {
        if (!found) found = Namespace{shown_name(info.ns_prefix), info.ns_delimiter};
      });
  return found;
}

Result<Namespace> EtpanSession::read_root(int tag) {
  MBOXFERRY_ASSIGN(const int result, read(tag, kSmallResponse));
  MBOXFERRY_TRY(check(result, "LIST", ""));
  Namespace found;
  for_each<mailimap_mailbox_list>(
      session_->imap_response_info->rsp_mailbox_list,
      [&](const mailimap_mailbox_list& entry) { found.separator = entry.mb_delimiter; });
  return found;
}

/// A server that names no namespace of the user's own still has a separator.
Result<Namespace> EtpanSession::or_root(std::optional<Namespace> found) {
  if (found) return std::move(*found);
  const int tag = say(kListRoot);
  MBOXFERRY_TRY(deliver());
  return read_root(tag);
}

Result<Namespace> EtpanSession::personal_namespace() {
  const int tag = say_namespace();
  MBOXFERRY_TRY(deliver());
  MBOXFERRY_ASSIGN(auto found, read_namespace(tag));
  return or_root(std::move(found));
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

int EtpanSession::say_list() {
  const CapabilityList& can = connection_.capabilities();
  const bool extended = can.shared.special_use && can.list_extended;
  return say(extended ? "LIST \"\" \"*\" RETURN (SPECIAL-USE)" : "LIST \"\" \"*\"");
}

Result<std::vector<ListedMailbox>> EtpanSession::read_list(int tag) {
  MBOXFERRY_ASSIGN(const int result, read(tag, kListResponse));
  MBOXFERRY_TRY(check(result, "LIST", ""));
  const ListResult entries(std::exchange(session_->imap_response_info->rsp_mailbox_list, nullptr));
  std::vector<ListedMailbox> mailboxes;
  for_each<mailimap_mailbox_list>(entries.get(), [&](const mailimap_mailbox_list& entry) {
    mailboxes.push_back(listed(entry));
  });
  return mailboxes;
}

Result<std::vector<ListedMailbox>> EtpanSession::list() {
  const int tag = say_list();
  MBOXFERRY_TRY(deliver());
  return read_list(tag);
}

Result<MailboxTree> EtpanSession::mailbox_tree() {
  const int namespace_tag = say_namespace();
  const int list_tag = say_list();
  MBOXFERRY_TRY(deliver());
  MBOXFERRY_ASSIGN(auto found, read_namespace(namespace_tag));
  MailboxTree tree;
  MBOXFERRY_ASSIGN(tree.listed, read_list(list_tag));
  MBOXFERRY_ASSIGN(tree.name_space, or_root(std::move(found)));
  return tree;
}

Result<SelectedMailbox> EtpanSession::read_select(int tag, const std::string& mailbox) {
  if (session_->imap_selection_info != nullptr) {
    mailimap_selection_info_free(session_->imap_selection_info);
  }
  // The parser fills it only when it is there.
  session_->imap_selection_info = mailimap_selection_info_new();
  MBOXFERRY_ASSIGN(const int result, read(tag, kSmallResponse));
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

Result<SelectedMailbox> EtpanSession::select(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  const int tag = say("SELECT " + quoted_string(wire));
  MBOXFERRY_TRY(deliver());
  return read_select(tag, mailbox);
}

Result<SelectedMailbox> EtpanSession::create_and_select(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  const std::string create_tag = connection_.next_tag();
  lines_ = create_tag + " CREATE " + quoted_string(wire) + "\r\n";
  const int select_tag = say("SELECT " + quoted_string(wire));
  MBOXFERRY_TRY(deliver());
  MBOXFERRY_ASSIGN(const ReplyLine reply, connection_.await(create_tag));
  const auto status = reply.status;
  const bool there = status == ReplyLine::Status::ok || same_word(reply.code, "ALREADYEXISTS");
  const Error refused = connection_.refusal("creating", mailbox, reply);
  auto selected = read_select(select_tag, mailbox);
  if (!selected && selected.error().scope != ErrorScope::mailbox) return selected;
  // What can be opened is there, whatever the NO was for.
  if (selected && status != ReplyLine::Status::bad) return selected;
  if (!there) return refused;
  // The server may have looked for the mailbox before it was made.
  return select(mailbox);
}

Result<SelectedMailbox> EtpanSession::status(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  // STATUS of the selected mailbox may show what it was when last looked at. Dovecot answers NOOP
  // after a STATUS that follows it at once.
  MBOXFERRY_TRY(connection_.command("NOOP"));
  const int tag = say("STATUS " + quoted_string(wire) + " (MESSAGES UIDNEXT UIDVALIDITY)");
  MBOXFERRY_TRY(deliver());
  MBOXFERRY_ASSIGN(const int result, read(tag, kSmallResponse));
  MBOXFERRY_TRY(check(result, "STATUS of mailbox \"" + printable(mailbox) + "\"", mailbox));
  const mailimap_mailbox_data_status* data = session_->imap_response_info->rsp_status;
  if (data == nullptr) return connection_.fail(protocol_error(connection_.label(), "no STATUS"));
  SelectedMailbox status;
  for_each<mailimap_status_info>(data->st_info_list, [&](const mailimap_status_info& info) {
    if (info.st_att == MAILIMAP_STATUS_ATT_MESSAGES) status.exists = info.st_value;
    if (info.st_att == MAILIMAP_STATUS_ATT_UIDNEXT) status.uid_next = info.st_value;
    if (info.st_att == MAILIMAP_STATUS_ATT_UIDVALIDITY) status.uid_validity = info.st_value;
  });
  return status;
}

}  // namespace mboxferry::imap
