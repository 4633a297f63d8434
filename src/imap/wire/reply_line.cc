// SPDX-License-Identifier: Apache-2.0
// Reads one reply of a server.
#include "imap/wire/reply_line.h"

#include <algorithm>
#include <array>
#include <limits>

#include "mboxferry/base/words.h"

namespace mboxferry::imap {
namespace {

using Status = ReplyLine::Status;

Status status_from_word(std::string_view word) {
  constexpr std::array<std::pair<std::string_view, Status>, 5> kWords{
      {{"OK", Status::ok},
       {"NO", Status::no},
       {"BAD", Status::bad},
       {"BYE", Status::bye},
       {"PREAUTH", Status::preauth}}};
  for (const auto& [name, status] : kWords) {
    if (same_word(word, name)) return status;
  }
  return Status::none;
}

void take_response_code(std::string_view& text, ReplyLine& line) {
  if (!text.starts_with('[')) return;
  const std::size_t end = text.find(']');
  if (end == std::string_view::npos) return;
  std::string_view inside = text.substr(1, end - 1);
  text.remove_prefix(end + 1);
  if (text.starts_with(' ')) text.remove_prefix(1);
  line.code = take_word(inside);
  line.code_arguments = inside;
}

std::string_view without_line_end(std::string_view bytes) {
  if (bytes.ends_with('\n')) bytes.remove_suffix(1);
  if (bytes.ends_with('\r')) bytes.remove_suffix(1);
  return bytes;
}

std::optional<Uid> parse_uid(std::string_view digits) {
  const auto number = parse_number(digits);
  if (!number || *number == 0 || *number > std::numeric_limits<Uid>::max()) return std::nullopt;
  return static_cast<Uid>(*number);
}

}  // namespace

std::optional<ReplyLine> parse_reply_line(std::string_view bytes) {
  std::string_view rest = without_line_end(bytes);
  ReplyLine line;
  if (rest == "+" || rest.starts_with("+ ")) {
    line.kind = ReplyLine::Kind::continuation;
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
    line.text = rest;
    return line;
  }
  line.tag = take_word(rest);
  if (line.tag.empty() || rest.empty()) return std::nullopt;
  line.kind = line.tag == "*" ? ReplyLine::Kind::untagged : ReplyLine::Kind::tagged;
  std::string_view word = take_word(rest);
  line.status = status_from_word(word);
  if (line.status != Status::none) {
    take_response_code(rest, line);
    line.text = rest;
    return line;
  }
  if (line.kind == ReplyLine::Kind::tagged) {
    // Exchange takes a line of a message for a command and says BAD behind all of its words.
    while (!rest.empty() && word != "BAD") word = take_word(rest);
    if (rest.empty()) return std::nullopt;
    line.status = Status::bad;
    line.text = rest;
    return line;
  }
  if (const auto number = parse_number(word);
      number && *number <= std::numeric_limits<std::uint32_t>::max()) {
    line.number = static_cast<std::uint32_t>(*number);
    word = take_word(rest);
  }
  line.name = word;
  line.text = rest;
  return line;
}

bool says_it_exists(const ReplyLine& reply) {
  return same_word(reply.code, "ALREADYEXISTS") ||
         find_phrase(reply.text, "already exists") != std::string_view::npos;
}

std::optional<std::uint64_t> announced_literal(std::string_view first_line, std::string_view line) {
  const auto first = parse_reply_line(first_line);
  if (!first || first->kind != ReplyLine::Kind::untagged || first->status != Status::none) {
    return std::nullopt;
  }
  line = without_line_end(line);
  if (!line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  const std::size_t open = line.rfind('{');
  if (open == std::string_view::npos) return std::nullopt;
  return parse_number(line.substr(open + 1));
}

std::optional<AppendUid> parse_append_uid(std::string_view arguments, std::size_t expected) {
  AppendUid result;
  const auto validity = parse_uid(take_word(arguments));
  if (!validity) return std::nullopt;
  result.uid_validity = *validity;
  while (!arguments.empty()) {
    std::string_view range = take_word(arguments, ',');
    const auto first = parse_uid(take_word(range, ':'));
    const auto last = range.empty() ? first : parse_uid(range);
    if (!first || !last) return std::nullopt;
    const auto [low, high] = std::minmax(*first, *last);
    if (high - low >= expected - std::min(expected, result.uids.size())) return std::nullopt;
    if (!result.uids.empty() && low <= result.uids.back()) return std::nullopt;
    for (std::uint64_t uid = low; uid <= high; ++uid) result.uids.push_back(static_cast<Uid>(uid));
  }
  if (result.uids.size() != expected) return std::nullopt;
  return result;
}

}  // namespace mboxferry::imap
