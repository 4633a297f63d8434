// SPDX-License-Identifier: Apache-2.0
// Where in a file a zip archive lies, by the record at its end.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "archive/input_stream.h"
#include "archive/open_file.h"
#include "archive/tree_root.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// How many bytes of `file` lie before the zip archive at its end: another archive when two were
/// joined, or the program of one that unpacks itself. Nothing when `file` does not end with a zip
/// archive, or its directory is not where it says.
Result<std::optional<std::uint64_t>> bytes_before_zip(const OpenFile& file);

/// The same of a stream, which is read to its end, without saying where.
Result<bool> ends_with_zip(InputStream& stream);

inline constexpr std::string_view kZipBehindProgram = "a zip archive behind a program";
inline constexpr std::string_view kZipBehindProgramRemedy = "unpack it with unzip";

inline constexpr std::string_view kLastZipPart = "the last part of a split zip archive";
inline constexpr std::string_view kLastZipPartRemedy =
    "join its parts with zip -s 0 NAME.zip --out whole.zip";
/// Whether the file at `path` below `root`, which may be null, says so at its end.
Result<bool> is_last_zip_part(const std::shared_ptr<const TreeRoot>& root, const std::string& path);

inline constexpr std::string_view kZipBehindMail =
    "a zip archive behind the mail: cut it off, unpack it, and name what comes out";
/// How many bytes at the end of a file of mail are a zip archive; 0 when there is none.
Result<std::uint64_t> zip_behind_mail(const std::shared_ptr<const TreeRoot>& root,
                                      const std::string& path);

/// True for the first bytes of a program or script, which a zip archive may follow.
bool may_precede_zip(std::string_view head);
/// Whether the file at `path` below `root`, which begins with `head`, is such a program with a zip
/// archive. `root` may be null.
Result<bool> is_zip_behind_program(const std::shared_ptr<const TreeRoot>& root,
                                   const std::string& path, std::string_view head);

}  // namespace mboxferry::archive
