// SPDX-License-Identifier: Apache-2.0
// Reads --dialect, --internaldate and their kin.
#include "cli/archive_options.h"

#include <algorithm>
#include <array>

#include "cli/limit_options.h"
#include "mboxferry/base/time.h"

namespace mboxferry::cli {
namespace {

namespace po = boost::program_options;

constexpr const char* kUnpackMemory = "max-unpack-memory";

std::vector<std::string> split_list(const std::string& text) {
  std::vector<std::string> words;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find(',', begin), text.size());
    words.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return words;
}

Result<message::DateOrder> read_date_order(const std::string& text) {
  constexpr std::array kSources{message::DateSource::envelope, message::DateSource::received,
                                message::DateSource::header};
  message::DateOrder order;
  if (text == "auto") return order;
  for (const std::string& word : split_list(text)) {
    const auto* const source =
        std::find_if(kSources.begin(), kSources.end(),
                     [&](message::DateSource each) { return date_source_name(each) == word; });
    if (source == kSources.end() || std::find(order.begin(), order.end(), *source) != order.end()) {
      return bad_value("internaldate", "auto, or an order such as from,received,date");
    }
    order.push_back(*source);
  }
  return order;
}

Result<std::uint8_t> read_flags(const std::string& text) {
  struct Named {
    const char* name;
    message::Flag flag;
  };
  constexpr std::array<Named, 4> kNames{{{"seen", message::kSeen},
                                         {"answered", message::kAnswered},
                                         {"flagged", message::kFlagged},
                                         {"draft", message::kDraft}}};
  unsigned flags = 0;
  if (text == "none") return std::uint8_t{0};
  for (const std::string& word : split_list(text)) {
    const auto* const named = std::find_if(kNames.begin(), kNames.end(),
                                           [&](const Named& each) { return each.name == word; });
    if (named == kNames.end()) {
      return bad_value("default-flags", "none, or a list of seen, answered, flagged, draft");
    }
    flags |= named->flag;
  }
  return static_cast<std::uint8_t>(flags);
}

}  // namespace

void add_reading_options(po::options_description& group) {
  group.add_options()  //
      ("dialect", po::value<std::string>()->value_name("NAME"),
       "how lines that begin with From are quoted: auto (default), mboxo, mboxrd, mboxcl, mboxcl2 "
       "or unquoted")  //
      ("internaldate", po::value<std::string>()->value_name("ORDER"),
       "where the date of arrival is taken from: auto (default), or an order of from, received "
       "and date, with commas")  //
      ("include-expunged", flag(),
       "also messages that Mozilla programs have deleted and not yet removed")  //
      ("follow-links", flag(),
       "follow symbolic links that lead out of an archive; without it they are listed as unread")  //
      (kUnpackMemory, po::value<std::string>()->value_name("SIZE"),
       "unpack files that need up to SIZE bytes of memory for that (K, M or G may follow the "
       "number; default 134217728); others are listed as unread");
}

void add_sending_options(po::options_description& group) {
  group.add_options()  //
      ("default-flags", po::value<std::string>()->value_name("LIST"),
       "flags for an archive that keeps none: seen (default), none, or a list of seen, answered, "
       "flagged, draft")                                          //
      ("keep-deleted", flag(), "let the flag \\Deleted through")  //
      ("no-mdn-sent", flag(),
       "do not mark messages that ask for a read receipt with $MDNSent; some servers answer them "
       "then")  //
      ("strip-status-headers", flag(),
       "leave out the fields in which mbox programs keep flags (Status, X-Status, ...)");
}

Result<transfer::IndexOptions> read_index_options(const Options& options) {
  transfer::IndexOptions index;
  if (const auto name = options.get<std::string>("dialect")) {
    const auto dialect =
        *name == "auto" ? std::optional(mbox::Dialect::automatic) : mbox::dialect_from_name(*name);
    if (!dialect) return bad_value("dialect", "auto, mboxo, mboxrd, mboxcl, mboxcl2 or unquoted");
    index.dialect = *dialect;
  }
  if (const auto order = options.get<std::string>("internaldate")) {
    MBOXFERRY_ASSIGN(index.date_order, read_date_order(*order));
  }
  if (const auto flags = options.get<std::string>("default-flags")) {
    MBOXFERRY_ASSIGN(index.default_flags, read_flags(*flags));
  }
  index.include_expunged = options.has_flag("include-expunged");
  index.keep_deleted_flag = options.has_flag("keep-deleted");
  index.mdn_sent = !options.has_flag("no-mdn-sent");
  index.strip_status_headers = options.has_flag("strip-status-headers");
  index.now = system_clock().unix_seconds();
  return index;
}

Result<archive::OpenOptions> read_open_options(const Options& options) {
  archive::OpenOptions open;
  open.follow_links = options.has_flag("follow-links");
  MBOXFERRY_ASSIGN(const std::uint64_t memory, read_amount(options, kUnpackMemory));
  constexpr std::uint64_t kLeast = 1'000'000;
  if (!options.text(kUnpackMemory).empty()) {
    if (memory < kLeast) return bad_value(kUnpackMemory, "a whole number of at least 1M");
    open.unpack_memory = memory;
  }
  return open;
}

Result<std::vector<std::string>> archives_of(const Options& options) {
  const auto archives = options.get<std::vector<std::string>>("archive");
  if (!archives || archives->empty()) {
    return Error{ErrorCode::usage, "no archive is named", "name an mbox file or a folder of them"};
  }
  return *archives;
}

}  // namespace mboxferry::cli
