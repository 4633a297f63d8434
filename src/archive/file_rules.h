// SPDX-License-Identifier: Apache-2.0
// What file names say about mail.
#pragma once

#include <string>
#include <string_view>

namespace mboxferry::archive {

/// The last segment of a path.
std::string_view base_name(std::string_view path);

/// The last segment, also of "a/b/" and for "." the name of the directory itself.
std::string last_segment(const std::string& path);

/// Why a file of this name is never mail ("index file of Thunderbird"); empty when it can be.
std::string_view index_file_reason(std::string_view name);

/// True when a file of this name may hold mail though its bytes do not show it.
bool can_be_mail(std::string_view name);

/// `name` without the endings of compressed and container files, of which ".tar.gz" is one.
std::string_view without_packing_suffix(std::string_view name);

/// Path segments without empty ones, "." and "..", joined by slashes: the name of a member as a
/// relative path.
std::string plain_path(std::string_view member);

}  // namespace mboxferry::archive
