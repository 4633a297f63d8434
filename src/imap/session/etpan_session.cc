// SPDX-License-Identifier: Apache-2.0
// The commands whose replies libetpan's parser reads. They are written past its own functions,
// which wait for each reply before the next command.
#include "imap/session/etpan_session.h"

#include <libetpan/namespace.h>

#include <algorithm>
#include <chrono>

#include "imap/reply/bare_name.h"
#include "imap/reply/mailbox_name.h"
#include "imap/session/selection.h"
#include "imap/tls/errors.h"
#include "imap/wire/input_guard.h"
#include "imap/wire/text_stream.h"
#include "mboxferry/base/time.h"
#include "mboxferry/base/utf8.h"
#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

// Some 30,000 mailboxes; libetpan takes ten times this in memory.
constexpr std::size_t kMostData = std::size_t{2} << 20U;
constexpr std::uint64_t kLongestLiteral = std::uint64_t{16} << 10U;
constexpr std::chrono::milliseconds kLongestCreation{4000};
constexpr std::string_view kListRoot = "LIST \"\" \"\"";

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

/// The server said that the mailbox exists, and does not open it: no other name would help.
Error is_there(Error refused) {
  if (refused.scope != ErrorScope::mailbox || refused.code == ErrorCode::try_later) return refused;
  refused.code = ErrorCode::try_later;
  refused.hint = kAskWhyNotOpened;
  return refused;
}

/// A separator that is an empty string, as some servers say NIL.
std::string with_nil_separator(std::string_view list) {
  constexpr std::string_view kEmpty = ") \"\" ";
  const std::size_t end = list.find(')');
  std::string text(list);
  if (end != std::string_view::npos && list.substr(end).starts_with(kEmpty))
    text.replace(end, kEmpty.size(), ") NIL ");
  return text;
}

std::string or_empty(const char* text) { return text == nullptr ? std::string() : text; }

}  // namespace

Result<std::unique_ptr<EtpanSession>> EtpanSession::attach(Connection& connection) {
  mailimap* session = mailimap_new(0, nullptr);
  if (session == nullptr) return Error{ErrorCode::internal, "out of memory", ""};
  session->imap_state = MAILIMAP_STATE_AUTHENTICATED;
  return std::unique_ptr<EtpanSession>(new EtpanSession(connection, session));
}

EtpanSession::EtpanSession(Connection& connection, mailimap* session)
    : connection_(connection), session_(session) {}

EtpanSession::~EtpanSession() { mailimap_free(session_); }

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

Result<std::string> EtpanSession::read_lines(int tag, std::string_view name,
                                             const std::string& doing, const std::string& mailbox) {
  std::string data;
  const auto collect = [&](const ReplyLine& line) -> Result<void> {
    if (line.status != ReplyLine::Status::none || !same_word(line.name, name)) return ok();
    data += "* ";
    data += line.name;
    data += ' ';
    data += same_word(name, "LIST") ? with_nil_separator(line.text) : std::string(line.text);
    data += "\r\n";
    if (data.size() <= kMostData && line.text.find('\0') == std::string_view::npos) return ok();
    return connection_.fail(protocol_error(connection_.label(), "no proper answer to " + doing));
  };
  MBOXFERRY_TRY(await_success(connection_, std::to_string(tag), doing, mailbox, collect));
  InputGuard guard;
  guard.allow(kMostData, kLongestLiteral);
  if (const auto wrong = guard.watch(data)) {
    return connection_.fail(protocol_error(connection_.label(), std::string(*wrong)));
  }
  return data;
}

Result<const mailimap_response_info*> EtpanSession::read_data(int tag, std::string_view name,
                                                              const std::string& doing,
                                                              const std::string& mailbox) {
  MBOXFERRY_ASSIGN(std::string data, read_lines(tag, name, doing, mailbox));
  if (parse(std::move(data))) return session_->imap_response_info;
  return connection_.fail(protocol_error(connection_.label(), "no proper answer to " + doing));
}

bool EtpanSession::parse(std::string data) {
  data += std::to_string(session_->imap_tag) + " OK done\r\n";
  TextToRead text{data};
  const auto stream = make_text_stream(text);
  if (!stream) return false;
  session_->imap_stream = stream.get();
  mailimap_response* raw = nullptr;
  const bool parsed = mailimap_read_line(session_) != nullptr &&
                      mailimap_parse_response(session_, &raw) == MAILIMAP_NO_ERROR;
  const Response response(raw);
  // With a stream its destructor would say LOGOUT.
  session_->imap_stream = nullptr;
  return parsed && session_->imap_response_info != nullptr;
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
  NameForm form = connection_.name_form();
  if (!ascii) {
    MBOXFERRY_ASSIGN(form, connection_.settled_name_form());
  }
  if (const auto raw = raw_names_.find(mailbox); raw != raw_names_.end()) return raw->second;
  return encode_mailbox_name(mailbox, form);
}

int EtpanSession::say_namespace() {
  return say(connection_.capabilities().shared.name_space ? "NAMESPACE" : kListRoot);
}

Result<std::optional<Namespace>> EtpanSession::read_namespace(int tag) {
  if (!connection_.capabilities().shared.name_space) {
    MBOXFERRY_ASSIGN(Namespace root, read_root(tag));
    return std::optional(std::move(root));
  }
  std::optional<Namespace> found;
  // Some servers offer it and refuse it (189.cn); they have a separator all the same.
  const auto answered = read_data(tag, "NAMESPACE", "NAMESPACE", "INBOX");
  if (!answered && answered.error().scope == ErrorScope::mailbox &&
      answered.error().code != ErrorCode::try_later)
    return found;
  MBOXFERRY_ASSIGN(const auto* const info, answered);
  const mailimap_namespace_data* data = namespace_among(*info);
  if (data == nullptr || data->ns_personal == nullptr) return found;
  for_each<mailimap_namespace_info>(
      data->ns_personal->ns_data_list, [&](const mailimap_namespace_info& one) {
        if (!found) found = Namespace{shown_name(one.ns_prefix), one.ns_delimiter};
      });
  return found;
}

Result<Namespace> EtpanSession::read_root(int tag) {
  MBOXFERRY_ASSIGN(const auto* const info, read_data(tag, "LIST", "LIST", ""));
  Namespace found;
  for_each<mailimap_mailbox_list>(info->rsp_mailbox_list, [&](const mailimap_mailbox_list& entry) {
    found.separator = entry.mb_delimiter;
  });
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
          if (same_word(word, use)) mailbox.special_use = std::string("\\").append(use);
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
  MBOXFERRY_ASSIGN(const std::string data, read_lines(tag, "LIST", "LIST", ""));
  std::vector<ListedMailbox> mailboxes;
  if (parse(data)) {
    take_listed(mailboxes);
    return mailboxes;
  }
  // Some line is none; a name may hold a literal with line ends, which belongs to its line.
  for (std::size_t start = 0; start < data.size();) {
    std::size_t end = data.find("\r\n* LIST ", start);
    end = end == std::string::npos ? data.size() : end + 2;
    const std::string line = data.substr(start, end - start);
    start = end;
    bool read = parse(line);
    if (const auto quoted = read ? std::nullopt : with_quoted_name(line)) read = parse(*quoted);
    if (read) {
      take_listed(mailboxes);
    } else {
      connection_.tell(connection_.label() +
                       ": a mailbox cannot be read from the list and is left out: " +
                       connection_.printed(line.substr(0, line.find_last_not_of("\r\n") + 1)));
    }
  }
  return mailboxes;
}

/// What was parsed last.
void EtpanSession::take_listed(std::vector<ListedMailbox>& mailboxes) {
  const ListResult entries(std::exchange(session_->imap_response_info->rsp_mailbox_list, nullptr));
  for_each<mailimap_mailbox_list>(entries.get(), [&](const mailimap_mailbox_list& entry) {
    mailboxes.push_back(listed(entry));
  });
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
  auto found = read_namespace(namespace_tag);
  if (!found && connection_.stream().failure()) return Error(found.error());
  MailboxTree tree;
  MBOXFERRY_ASSIGN(tree.listed, read_list(list_tag));
  if (!found) return Error(found.error());
  MBOXFERRY_ASSIGN(tree.name_space, or_root(*std::move(found)));
  return tree;
}

Result<SelectedMailbox> EtpanSession::select(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  const int tag = say("SELECT " + quoted_string(wire));
  MBOXFERRY_TRY(deliver());
  return read_selection(connection_, std::to_string(tag), mailbox);
}

Result<SelectedMailbox> EtpanSession::create_and_select(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  const std::string create_tag = connection_.next_tag();
  lines_ = create_tag + " CREATE " + quoted_string(wire) + "\r\n";
  const int select_tag = say("SELECT " + quoted_string(wire));
  MBOXFERRY_TRY(deliver());
  MBOXFERRY_ASSIGN(const ReplyLine reply, connection_.await(create_tag));
  const auto status = reply.status;
  const bool there = status == ReplyLine::Status::ok || says_it_exists(reply);
  const Error refused = connection_.refusal("creating", mailbox, reply);
  auto selected = read_selection(connection_, std::to_string(select_tag), mailbox);
  if (!selected && selected.error().scope != ErrorScope::mailbox) return selected;
  // What can be opened is there, whatever the NO was for.
  if (selected && status != ReplyLine::Status::bad) return selected;
  if (!there) return refused;
  // The server may have looked for the mailbox before it was made, and clustered stores show one
  // some seconds late.
  for (std::chrono::milliseconds pause{250};; pause *= 2) {
    auto again = select(mailbox);
    const bool absent = !again && again.error().scope == ErrorScope::mailbox &&
                        (again.error().retry.when == Retry::When::now ||
                         find_phrase(again.error().what, "not exist") != std::string_view::npos);
    if (!again && !absent && status != ReplyLine::Status::ok) return is_there(again.error());
    if (!absent || pause > kLongestCreation) return again;
    system_clock().sleep(pause);
  }
}

Result<SelectedMailbox> EtpanSession::status(const std::string& mailbox) {
  MBOXFERRY_ASSIGN(const std::string wire, wire_name(mailbox));
  // STATUS of the selected mailbox may show what it was when last looked at. Dovecot answers NOOP
  // after a STATUS that follows it at once.
  MBOXFERRY_TRY(connection_.look_for_news());
  const int tag = say("STATUS " + quoted_string(wire) + " (MESSAGES UIDNEXT UIDVALIDITY)");
  MBOXFERRY_TRY(deliver());
  MBOXFERRY_ASSIGN(
      const auto* const info,
      read_data(tag, "STATUS", "STATUS of mailbox \"" + printable(mailbox) + "\"", mailbox));
  const mailimap_mailbox_data_status* data = info->rsp_status;
  if (data == nullptr) return connection_.fail(protocol_error(connection_.label(), "no STATUS"));
  SelectedMailbox status;
  for_each<mailimap_status_info>(data->st_info_list, [&](const mailimap_status_info& one) {
    if (one.st_att == MAILIMAP_STATUS_ATT_MESSAGES) status.exists = one.st_value;
    if (one.st_att == MAILIMAP_STATUS_ATT_UIDNEXT) status.uid_next = one.st_value;
    if (one.st_att == MAILIMAP_STATUS_ATT_UIDVALIDITY) status.uid_validity = one.st_value;
  });
  return status;
}

}  // namespace mboxferry::imap
