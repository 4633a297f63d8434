// SPDX-License-Identifier: Apache-2.0
// gzip and zip in memory, within bounds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::dmarc {

bool is_gzip(std::string_view bytes);
bool is_zip(std::string_view bytes);
/// The name of another packed form, such as "bzip2"; empty: it is none.
std::string_view other_packed_form(std::string_view bytes);

/// How unpacking ended. What came out before an end that is not `whole` is there.
enum class Unpacked { whole, damaged, too_large };

/// A member of a zip archive. The views are into the archive.
struct ZipMember {
  std::string_view name;
  std::string_view packed;
  std::uint32_t crc = 0;
  std::uint16_t method = 0;
  bool is_encrypted = false;
  bool is_whole = true;  ///< false: its bytes are not all there
};

/// zlib, its memory kept for the next stream. One thread at a time.
class Inflater {
 public:
  Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater();

  /// Unpacks all members of a gzip stream into `out`, at most `most` bytes.
  Unpacked gzip(std::string_view packed, std::size_t most, std::string& out);
  /// Unpacks a deflated member.
  Unpacked member(const ZipMember& member, std::size_t most, std::string& out);

 private:
  struct Stream;
  /// `expected`: how much is likely to come out.
  Unpacked run(std::string_view& packed, std::size_t expected, std::size_t most, std::string& out);

  std::unique_ptr<Stream> stream_;
};

/// The members by the directory at the archive's end, at most `most`, folders left out; what stands
/// `in_front` of the archive. False when there is no directory, or it is damaged behind the members
/// that were found, or has none where there are some.
bool read_zip(std::string_view archive, std::size_t most, std::vector<ZipMember>& members,
              std::string_view& in_front);

}  // namespace mboxferry::dmarc
