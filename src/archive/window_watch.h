// SPDX-License-Identifier: Apache-2.0
// How much memory packed bytes ask for, by their headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::archive {

/// Formats whose headers choose how much memory unpacking takes.
enum class WindowFormat : std::uint8_t {
  xz,
  zstd,
  lzma,
  lzip,
  zip_lzma,  ///< method 14 of a zip archive
  zip_xz,    ///< method 95
  zip_ppmd,  ///< method 98
};

/// By the first bytes of a file; nothing for formats that take little memory.
std::optional<WindowFormat> window_format(std::string_view head);
/// By what libarchive calls the present member of a zip archive: "ZIP 6.3 (lzma)".
std::optional<WindowFormat> zip_window_format(std::string_view format_name);

/// The most memory that the library unpacks this format with, whatever is allowed.
std::uint64_t library_limit(WindowFormat format);

/// Follows the frames of packed bytes from header to header: every block of an xz file and every
/// frame of a Zstandard file has one of its own. The other formats have only one, or do not say
/// where the next one is. Bytes that are no such frame end the watch, and are for the library to
/// refuse. Constant memory.
class WindowWatch {
 public:
  explicit WindowWatch(WindowFormat format);

  /// Takes the next bytes; the most that any header up to now has asked for.
  std::uint64_t feed(std::string_view bytes);

 private:
  enum class State : std::uint8_t {
    done,
    lzma,
    lzip,
    lzip_data,
    zip_lzma,
    zip_ppmd,
    zstd_magic,
    zstd_frame,
    zstd_block,
    xz_stream,
    xz_block,
    xz_chunk,
    xz_index,
    xz_padding,
  };

  void step();
  void step_lzip();
  void search_lzip(std::string_view bytes);
  void step_zstd_magic();
  void step_zstd_frame();
  void step_zstd_block();
  void step_xz_stream();
  void step_xz_block();
  void read_xz_filters();
  void step_xz_chunk();
  void step_xz_index();
  void step_xz_padding();
  void ask(std::uint64_t bytes) { needed_ = bytes > needed_ ? bytes : needed_; }
  /// Passes over `skip` bytes and then collects the first `want` for `state`.
  void go(State state, std::size_t want, std::uint64_t skip = 0);
  [[nodiscard]] unsigned byte(std::size_t at) const {
    return static_cast<unsigned char>(header_[at]);
  }
  [[nodiscard]] std::uint64_t number(std::size_t at, std::size_t size) const;

  State state_ = State::done;
  bool one_stream_ = false;  // what follows the first stream is not read
  std::string header_;
  std::size_t want_ = 0;
  std::uint64_t skip_ = 0;
  std::uint64_t needed_ = 0;
  std::uint64_t member_bytes_ = 0;  // of the present lzip member, up to the end of header_
  bool has_checksum_ = false;       // of a Zstandard frame
  std::size_t check_size_ = 0;      // of an xz stream
  std::uint64_t block_bytes_ = 0;   // of the present xz block's data
  std::uint64_t index_bytes_ = 0;   // of the present xz index
  std::uint64_t index_values_ = 0;  // that are still to come; the first is how many there are
  std::uint64_t index_count_ = 0;
  unsigned index_shift_ = 0;
  bool index_counted_ = false;
};

/// The error for `name`, which needs `needed` bytes of memory and is allowed `most`.
Error needs_memory(const std::string& name, std::uint64_t needed, std::uint64_t most,
                   std::uint64_t of_library);

}  // namespace mboxferry::archive
