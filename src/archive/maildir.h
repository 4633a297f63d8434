// SPDX-License-Identifier: Apache-2.0
// Names in a Maildir (https://cr.yp.to/proto/maildir.html) and in Maildir++, as Courier and Dovecot
// write them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "archive/message_table.h"

namespace mboxferry::archive {

/// The record for the file `name` in `subdirectory`, which is "cur" or "new": names, order, flags.
MessageRecord maildir_record(std::string_view subdirectory, std::string_view name);

/// The name without its flags: what stays when a mail program renames the file.
std::string_view maildir_base(std::string_view name);

/// True when the name carries flags or looks like a delivery's ("1204680122.M1P2.host").
bool is_maildir_name(std::string_view name);
/// True when nothing else has such a name: with flags, or with a time of delivery in seconds.
bool is_certain_maildir_name(std::string_view name);

/// True when the name carries flags.
bool has_maildir_flags(std::string_view name);

enum class MaildirPlace { none, delivered, unfinished };
/// By the directory that the file is in: `cur` and `new`, or `tmp`.
MaildirPlace maildir_place(const std::string& path);

/// The message's size by its name (",S=1234"): of a compressed file it is not the file's.
std::optional<std::uint64_t> size_in_maildir_name(std::string_view name);

/// The folder's path for the Maildir in `directory` below the archive's root: ".Sent.2020" is
/// Sent, 2020; the root itself is INBOX. Names are decoded from modified UTF-7.
std::vector<std::string> maildir_path(std::string_view directory);

/// The keywords for the letters a to z in a file "dovecot-keywords", whose lines are "0 name".
std::array<std::string, 26> parse_dovecot_keywords(std::string_view text);

/// The file of a message whose name without flags is `stable_name`, when it is no longer where it
/// was listed: whoever reads mail moves it from `new` to `cur` and puts flags behind its name.
/// Empty when there is none.
std::string find_renamed(const std::string& directory, std::string_view stable_name);

}  // namespace mboxferry::archive
