// SPDX-License-Identifier: Apache-2.0
// Answers of the form {result, data, error{code, description, errors}}.
#include "provider/infomaniak_answer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "mboxferry/base/words.h"

namespace mboxferry::provider {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMostEntries = 100'000;
constexpr std::size_t kMostMailboxes = 100'000;
constexpr std::size_t kLongestName = 255;
constexpr std::size_t kMostWords = 200;

/// The service's words, fit to be shown.
std::string shown(std::string_view text, const SecretMask& hidden) {
  return printable_ascii(hidden.masked(text), kMostWords);
}

std::string text_of(const Json& json, const char* name) {
  if (!json.is_object()) return {};
  const auto member = json.find(name);
  return member != json.end() && member->is_string() ? member->get<std::string>() : std::string();
}

/// "code: description", as far as the answer has them, with what is wrong with single fields.
std::string words_of(const Json& json, long status, const SecretMask& hidden) {
  const auto error = json.is_object() ? json.find("error") : json.end();
  if (!json.is_object() || error == json.end() || !error->is_object())
    return fmt::format("status {}", status);
  std::string words = shown(text_of(*error, "code"), hidden);
  const std::string description = shown(text_of(*error, "description"), hidden);
  if (!description.empty()) words += (words.empty() ? "" : ": ") + description;
  if (const auto errors = error->find("errors"); errors != error->end() && errors->is_array()) {
    for (std::size_t i = 0; i < std::min<std::size_t>(errors->size(), 5); ++i)
      words += "; " + shown(text_of((*errors)[i], "description"), hidden);
  }
  return words.empty() ? fmt::format("status {}", status) : words;
}

Error not_understood(const std::string& what, const std::string& why) {
  return {ErrorCode::protocol, fmt::format("cannot {}: the answer {}", what, why),
          "nothing was changed by this; the service may have changed its interface",
          ErrorScope::mailbox};
}

Error refusal(const std::string& what, long status, const std::string& words) {
  const std::string text = fmt::format("cannot {}: {}", what, words);
  if (status == 401)
    return {ErrorCode::login_refused, text, "the token is refused: make a new one in the Manager"};
  if (status == 403)
    return {ErrorCode::login_refused, text,
            "the token needs the right to manage the mail service, and its user has to be one of "
            "its administrators"};
  if (status == 404)
    return {ErrorCode::configuration, text, "check --service and --user", ErrorScope::mailbox};
  if (status == 429)
    return {ErrorCode::try_later,
            text,
            "run the same command again later",
            ErrorScope::session,
            {Retry::When::later, {}}};
  if (status >= 500)
    return {ErrorCode::unavailable,
            text,
            "run the same command again later",
            ErrorScope::session,
            {Retry::When::later, {}}};
  return {ErrorCode::refused, text, "nothing was changed by this", ErrorScope::mailbox};
}

/// The document of an answer that tells success.
Result<Json> document_of(const http::Answer& answer, const std::string& what,
                         const SecretMask& hidden) {
  const std::string_view body = answer.body.reveal();
  Json json = Json::parse(body.begin(), body.end(), nullptr, false);
  const bool fine = answer.status >= 200 && answer.status < 300;
  if (!fine) return refusal(what, answer.status, words_of(json, answer.status, hidden));
  if (!json.is_object()) return not_understood(what, "is no JSON object");
  const std::string result = text_of(json, "result");
  if (result == "error") return refusal(what, 0, words_of(json, answer.status, hidden));
  // What is done later is told apart by reading it back.
  if (result != "success" && result != "asynchronous")
    return not_understood(what, "does not say whether it succeeded");
  return json;
}

Result<std::vector<std::string>> list_of(const Json& data, const char* name,
                                         const std::string& what) {
  const auto list = data.find(name);
  if (list == data.end()) return not_understood(what, fmt::format("lacks {}", name));
  if (!list->is_array()) return not_understood(what, fmt::format("has no list in {}", name));
  if (list->size() > kMostEntries)
    return not_understood(what, fmt::format("has more than {} entries", kMostEntries));
  std::vector<std::string> entries;
  for (const Json& item : *list) {
    const bool has_address =
        item.is_object() && item.contains("email") && item["email"].is_string();
    if (!item.is_string() && !has_address)
      return not_understood(
          what, fmt::format("has something in {} that is neither text nor has an email", name));
    if (has_address && item.size() > 1)
      return not_understood(
          what, fmt::format("has more in {} than addresses, which would be lost", name));
    entries.push_back(item.is_string() ? item.get<std::string>() : text_of(item, "email"));
  }
  return entries;
}

/// True, false, or the numbers that some services write for them.
std::optional<bool> truth_of(const Json& data, const char* name) {
  const auto member = data.find(name);
  if (member == data.end()) return std::nullopt;
  if (member->is_boolean()) return member->get<bool>();
  if (*member == 0 || *member == 1) return *member == 1;
  return std::nullopt;
}

std::optional<std::size_t> number_of(const Json& json, const char* name) {
  const auto member = json.find(name);
  if (member == json.end() || !member->is_number_unsigned()) return std::nullopt;
  return member->get<std::size_t>();
}

/// The part of a mailbox's address that its URL has; nothing when it could be another URL's.
std::optional<std::string> name_of(const Json& row) {
  std::string name = text_of(row, "mailbox_name");
  if (name.empty()) name = text_of(row, "mailbox");
  for (const char* field : {"mail", "email"}) {
    if (name.empty()) name = text_of(row, field);
  }
  name = name.substr(0, name.rfind('@'));
  if (is_mailbox_name(name)) return name;
  return std::nullopt;
}

}  // namespace

bool is_mailbox_name(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name == "." || name == "..") return false;
  return std::none_of(name.begin(), name.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte <= 0x20 || byte == 0x7f || c == '/' || c == '\\' || c == '@';
  });
}

Result<Infomaniak::Change> success_of(const http::Answer& answer, const std::string& what,
                                      const SecretMask& hidden) {
  MBOXFERRY_ASSIGN(const Json json, document_of(answer, what, hidden));
  return text_of(json, "result") == "asynchronous" ? Infomaniak::Change::later
                                                   : Infomaniak::Change::done;
}

Result<MailboxSenders> senders_of(const http::Answer& answer, const std::string& what,
                                  const SecretMask& hidden) {
  MBOXFERRY_ASSIGN(const Json json, document_of(answer, what, hidden));
  const auto data = json.find("data");
  if (data == json.end() || !data->is_object()) return not_understood(what, "has no data");
  MailboxSenders senders;
  MBOXFERRY_ASSIGN(senders.entries.allowed, list_of(*data, "authorized_senders", what));
  MBOXFERRY_ASSIGN(senders.entries.blocked, list_of(*data, "blocked_senders", what));
  const auto filters = truth_of(*data, "has_move_spam");
  if (!filters) return not_understood(what, "lacks has_move_spam");
  senders.filters = *filters;
  return senders;
}

Result<MailboxPage> mailboxes_of(const http::Answer& answer, const std::string& what,
                                 const SecretMask& hidden) {
  MBOXFERRY_ASSIGN(const Json json, document_of(answer, what, hidden));
  const auto data = json.find("data");
  if (data == json.end() || !data->is_array()) return not_understood(what, "has no list in data");
  if (data->size() > kMostMailboxes) return not_understood(what, "is too long");
  MailboxPage page;
  for (const Json& row : *data) {
    auto name = name_of(row);
    if (!name) return not_understood(what, "has a mailbox without a name that can be used");
    page.names.push_back(*std::move(name));
  }
  const auto number = number_of(json, "page");
  const auto pages = number_of(json, "pages");
  const auto total = number_of(json, "total");
  if (!number || !pages || !total) return not_understood(what, "lacks page, pages or total");
  page.page = *number;
  page.pages = *pages;
  page.total = *total;
  if (page.total > kMostMailboxes || page.pages > kMostMailboxes)
    return not_understood(what, "tells of too many mailboxes");
  return page;
}

Result<Secret> senders_json(const SenderEntries& entries) {
  try {
    return Secret(
        Json{{"authorized_senders", entries.allowed}, {"blocked_senders", entries.blocked}}.dump());
  } catch (const Json::exception&) {
    return Error{ErrorCode::configuration, "an entry of the lists is no UTF-8",
                 "senders check names its line"};
  }
}

}  // namespace mboxferry::provider
