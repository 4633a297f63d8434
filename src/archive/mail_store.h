// SPDX-License-Identifier: Apache-2.0
// Files in which mail programs keep whole mailboxes, and that are not read.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry::archive {

/// What a file of this name with these first bytes is and how its mail is had; empty when it is
/// none of those that are known. Databases that only repeat what other files hold are none.
std::string mail_store(std::string_view name, std::string_view head);

/// True for the name of what Outlook for Mac exports, which is a zip archive.
bool is_outlook_mac_archive(std::string_view name);
/// Why a file at `path` of what Outlook for Mac exports (.olm) is not read; empty for other files.
std::string outlook_mac_message(std::string_view path);
/// True for an attachment of such a message, which may be mail itself.
bool is_outlook_mac_attachment(std::string_view path);
inline constexpr std::string_view kOutlookMacAttachment =
    "attachment of a message of Outlook for Mac";

}  // namespace mboxferry::archive
