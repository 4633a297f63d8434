// SPDX-License-Identifier: Apache-2.0
// Sender lists as settings of a job.
#include "mboxferry/transfer/sender_rules.h"

#include <fmt/format.h>

#include <array>

#include "mboxferry/journal/journal.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::transfer {
namespace {

constexpr std::array<std::string_view, 4> kBlockedNames{"junk", "tag", "skip", "report"};
constexpr std::string_view kWide = "wide";

}  // namespace

std::string_view blocked_mail_name(BlockedMail blocked) {
  return kBlockedNames[static_cast<std::size_t>(blocked)];
}

std::optional<BlockedMail> blocked_mail_from_name(std::string_view name) {
  for (std::size_t i = 0; i < kBlockedNames.size(); ++i) {
    if (kBlockedNames[i] == name) return static_cast<BlockedMail>(i);
  }
  return std::nullopt;
}

std::string SenderRules::digest() const {
  if (!any()) return "";
  message::Digest digest;
  for (std::uint32_t number = 0; number < lists->size(); ++number) {
    const policy::ListEntry entry = lists->entry(number);
    digest.update(fmt::format("{} {} {:d} {}\n", policy::kind_name(entry.kind),
                              policy::scope_name(entry.scope), entry.authenticated, entry.pattern));
  }
  return message::to_hex(digest.finish());
}

// One line each: scope, kind, path; `wide` in front.
std::string files_text(const SenderRules& rules) {
  std::vector<std::string> lines;
  if (rules.allow_wide) lines.emplace_back(kWide);
  for (const policy::ListSource& source : rules.sources)
    lines.push_back(fmt::format("{} {} {}", policy::scope_name(source.scope),
                                policy::kind_name(source.before_sections), source.path));
  return journal::archive_lines(lines);
}

std::optional<SenderRules> rules_from_files_text(std::string_view text) {
  SenderRules rules;
  for (const std::string& line : journal::archive_paths(text)) {
    if (line == kWide) {
      rules.allow_wide = true;
      continue;
    }
    policy::ListSource source;
    bool understood = false;
    for (const policy::ListScope scope : {policy::ListScope::account, policy::ListScope::global}) {
      for (const policy::EntryKind kind : {policy::EntryKind::block, policy::EntryKind::allow}) {
        const std::string head =
            fmt::format("{} {} ", policy::scope_name(scope), policy::kind_name(kind));
        if (!line.starts_with(head)) continue;
        source = {line.substr(head.size()), scope, kind};
        understood = true;
      }
    }
    if (!understood) return std::nullopt;
    rules.sources.push_back(std::move(source));
  }
  return rules;
}

}  // namespace mboxferry::transfer
