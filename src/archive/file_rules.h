// SPDX-License-Identifier: Apache-2.0
// What file names say about mail.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::archive {

/// The last segment of a path.
std::string_view base_name(std::string_view path);

/// What is before the last segment; empty when that is the only one.
std::string parent_path(const std::string& path);

/// The last segment, also of "a/b/" and for "." the name of the directory itself.
std::string last_segment(const std::string& path);

/// `relative` below `directory`; either may be empty.
std::string join_path(const std::string& directory, std::string_view relative);
/// The names of a path with a slash between them.
std::string joined(const std::vector<std::string>& segments);

/// True when there is something before the suffix.
bool ends_with_ignoring_case(std::string_view name, std::string_view suffix);

/// Why a file of this name is no mail ("index file of Thunderbird"); empty when it can be. One that
/// begins like mail is mail, unless is_left_over_name().
std::string_view index_file_reason(std::string_view name);
/// The same for an index file with read marks that are in no other place; empty for other names.
std::string_view index_file_with_marks(std::string_view name);
/// True for the name of a file that is never mail, whatever its bytes are: programs keep copies of
/// mail in it.
bool is_left_over_name(std::string_view name);

/// What a file of this name that is no mail itself says about mail beside it ("labels of Got Your
/// Back, not read"); empty for other names.
std::string_view metadata_reason(std::string_view name);
/// The same for a file without a byte.
std::string_view metadata_reason_of_empty(std::string_view name);

/// True for "x.partial.emlx", whose attachments Apple Mail keeps in other files.
bool is_partial_name(std::string_view name);
/// Why such a message is not read as a whole.
inline constexpr std::string_view kPartialReason =
    "its attachments are in other files and are not put back";
inline constexpr std::string_view kPartialInContainer =
    "its attachments are in other files; unpack the archive and name the folder, and they are put"
    " back";

/// True when a file of this name may be an mbox file though its bytes do not show it.
bool can_be_mbox(std::string_view name);
/// The same of a file without a byte, which is a folder without mail, unless its name is one that
/// other files have.
bool can_be_empty_mbox(std::string_view name);

/// True for the name that a browser gives a download that has not ended, and for a file in the
/// directory that Safari makes for one: "x.mbox.download/x.mbox".
bool is_unfinished_download(std::string_view path);
inline constexpr std::string_view kUnfinishedDownload =
    "its name is that of a download that has not ended: what is behind its end is missing";

/// True for "x.eml", for "x.eml.txt", as mail filters rename it, and for "x.cnm", new mail of
/// Pegasus Mail, in whatever case.
bool is_eml_name(std::string_view name);
/// True for "x.emlx" and "x.partial.emlx".
bool is_emlx_name(std::string_view name);

/// True for the directory of a mailbox of Apple Mail: "x.mbox", and of older versions "x.imapmbox".
bool is_apple_package(std::string_view name);
/// `name` without the ending of such a directory.
std::string_view without_package_suffix(std::string_view name);

/// Orders names with their numbers as numbers: byte order of the keys.
std::string natural_order_key(std::string_view name);

/// `name` without the endings of compressed and container files, of which ".tar.gz" is one.
std::string_view without_packing_suffix(std::string_view name);

/// Path segments without empty ones, "." and "..", joined by slashes: the name of a member as a
/// relative path.
std::string plain_path(std::string_view member);

}  // namespace mboxferry::archive
