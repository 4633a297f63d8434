// SPDX-License-Identifier: Apache-2.0
// Mail that is read after its text was brought into another form.
#pragma once

#include <array>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "archive/input_stream.h"

namespace mboxferry::archive {

/// Text that another stream gives in another form.
class ConvertedStream : public InputStream {
 public:
  Result<std::size_t> read(std::span<char> buffer) final;
  [[nodiscard]] const std::string& name() const final { return packed_->name(); }

 protected:
  explicit ConvertedStream(std::unique_ptr<InputStream> packed) : packed_(std::move(packed)) {}

  std::string text_;  ///< what was converted and is not read yet

 private:
  /// Converts the next bytes to `text_`.
  virtual void take(std::string_view bytes) = 0;
  /// Nothing comes behind what was taken.
  virtual void end() = 0;
  Result<void> convert_more();

  std::unique_ptr<InputStream> packed_;
  std::array<char, 32 * 1024> input_{};
  std::size_t used_ = 0;
  bool at_end_ = false;
};

/// True when the bytes begin like ASCII text in UTF-16, with or without a byte order mark.
bool is_utf16_text(std::string_view head);
/// True when they may be UTF-16 all the same: by a mark, or by zeros in every second place.
bool may_be_utf16(std::string_view head);
/// True when the bytes begin with the line of four ^A that is around each message in MMDF.
bool is_mmdf(std::string_view head);

/// "text in UTF-16" or "an MMDF mailbox"; empty for everything else.
std::string_view conversion_name(std::string_view head);

/// For unpack(): `packed` as UTF-8. Unpaired surrogates become U+FFFD.
std::unique_ptr<InputStream> utf16_to_utf8(std::unique_ptr<InputStream> packed, bool little_endian);
/// True when is_utf16_text() and the low byte comes first.
bool is_little_endian(std::string_view head);
/// For unpack(): an MMDF mailbox as mbox. Lines of bodies that would separate get one more `>`,
/// which reading an mbox takes off again.
std::unique_ptr<InputStream> mmdf_to_mbox(std::unique_ptr<InputStream> packed);

}  // namespace mboxferry::archive
