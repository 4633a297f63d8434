// SPDX-License-Identifier: Apache-2.0
#include "bench/sink_session.h"

#include <fmt/format.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <limits>

namespace mboxferry::bench {
namespace {

constexpr std::string_view kCapabilities =
    "IMAP4rev1 LITERAL+ MULTIAPPEND UIDPLUS NAMESPACE LIST-EXTENDED SPECIAL-USE";

bool begins(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && strncasecmp(text.data(), word.data(), word.size()) == 0;
}

/// The text up to the next space, which is taken as well.
std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find(' '), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

/// An astring that is an atom or a quoted string; a space behind it is taken as well.
std::string take_string(std::string_view& text) {
  if (!text.starts_with('"')) return std::string(take_word(text));
  std::string found;
  std::size_t i = 1;
  for (; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\') ++i;
    if (i < text.size()) found += text[i];
  }
  text.remove_prefix(std::min(i + 1, text.size()));
  if (text.starts_with(' ')) text.remove_prefix(1);
  return found;
}

std::string mailbox_name(std::string_view& text) {
  std::string name = take_string(text);
  return name.size() == 5 && begins(name, "INBOX") ? "INBOX" : name;
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

/// The ranges of a set, each as it counts in a mailbox of `highest` messages.
void each_range(std::string_view set, std::uint64_t highest,
                const std::function<void(std::uint64_t, std::uint64_t)>& visit) {
  while (!set.empty()) {
    const std::size_t end = std::min(set.find(','), set.size());
    const std::string_view range = set.substr(0, end);
    set.remove_prefix(std::min(end + 1, set.size()));
    const std::size_t colon = range.find(':');
    const auto value = [&](std::string_view text) {
      return text == "*" ? highest : number_of(text);
    };
    std::uint64_t first = value(range.substr(0, colon));
    std::uint64_t last = colon == std::string_view::npos ? first : value(range.substr(colon + 1));
    if (first > last) std::swap(first, last);
    if (first <= highest && last > 0)
      visit(std::max<std::uint64_t>(first, 1), std::min(last, highest));
  }
}

/// The line of the Message-ID field, without its end.
std::string message_id_of(std::string_view message) {
  constexpr std::string_view kName = "message-id:";
  const std::string_view head = message.substr(0, message.find("\r\n\r\n"));
  for (std::size_t at = 0; at < head.size();) {
    const std::size_t end = std::min(head.find("\r\n", at), head.size());
    if (begins(head.substr(at, end - at), kName)) return std::string(head.substr(at, end - at));
    at = end + 2;
  }
  return {};
}

std::string quoted(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return text + '"';
}

}  // namespace

void SinkSession::ok(std::string_view text) {
  stream_.say(fmt::format("{} OK {}\r\n", tag_, text));
}
void SinkSession::no(std::string_view text) {
  stream_.say(fmt::format("{} NO {}\r\n", tag_, text));
}

void SinkSession::serve() {
  stream_.say(fmt::format("* OK [CAPABILITY {}] ready\r\n", kCapabilities));
  while (const auto line = stream_.line())
    if (!answer(*line)) break;
  stream_.flush();
}

bool SinkSession::answer(std::string_view line) {
  tag_ = take_word(line);
  const bool by_uid = begins(line, "UID ");
  if (by_uid) take_word(line);
  const std::string_view command = take_word(line);
  const auto is = [command](std::string_view word) {
    return command.size() == word.size() && begins(command, word);
  };
  if (is("LOGOUT")) {
    stream_.say("* BYE done\r\n");
    ok("done");
    return false;
  }
  if (is("LOGIN")) {
    log_in(line);
  } else if (is("CAPABILITY")) {
    stream_.say(fmt::format("* CAPABILITY {}\r\n", kCapabilities));
    ok("done");
  } else if (account_ == nullptr) {
    no("log in first");
  } else if (is("APPEND")) {
    return append(line);
  } else if (is("NAMESPACE")) {
    stream_.say("* NAMESPACE ((\"\" \"/\")) NIL NIL\r\n");
    ok("done");
  } else if (is("LIST")) {
    list(line);
  } else if (is("CREATE")) {
    const std::scoped_lock lock(account_->mutex);
    const auto made = static_cast<std::uint32_t>(account_->mailboxes.size() + 1);
    account_->mailboxes.try_emplace(mailbox_name(line), SinkMailbox{made, {}});
    ok("made");
  } else if (is("STATUS")) {
    status(line);
  } else if (is("SELECT") || is("EXAMINE")) {
    if (select(line)) ok(is("SELECT") ? "[READ-WRITE] open" : "[READ-ONLY] open");
  } else if (is("FETCH")) {
    fetch(line, by_uid);
  } else if (is("SEARCH")) {
    search(line);
  } else {
    ok("done");  // SUBSCRIBE, NOOP, CLOSE and their like
  }
  return true;
}

void SinkSession::log_in(std::string_view arguments) {
  account_ = &store_.account(take_string(arguments));
  ok(fmt::format("[CAPABILITY {}] in", kCapabilities));
}

void SinkSession::list(std::string_view arguments) {
  take_string(arguments);  // the reference
  const std::string pattern = take_string(arguments);
  if (pattern.empty()) stream_.say("* LIST (\\Noselect) \"/\" \"\"\r\n");
  const std::scoped_lock lock(account_->mutex);
  for (const auto& [name, mailbox] : account_->mailboxes)
    if (pattern == "*" || pattern == name)
      stream_.say(fmt::format("* LIST () \"/\" {}\r\n", quoted(name)));
  ok("done");
}

void SinkSession::status(std::string_view arguments) {
  const std::string name = mailbox_name(arguments);
  const std::scoped_lock lock(account_->mutex);
  const auto found = account_->mailboxes.find(name);
  if (found == account_->mailboxes.end()) return no("[NONEXISTENT] no such mailbox");
  const std::size_t count = found->second.mail.size();
  stream_.say(fmt::format("* STATUS {} (MESSAGES {} UIDNEXT {} UIDVALIDITY {})\r\n", quoted(name),
                          count, count + 1, found->second.uid_validity));
  ok("done");
}

bool SinkSession::select(std::string_view arguments) {
  const std::scoped_lock lock(account_->mutex);
  const auto found = account_->mailboxes.find(mailbox_name(arguments));
  if (found == account_->mailboxes.end()) {
    selected_ = nullptr;
    no("[NONEXISTENT] no such mailbox");
    return false;
  }
  selected_ = &found->second;
  stream_.say(
      fmt::format("* FLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft)\r\n"
                  "* OK [PERMANENTFLAGS (\\Answered \\Flagged \\Deleted \\Seen \\Draft \\*)] "
                  "kept\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [UIDVALIDITY {}] valid\r\n"
                  "* OK [UIDNEXT {}] next\r\n",
                  selected_->mail.size(), selected_->uid_validity, selected_->mail.size() + 1));
  return true;
}

/// All messages of the command become visible together.
bool SinkSession::append(std::string_view arguments) {
  SinkMailbox* mailbox = nullptr;
  {
    const std::scoped_lock lock(account_->mutex);
    const auto found = account_->mailboxes.find(mailbox_name(arguments));
    if (found != account_->mailboxes.end()) mailbox = &found->second;
  }
  std::vector<SinkMail> batch;
  std::string next(arguments);
  while (!next.empty()) {
    std::string_view rest = next;
    if (rest.starts_with(' ')) rest.remove_prefix(1);
    SinkMail mail;
    if (rest.starts_with('(')) {
      const std::size_t end = rest.find(") ");
      if (end == std::string_view::npos) return false;
      mail.flags = rest.substr(1, end - 1);
      rest.remove_prefix(end + 2);
    }
    if (rest.starts_with('"')) {
      const std::string date = take_string(rest);
      std::copy_n(date.begin(), std::min(date.size(), mail.date.size()), mail.date.begin());
    }
    if (!rest.starts_with('{')) return false;
    mail.size = static_cast<std::uint32_t>(number_of(rest.substr(1)));
    if (!rest.ends_with("+}")) {
      stream_.say("+ go on\r\n");
    }
    const std::string_view message = stream_.bytes(mail.size);
    if (message.size() != mail.size) return false;
    mail.message_id = message_id_of(message);
    batch.push_back(std::move(mail));
    auto line = stream_.line();
    if (!line) return false;
    next = std::move(*line);
  }
  if (mailbox == nullptr) {
    no("[TRYCREATE] no such mailbox");
    return true;
  }
  const std::scoped_lock lock(account_->mutex);
  const std::size_t first = mailbox->mail.size() + 1;
  std::move(batch.begin(), batch.end(), std::back_inserter(mailbox->mail));
  ok(fmt::format("[APPENDUID {} {}:{}] stored", mailbox->uid_validity, first,
                 mailbox->mail.size()));
  return true;
}

void SinkSession::fetch(std::string_view arguments, bool by_uid) {
  if (selected_ == nullptr) return no("nothing is open");
  const std::string_view set = take_word(arguments);
  const bool facts = arguments.find("RFC822.SIZE") != std::string_view::npos;
  const bool head = arguments.find("MESSAGE-ID") != std::string_view::npos;
  static_cast<void>(by_uid);  // the same here, as nothing is ever removed
  const std::scoped_lock lock(account_->mutex);
  each_range(set, selected_->mail.size(), [&](std::uint64_t first, std::uint64_t last) {
    for (std::uint64_t uid = first; uid <= last; ++uid) {
      const SinkMail& mail = selected_->mail[uid - 1];
      std::string text = fmt::format("* {} FETCH (UID {}", uid, uid);
      if (facts)
        text += fmt::format(" RFC822.SIZE {} INTERNALDATE \"{}\" FLAGS ({})", mail.size,
                            std::string_view(mail.date.data(), mail.date.size()), mail.flags);
      if (head) {
        const std::string field = mail.message_id.empty() ? "\r\n" : mail.message_id + "\r\n\r\n";
        text +=
            fmt::format(" BODY[HEADER.FIELDS (MESSAGE-ID)]<0> {{{}}}\r\n{}", field.size(), field);
      }
      stream_.say(text + ")\r\n");
    }
  });
  ok("done");
}

/// ALL, or the messages with a Message-ID; anything else finds nothing.
void SinkSession::search(std::string_view keys) {
  std::string text = "* SEARCH";
  if (selected_ != nullptr && begins(keys, "ALL")) {
    const std::scoped_lock lock(account_->mutex);
    for (std::size_t uid = 1; uid <= selected_->mail.size(); ++uid)
      text += " " + std::to_string(uid);
  }
  stream_.say(text + "\r\n");
  ok("done");
}

}  // namespace mboxferry::bench
