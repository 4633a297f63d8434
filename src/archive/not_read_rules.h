// SPDX-License-Identifier: Apache-2.0
// Whether what is not read may be mail, and why it is not read.
#pragma once

#include <string>
#include <string_view>

#include "mboxferry/archive/not_read.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Of a file that does not begin like mail: unread when it has the header of a message, in
/// whatever place or form.
NotReadKind kind_of_unknown(std::string_view head);

/// The same by its name too: what is called mail is, whatever its bytes are, and so is what is
/// called like a packed file or a database of mail and begins like none. Of a file that was
/// unpacked, the name without what says so.
NotReadKind kind_of_unknown(std::string_view name, std::string_view head);

/// Why such a file is not read.
std::string_view reason_of_unknown(std::string_view name);

/// Of a container or database that is not looked into, by its name and first bytes: programs keep
/// their extensions, documents and caches in such files too.
NotReadKind kind_of_packed(std::string_view name, std::string_view head);

/// Of a file whose bytes could not be had, by its name.
NotReadKind kind_of_unreadable(std::string_view name);

/// Of a pipe, socket or device, by its name.
NotReadKind kind_of_no_file(std::string_view name);

/// True for the name of a symbolic link that mail programs and editors make as a lock; it leads to
/// no file on purpose.
bool is_lock_link(std::string_view name);

/// "cannot be opened: Permission denied".
std::string not_opened(int error_number);

/// True when an error is that of one file, and others may be read all the same.
bool is_trouble_of_one_file(const Error& error);
/// Such an error without the file's name, which is told beside it.
std::string trouble_text(const Error& error, const std::string& path);

/// Why a member of a tar archive is not read that has no kind and goes on from another one.
inline constexpr std::string_view kOtherVolume =
    "the rest of a file that begins in another volume of the archive; unpack all volumes with"
    " tar -xM, and name the directory that comes out";

}  // namespace mboxferry::archive
