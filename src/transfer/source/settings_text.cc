// SPDX-License-Identifier: Apache-2.0
// Settings to text and back.
#include "transfer/source/settings_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "mboxferry/base/file.h"
#include "transfer/source/source_folders.h"

namespace mboxferry::transfer {
namespace {

std::vector<std::string> absolute_paths(std::vector<std::string> paths) {
  for (std::string& path : paths) path = canonical_path(path);
  return paths;
}

constexpr std::array kDateSources{message::DateSource::envelope, message::DateSource::received,
                                  message::DateSource::header};

std::optional<message::DateSource> date_source_from_name(std::string_view name) {
  for (const message::DateSource source : kDateSources) {
    if (message::date_source_name(source) == name) return source;
  }
  return {};
}

/// "from,date," as settings_text() writes it.
bool read_date_order(std::string_view text, message::DateOrder& order) {
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto source = date_source_from_name(text.substr(0, comma));
    if (!source || comma == std::string_view::npos) return false;
    order.push_back(*source);
    text.remove_prefix(comma + 1);
  }
  return true;
}

bool read_flag(std::string_view text, bool& flag) {
  flag = text == "1";
  return flag || text == "0";
}

/// FOLDER=MAILBOX as settings_text() writes it.
bool read_map(std::string_view text, JobSettings& settings) {
  plan::MapRule rule;
  std::size_t at = 0;
  for (; at < text.size() && text[at] != '='; ++at) {
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    rule.from += text[at];
  }
  if (at == text.size()) return false;
  rule.to = text.substr(at + 1);
  settings.mapping.maps.push_back(std::move(rule));
  return true;
}

std::string escaped(const std::string& folder) {
  std::string text;
  for (const char c : folder) {
    if (c == '=' || c == '\\') text += '\\';
    text += c;
  }
  return text;
}

/// How a line's value becomes part of the settings; false when it is none that is known.
struct Line {
  std::string_view name;
  bool (*read)(std::string_view value, JobSettings& settings);
};

constexpr std::array kLines{
    Line{"mailbox",
         [](std::string_view value, JobSettings& settings) {
           if (!value.empty()) settings.mapping.mailbox = value;
           return true;
         }},
    Line{"subfolder",
         [](std::string_view value, JobSettings& settings) {
           settings.mapping.subfolder = value;
           return true;
         }},
    Line{"special-use",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.mapping.special_use);
         }},
    Line{"map", read_map},
    Line{"include",
         [](std::string_view value, JobSettings& settings) {
           settings.include.emplace_back(value);
           return true;
         }},
    Line{"exclude",
         [](std::string_view value, JobSettings& settings) {
           settings.exclude.emplace_back(value);
           return true;
         }},
    Line{"labels",
         [](std::string_view value, JobSettings& settings) {
           settings.labels = plan::label_policy_from_name(value);
           return settings.labels.has_value();
         }},
    Line{"dedupe",
         [](std::string_view value, JobSettings& settings) {
           const auto dedupe = journal::dedupe_from_name(value);
           settings.dedupe = dedupe.value_or(journal::Dedupe::none);
           return dedupe.has_value();
         }},
    Line{"skip-existing",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.skip_existing);
         }},
    Line{"follow-links",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.open.follow_links);
         }},
    Line{"max-unpack-memory",
         [](std::string_view value, JobSettings& settings) {
           const char* const end = value.data() + value.size();
           return std::from_chars(value.data(), end, settings.open.unpack_memory).ptr == end;
         }},
    Line{"mdn-sent",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.index.mdn_sent);
         }},
    Line{"blocked",
         [](std::string_view value, JobSettings& settings) {
           const auto blocked = blocked_mail_from_name(value);
           settings.senders.blocked = blocked.value_or(BlockedMail::junk);
           settings.senders.lists = std::make_shared<const policy::SenderLists>();
           return blocked.has_value();
         }},
    Line{"rescue-allowed",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.senders.rescue_allowed);
         }},
    Line{"block-wins",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.senders.judging.block_wins);
         }},
    Line{"sender-field",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.senders.judging.sender_field);
         }},
    Line{"allow-only-authenticated",
         [](std::string_view value, JobSettings& settings) {
           settings.senders.judging.authserv_id = value;
           return true;
         }},
    Line{"dialect",
         [](std::string_view value, JobSettings& settings) {
           const auto dialect = mbox::dialect_from_name(value);
           settings.index.dialect = dialect.value_or(mbox::Dialect::automatic);
           return dialect.has_value();
         }},
    Line{"internaldate",
         [](std::string_view value, JobSettings& settings) {
           return read_date_order(value, settings.index.date_order);
         }},
    Line{"default-flags",
         [](std::string_view value, JobSettings& settings) {
           const char* const end = value.data() + value.size();
           return std::from_chars(value.data(), end, settings.index.default_flags).ptr == end;
         }},
    Line{"include-expunged",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.index.include_expunged);
         }},
    Line{"keep-deleted",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.index.keep_deleted_flag);
         }},
    Line{"strip-status-headers",
         [](std::string_view value, JobSettings& settings) {
           return read_flag(value, settings.index.strip_status_headers);
         }},
};

bool read_line(std::string_view line, JobSettings& settings) {
  const std::size_t equals = line.find('=');
  if (equals == std::string_view::npos) return false;
  for (const Line& known : kLines) {
    if (known.name == line.substr(0, equals)) return known.read(line.substr(equals + 1), settings);
  }
  return false;
}

/// Calls `read` for each line of a text whose lines all end; false when one is not understood.
template <typename Read>
bool read_lines(std::string_view text, Read read) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos || !read(text.substr(0, end))) return false;
    text.remove_prefix(end + 1);
  }
  return true;
}

/// The entries may change between runs; what is done about them may not.
std::string senders_text(const SenderRules& senders) {
  return fmt::format(
      "blocked={}\nrescue-allowed={:d}\nblock-wins={:d}\nsender-field={:d}\n"
      "allow-only-authenticated={}\n",
      blocked_mail_name(senders.blocked), senders.rescue_allowed, senders.judging.block_wins,
      senders.judging.sender_field, senders.judging.authserv_id);
}

}  // namespace

std::string settings_text(const JobSettings& settings) {
  std::string order;
  for (const message::DateSource source : settings.index.date_order)
    order += std::string(message::date_source_name(source)) + ",";
  const plan::MappingRules& mapping = settings.mapping;
  std::string maps;
  for (const plan::MapRule& rule : mapping.maps)
    maps += fmt::format("map={}={}\n", escaped(rule.from), rule.to);
  for (const std::string& glob : settings.include) maps += "include=" + glob + "\n";
  for (const std::string& glob : settings.exclude) maps += "exclude=" + glob + "\n";
  // Journals of jobs without it have no such line.
  if (settings.open.follow_links) maps += "follow-links=1\n";
  if (settings.open.unpack_memory != archive::kUnpackMemory)
    maps += fmt::format("max-unpack-memory={}\n", settings.open.unpack_memory);
  if (!settings.index.mdn_sent) maps += "mdn-sent=0\n";
  if (settings.senders.any()) maps += senders_text(settings.senders);
  return fmt::format(
      "mailbox={}\nsubfolder={}\nspecial-use={:d}\n{}labels={}\ndedupe={}\nskip-existing={:d}\n"
      "dialect={}\ninternaldate={}\ndefault-flags={}\ninclude-expunged={:d}\n"
      "keep-deleted={:d}\nstrip-status-headers={:d}\n",
      mapping.mailbox.value_or(""), mapping.subfolder, mapping.special_use, maps,
      plan::label_policy_name(label_policy(settings)), journal::dedupe_name(settings.dedupe),
      settings.skip_existing, mbox::dialect_name(settings.index.dialect), order,
      settings.index.default_flags, settings.index.include_expunged,
      settings.index.keep_deleted_flag, settings.index.strip_status_headers);
}

Result<JobSettings> settings_of(const journal::JobIdentity& identity) {
  JobSettings settings;
  settings.archives = journal::archive_paths(identity.archives);
  const auto add_setting = [&](std::string_view line) { return read_line(line, settings); };
  const bool understood = journal::archive_lines(settings.archives) == identity.archives &&
                          read_lines(identity.settings, add_setting);
  // What does not come out the same would be another job.
  if (understood && settings_text(settings) == identity.settings) return settings;
  return Error{ErrorCode::configuration, "the settings in the journal are not understood",
               "use the version of mboxferry that made it"};
}

journal::JobIdentity identity_of(const JobSettings& settings) {
  return {settings.account.label(), journal::archive_lines(absolute_paths(settings.archives)),
          settings_text(settings)};
}

std::string destination_of(const journal::JobIdentity& identity) {
  constexpr std::array<std::string_view, 9> kNames{"mailbox", "subfolder", "special-use",
                                                   "map",     "include",   "exclude",
                                                   "labels",  "blocked",   "rescue-allowed"};
  std::string text;
  read_lines(identity.settings, [&](std::string_view line) {
    const std::string_view name = line.substr(0, line.find('='));
    if (std::find(kNames.begin(), kNames.end(), name) != kNames.end())
      text += std::string(line) + "\n";
    return true;
  });
  return text;
}

}  // namespace mboxferry::transfer
