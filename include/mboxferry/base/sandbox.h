// SPDX-License-Identifier: Apache-2.0
// Confines this process to the files that it needs (Linux Landlock).
#pragma once

#include <string>
#include <vector>

namespace mboxferry {

/// What the process may still do once it is confined. Names that do not exist are passed over; a
/// link stands for what it leads to, and a folder for everything below it.
struct SandboxRights {
  std::vector<std::string> readable;  ///< files and folders
  std::vector<std::string> writable;  ///< files and devices that exist; they may be read as well
  std::vector<std::string>
      workplaces;  ///< folders in which files are read, made, replaced, removed
  bool reads_everything = false;
  bool uses_network = true;  ///< false: no TCP, where the kernel can refuse it
};

/// The kernel's version of Landlock, or 0 without it.
int landlock_version();

/// Confines the calling thread and those that it starts, for good: to be called before others are
/// started. Nothing can be executed any more, and no folder, link, device or pipe be made. Files
/// that are open stay open. Returns false, and changes nothing that matters, where the kernel
/// cannot do it.
bool enter_sandbox(const SandboxRights& rights);

/// Adds what the C library, OpenSSL and SQLite may read while they work (name look-up,
/// certificates, time zones, character sets), the terminal, and the folders for temporary files.
void add_system_rights(SandboxRights& rights);

/// Adds the folder of a file that is read, because a program may put another in its place; of a
/// folder only itself.
void add_input(SandboxRights& rights, const std::string& path);

/// Adds the folder of a file that is going to be written or replaced; of a pipe or device only
/// itself.
void add_output(SandboxRights& rights, const std::string& path);

}  // namespace mboxferry
