// SPDX-License-Identifier: Apache-2.0
// Questions to recursive servers, and the aliases in their answers.
#include "mboxferry/dns/resolver.h"

#include <fmt/format.h>

#include <algorithm>

#include "dns/ask.h"

namespace mboxferry::dns {
namespace {

/// More aliases than this are a loop, or nobody's intention.
constexpr int kMostAliases = 16;
constexpr unsigned kMostSilence = 3;
constexpr int kMostTimeouts = 12;

const Pointer* alias_of(const std::vector<Record>& records, const Name& name) {
  for (const Record& one : records)
    if (one.type == RecordType::cname && one.name == name) return std::get_if<Pointer>(&one.data);
  return nullptr;
}

Error no_answer_from(const Name& name, RecordType type, const Server& server, int rcode) {
  return {ErrorCode::unavailable,
          fmt::format("{} {}: the name server {} answers {}", name.text(), type_name(type),
                      server.text(), rcode_name(rcode)),
          "try again later, or name another one with --resolver"};
}

}  // namespace

Result<Reply> ask(const Server& server, const Patience& patience, const Name& name, RecordType type,
                  const AskOptions& options) {
  const Question question{
      new_message_id(),        name, type, options.recursive, options.wants_proof,
      options.without_checking};
  MBOXFERRY_ASSIGN(Connection connection, Connection::open(server, patience));
  MBOXFERRY_TRY(connection.send(question_message(question)));
  MBOXFERRY_ASSIGN(const std::string message, connection.receive());
  return parse_reply(message, question, server.text());
}

Resolver::Resolver(Settings settings) : settings_(std::move(settings)) {
  if (settings_.servers.empty()) settings_.servers = system_servers();
  standings_.resize(settings_.servers.size());
  end_ = std::chrono::steady_clock::now() + kMostTimeouts * settings_.timeout;
}

Result<Reply> Resolver::ask_in_turn(const Name& name, RecordType type, bool without_checking) {
  if (settings_.servers.empty())
    return Error{ErrorCode::configuration, "the system has no name server set up",
                 "name one with --resolver HOST:PORT"};
  Error last;
  for (std::size_t i = 0; i < settings_.servers.size(); ++i) {
    const Server& server = settings_.servers[i];
    Standing& standing = standings_[i];
    if (standing.silent >= kMostSilence) {
      last = standing.last;
      continue;
    }
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end_ - std::chrono::steady_clock::now());
    if (left.count() <= 0)
      return Error{
          ErrorCode::unavailable,
          fmt::format(
              "{} {}: not asked, as answers took more than {} s in all", name.text(),
              type_name(type),
              std::chrono::ceil<std::chrono::seconds>(kMostTimeouts * settings_.timeout).count()),
          "name a faster server with --resolver, or give more time with --timeout"};
    auto reply = ask(server, {std::min(settings_.timeout, left), settings_.interrupt}, name, type,
                     {true, true, without_checking});
    if (!reply) {
      last = std::move(reply).error();
      if (last.code == ErrorCode::interrupted) return last;
      if (last.code != ErrorCode::unavailable) continue;
      ++standing.silent;
      standing.last = last;
      continue;
    }
    standing.silent = 0;
    if (reply->rcode == kNoError || reply->rcode == kNxDomain) return reply;
    last = no_answer_from(name, type, server, reply->rcode);
  }
  return last;
}

Result<Lookup> Resolver::look_up(const Name& name, RecordType type) {
  MBOXFERRY_ASSIGN(const Reply reply, ask_in_turn(name, type, false));
  Lookup found;
  Name current = name;
  if (type != RecordType::cname) {
    for (int i = 0; i < kMostAliases; ++i) {
      const Pointer* alias = alias_of(reply.answers, current);
      if (alias == nullptr) break;
      current = alias->target;
      found.aliases.push_back(current);
    }
  }
  for (const Record& one : reply.answers) {
    if (one.type != type || one.name != current) continue;
    found.ttl = found.data.empty() ? one.ttl : std::min(found.ttl, one.ttl);
    found.data.push_back(one.data);
  }
  found.proven = reply.authenticated;
  if (!found.data.empty())
    found.status = Lookup::Status::found;
  else
    found.status = reply.rcode == kNxDomain ? Lookup::Status::no_name : Lookup::Status::no_data;
  return found;
}

Result<Name> Resolver::zone_of(const Name& name) {
  MBOXFERRY_ASSIGN(const Reply reply, ask_in_turn(name, RecordType::soa, false));
  for (const auto* section : {&reply.answers, &reply.authorities})
    for (const Record& one : *section)
      if (one.type == RecordType::soa && name.is_in(one.name)) return one.name;
  return Error{ErrorCode::configuration, fmt::format("{} is in no zone", name.text()),
               "check the domain's name"};
}

Result<bool> Resolver::is_bogus(const Name& name, RecordType type) {
  if (ask_in_turn(name, type, false)) return false;
  MBOXFERRY_TRY(ask_in_turn(name, type, true));
  return true;
}

Result<std::vector<std::string>> Resolver::txt(const std::string& name) {
  MBOXFERRY_ASSIGN(const Name parsed, Name::parse(name));
  MBOXFERRY_ASSIGN(const Lookup found, look_up(parsed, RecordType::txt));
  std::vector<std::string> texts;
  for (const RecordData& data : found.data)
    if (const Txt* txt = std::get_if<Txt>(&data)) texts.push_back(txt->joined());
  return texts;
}

Result<bool> Resolver::exists(const std::string& name) {
  MBOXFERRY_ASSIGN(const Name parsed, Name::parse(name));
  for (const RecordType type : {RecordType::a, RecordType::aaaa, RecordType::mx}) {
    MBOXFERRY_ASSIGN(const Lookup found, look_up(parsed, type));
    if (found.status == Lookup::Status::found) return true;
    if (found.status == Lookup::Status::no_name) return false;
  }
  return false;
}

}  // namespace mboxferry::dns
