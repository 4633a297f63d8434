// SPDX-License-Identifier: Apache-2.0
// The members of one zip or tar archive, from front to back.
#pragma once

#include <archive_entry.h>
#include <locale.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "archive/code_page.h"
#include "archive/file_kind.h"
#include "archive/input_stream.h"
#include "archive/libarchive_input.h"
#include "archive/zip_account.h"
#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

namespace mboxferry::archive {

struct Entry {
  enum class Type { file, directory, hard_link, symbolic_link, other };

  std::string name;  ///< as it is written; a label, never a path to open
  std::string unmarked_name;  ///< its bytes when it was taken for text in a code page, else empty
  Type type = Type::file;
  std::string target;  ///< of a link: a member's name, or what a symbolic link says
  bool encrypted = false;
  std::optional<std::uint64_t> size;     ///< unpacked; not always known beforehand
  std::optional<std::int64_t> modified;  ///< seconds since 1970
};

/// Names in a zip archive that are not UTF-8 are taken for text in a code page. A zip archive in a
/// FileStream is read by its directory, so that passing over members is cheap; one in another
/// stream, or without a directory at its end, is read as it comes.
class EntryReader {
 public:
  static Result<std::unique_ptr<EntryReader>> open(std::unique_ptr<InputStream> stream,
                                                   ContainerFormat format,
                                                   std::shared_ptr<UnpackMeter> meter,
                                                   CodePage code_page);

  /// Goes to the next member; false behind the last.
  Result<bool> next();
  [[nodiscard]] const Entry& entry() const { return entry_; }
  /// True when next() has passed over something that is no member; asked once.
  bool take_passed_damage() { return std::exchange(passed_damage_, false); }
  /// Behind the last member: true when the blocks that end a tar archive are missing.
  [[nodiscard]] bool lacks_end() const;
  /// Behind the last member of a zip archive that is read as it comes: what no member leads to.
  std::vector<ZipRemark> take_remarks() { return std::exchange(remarks_, {}); }
  [[nodiscard]] bool is_tar() const { return !code_page_; }
  /// Counts from 1; 0 before the first next().
  [[nodiscard]] std::uint64_t number() const { return number_; }
  /// The next bytes of the member; 0 at its end.
  Result<std::size_t> read(std::span<char> buffer);
  /// For messages: the archive and the member.
  [[nodiscard]] const std::string& member_name() const { return member_name_; }

 private:
  EntryReader(std::unique_ptr<InputStream> stream, std::shared_ptr<UnpackMeter> meter,
              std::optional<CodePage> code_page);
  Result<void> start(ContainerFormat format, bool seekable);
  Result<void> account_for_end();
  void look_at_packing();
  [[nodiscard]] Error failure(const std::string& name, std::uint64_t unpacked) const;

  RememberingStream* remembered_ = nullptr;  // what input_ reads, of a zip archive that is streamed
  std::vector<ZipRemark> remarks_;
  LibarchiveInput input_;
  UnpackCounter counter_;
  std::optional<CodePage> code_page_;
  // Made once: for each member anew it would be read from its file each time.
  Handle<std::remove_pointer_t<locale_t>, ::freelocale> locale_;
  Entry entry_;
  std::string member_name_;
  std::uint64_t number_ = 0;
  std::uint64_t member_read_ = 0;
  bool passed_damage_ = false;
  std::optional<Error> refused_;  // why the present member is not unpacked
};

}  // namespace mboxferry::archive
