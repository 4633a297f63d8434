// SPDX-License-Identifier: Apache-2.0
// Magic bytes.
#include "archive/file_kind.h"

#include <array>
#include <bit>
#include <span>

#include "archive/encrypted_kind.h"
#include "archive/open_file.h"
#include "archive/text_conversion.h"

namespace mboxferry::archive {
namespace {

using namespace std::string_view_literals;

constexpr std::array<std::string_view, 7> kCompressed{
    "\x1f\x8b"sv,         "BZh"sv,  "\xfd\x37zXZ\0"sv, "\x28\xb5\x2f\xfd"sv,
    "\x04\x22\x4d\x18"sv, "LZIP"sv, "\x1f\x9d"sv};

struct Magic {
  std::string_view bytes;
  std::string_view name;
  std::string_view remedy;
};
constexpr std::array<Magic, 22> kMagics{{
    {"PK\x03\x04"sv, "a zip archive"sv, {}},
    {"PK\x05\x06"sv, "an empty zip archive"sv, {}},
    {"PK\x07\x08"sv, "a part of a split zip archive"sv,
     "join its parts with zip -s 0 NAME.zip --out whole.zip"sv},
    {"7z\xbc\xaf\x27\x1c"sv, "a 7z archive"sv, {}},
    {"Rar!\x1a\x07"sv, "a rar archive"sv, {}},
    {"070701"sv, "a cpio archive"sv, "unpack it with cpio -i"sv},
    {"070702"sv, "a cpio archive"sv, "unpack it with cpio -i"sv},
    {"070707"sv, "a cpio archive"sv, "unpack it with cpio -i"sv},
    {"\xc7\x71"sv, "a cpio archive"sv, "unpack it with cpio -i"sv},
    {"\x89LZO\0\r\n\x1a\n"sv, "an lzop file"sv, "unpack it with lzop -d"sv},
    {"\x02\x21\x4c\x18"sv, "an lz4 file of the old format"sv, "unpack it with lz4 -d"sv},
    {"LRZI"sv, "an lrzip file"sv, "unpack it with lrunzip"sv},
    {"\x60\xea"sv, "an ARJ archive"sv, "unpack it with arj x"sv},
    {"SIT!"sv, "a StuffIt archive"sv, "unpack it with unar"sv},
    {"StuffIt (c)"sv, "a StuffIt archive"sv, "unpack it with unar"sv},
    {"(This file must be converted with BinHex"sv, "a BinHex file"sv, "unpack it with unar"sv},
    {"!BDN"sv, "an Outlook data file"sv, "convert it with readpst"sv},
    {"SQLite format 3\0"sv, "an SQLite database"sv, {}},
    {"*mbx*\r\n"sv, "an MBX mailbox of UW-IMAP"sv, "convert it with mailutil or dsync"sv},
    {"BABYL OPTIONS:"sv, "a Babyl file of Rmail"sv, "convert it with unrmail of Emacs"sv},
    {"\xcf\xad\x12\xfe"sv, "an Outlook Express folder (.dbx)"sv,
     "convert it with undbx or readdbx"sv},
    {"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"sv, "an Outlook message (.msg) or another file of Office"sv,
     "convert it with msgconvert"sv},
}};

// The frame that pzstd writes before each of its own, among others (RFC 8878 section 3.1.2).
constexpr std::string_view kSkippable = "\x2a\x4d\x18"sv;

// The format of xz's predecessor has no magic: usual properties, and a dictionary of up to 64 MiB,
// or a larger one of a usual size before a size that is not known or likely.
bool is_lzma(std::string_view head) {
  constexpr std::size_t kHeader = 13;
  if (!head.starts_with("\x5d\0\0"sv) || head.size() <= 5) return false;
  const auto high = static_cast<unsigned char>(head[4]);
  if (high <= 4 || head.size() < kHeader) return high <= 4 && (head[3] != '\0' || high != 0);
  const bool usual =
      head[3] == '\0' && (std::has_single_bit(high) || high == 0x06 || high == 0x0c ||
                          high == 0x18 || high == 0x30 || high == 0x60 || high == 0xc0);
  const std::string_view size = head.substr(5, 8);
  return usual && (size == "\xff\xff\xff\xff\xff\xff\xff\xff"sv || size.substr(5) == "\0\0\0"sv);
}

constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf"sv;

constexpr std::size_t kTarBlock = 512;
constexpr std::size_t kChecksumOffset = 148;
constexpr std::size_t kChecksumSize = 8;

// The octal number in a field that blanks or zero bytes may fill up.
std::optional<std::uint64_t> octal(std::string_view field) {
  while (field.starts_with(' ')) field.remove_prefix(1);
  const std::string_view digits = field.substr(0, field.find_first_not_of("01234567"));
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char digit : digits) value = value * 8 + static_cast<std::uint64_t>(digit - '0');
  return value;
}

bool is_tar(std::string_view head) {
  if (head.size() < kTarBlock || head.front() == '\0') return false;
  const auto written = octal(head.substr(kChecksumOffset, kChecksumSize));
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < kTarBlock; ++i) {
    const bool in_checksum = i >= kChecksumOffset && i < kChecksumOffset + kChecksumSize;
    sum += in_checksum ? std::uint64_t{' '} : static_cast<unsigned char>(head[i]);
  }
  return written && *written == sum;
}

// The size of a BOM and empty lines.
std::size_t blank_size(std::string_view head) {
  std::size_t size = head.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  while (size < head.size() && (head[size] == '\n' || head[size] == '\r')) ++size;
  return size;
}

Result<std::string> head_of(auto& source) {
  std::string head(kHeadBytes, '\0');
  MBOXFERRY_ASSIGN(const std::size_t size, source.read_at(0, std::span<char>(head)));
  head.resize(size);
  return head;
}

}  // namespace

bool is_compressed(std::string_view head) {
  for (const std::string_view magic : kCompressed) {
    if (head.starts_with(magic)) return true;
  }
  return is_lzma(head) || is_skippable_frame(head) || !conversion_name(head).empty();
}

bool is_skippable_frame(std::string_view head) {
  return !head.empty() && (static_cast<unsigned char>(head.front()) & 0xf0U) == 0x50U &&
         head.substr(1).starts_with(kSkippable);
}

std::optional<ContainerFormat> container_format(std::string_view head) {
  if (head.starts_with("PK\x03\x04")) return ContainerFormat::zip;
  if (is_tar(head)) return ContainerFormat::tar;
  return std::nullopt;
}

std::string_view container_remedy(std::string_view head) {
  for (const Magic& row : kMagics) {
    if (head.starts_with(row.bytes)) return row.remedy;
  }
  return encrypted_remedy(head);
}

std::string not_unpacked(std::string_view head) {
  const std::string_view remedy = container_remedy(head);
  const std::string name(container_name(head));
  return remedy.empty() ? name + ", not unpacked" : not_read_because(name, remedy);
}

std::string not_read_because(std::string_view name, std::string_view remedy) {
  return std::string(name) + ", not read: " + std::string(remedy);
}

std::string_view container_name(std::string_view head) {
  for (const Magic& row : kMagics) {
    if (head.starts_with(row.bytes)) return row.name;
  }
  if (const std::string_view encrypted = encrypted_name(head); !encrypted.empty()) return encrypted;
  if (is_compressed(head)) return "a file that is packed too often";
  constexpr std::size_t kTarMagic = 257;
  const bool tar =
      is_tar(head) || (head.size() > kTarMagic && head.substr(kTarMagic).starts_with("ustar"));
  return tar ? "a tar archive" : std::string_view();
}

bool looks_like_mbox(std::string_view head) {
  head.remove_prefix(blank_size(head));
  return head.starts_with("From ") || head.starts_with(">From ");
}

bool may_be_damaged_mbox(std::string_view name, std::string_view head) {
  if (head.empty() || !container_name(head).empty()) return false;
  const bool zeros = head.find_first_not_of('\0') == std::string_view::npos;
  return zeros || name.ends_with(".mbox") || name.ends_with(".mbx") ||
         head.find("\nFrom ") != std::string_view::npos;
}

bool begins_with_field(std::string_view line) {
  std::size_t size = 0;
  while (size < line.size() && line[size] > 32 && line[size] < 127 && line[size] != ':') ++size;
  std::string_view rest = line.substr(size);
  while (rest.starts_with(' ') || rest.starts_with('\t')) rest.remove_prefix(1);
  return size > 0 && rest.starts_with(':');
}

bool looks_like_message(std::string_view head) {
  return looks_like_mbox(head) || begins_with_field(head.substr(blank_size(head)));
}

bool has_from_line(std::string_view head) {
  const std::string_view text = head.substr(blank_size(head));
  return looks_like_mbox(text) && text.find('\n') != std::string_view::npos;
}

std::size_t bytes_before_message(std::string_view head) {
  const std::size_t blank = blank_size(head);
  return has_from_line(head) ? head.find('\n', blank) + 1 : blank;
}

Result<std::string> read_head(ByteSource& source) { return head_of(source); }

Result<std::string> read_head(const OpenFile& file) { return head_of(file); }

}  // namespace mboxferry::archive
