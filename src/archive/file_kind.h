// SPDX-License-Identifier: Apache-2.0
// What a file is, told by its first bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/byte_source.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

class OpenFile;

/// How much of a file is looked at.
inline constexpr std::size_t kHeadBytes = 4096;

/// True for the first bytes of what unpack() makes plain: gzip, bzip2, xz, Zstandard, lz4, lzip,
/// lzma and compress files, text in UTF-16, MMDF.
bool is_compressed(std::string_view head);
/// True for a Zstandard frame that holds no data.
bool is_skippable_frame(std::string_view head);

/// Containers that are read.
enum class ContainerFormat { zip, tar };

/// A tar archive is known by its checksum (POSIX.1-1988 section 10.1.1), also without a magic.
std::optional<ContainerFormat> container_format(std::string_view head);

/// "a zip archive" and so on for containers, databases, encrypted files, and what is packed still
/// when unpack() has done its work; empty for everything else.
std::string_view container_name(std::string_view head);

/// What makes such a file one that can be read ("convert it with readpst"); empty when nothing
/// special is known.
std::string_view container_remedy(std::string_view head);
/// Why a file with a container_name() is not read, in a tree or container.
std::string not_unpacked(std::string_view head);
/// "NAME, not read: REMEDY".
std::string not_read_because(std::string_view name, std::string_view remedy);

/// True when the bytes begin with a From_ line, maybe behind a BOM, empty lines or a stray `>`.
bool looks_like_mbox(std::string_view head);

/// True for a file of a tree that is worth splitting although it does not begin like an mbox: its
/// name says so, a From_ line comes later, or it begins with the zeros that a crash leaves.
bool may_be_damaged_mbox(std::string_view name, std::string_view head);

/// True when the bytes begin with a header field (RFC 5322 section 2.2) or a From_ line, maybe
/// behind a BOM or empty lines.
bool looks_like_message(std::string_view head);

/// True for a line that has the form of a header field.
bool begins_with_field(std::string_view line);

/// The bytes of `head` before the message: a BOM, empty lines, a From_ line.
std::size_t bytes_before_message(std::string_view head);

/// True when `head` begins with a From_ line, maybe behind a BOM or empty lines.
bool has_from_line(std::string_view head);

/// The first bytes of a source, at most kHeadBytes.
Result<std::string> read_head(ByteSource& source);
Result<std::string> read_head(const OpenFile& file);

}  // namespace mboxferry::archive
