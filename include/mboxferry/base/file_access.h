// SPDX-License-Identifier: Apache-2.0
// Who may read and change a file.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry {

/// True when a regular file of this mode and owner can be read by others: the group too, if the
/// file is the caller's own, who can change that (docs/decisions/0024-batch.md).
bool others_can_read(mode_t mode, uid_t owner);

/// True when someone other than this user and root can change this file, or the entries of this
/// folder, by its owner or permissions. A group that has no member but this user does not count.
bool others_can_write(const struct stat& status);

/// Fails with `configuration` when a regular file can be changed by others; `what` names its kind
/// in the error ("password file"). Pipes and devices pass: they hold nothing.
Result<void> refuse_writable_by_others(const struct stat& status, const std::string& what,
                                       const std::string& path);

/// The same for a file by its name; one that is not there passes.
Result<void> refuse_writable_by_others(const std::string& what, const std::string& path);

/// The same with every folder above it and above each link on the way: who can rename a folder or a
/// link can put another file in its place. A sticky folder of root's, such as /tmp, passes.
Result<void> refuse_replaceable_by_others(const std::string& what, const std::string& path);

/// Fails with `configuration` when a link of another user (not root) is on the way to the folder of
/// `path`: its owner can lead it elsewhere at any time.
Result<void> refuse_links_of_others(const std::string& path);

/// Fails with `configuration` when others can put files into this folder of state; `shared_is_fine`
/// lets a sticky folder of root's pass, in which no one can replace another user's files.
Result<void> check_state_folder(const std::string& folder, bool shared_is_fine);

/// Fails with `configuration` unless the database of state is a regular file of this user, with no
/// permissions for others, or is not there yet, and so are the files that SQLite puts beside it;
/// and unless its folder is safe. A link is refused, too.
Result<void> check_state_file(const std::string& path);

/// Makes an empty file durable that only this user can read and write, or leaves the one that is
/// there. Fails with `cannot_create` or, on a full disk, `io`; `what` names its kind ("journal"),
/// `option` says where.
Result<void> create_private_file(const std::string& what, const std::string& path,
                                 const std::string& option);

}  // namespace mboxferry
