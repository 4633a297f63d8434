// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a file beside the mail.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>

#include "archive/gyb_database.h"
#include "archive/mbox_marks.h"
#include "archive/side_note.h"
#include "archive/temporary_file.h"
#include "mboxferry/base/utf8.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::archive;

void require_sound(bool holds) {
  if (!holds) std::abort();
}

void check_note(const SideNote& note) {
  for (const char letter : note.info)
    require_sound(std::string_view("SRFDTP").find(letter) != std::string_view::npos);
  for (const std::string& label : note.labels) require_sound(!label.empty() && is_utf8(label));
}

/// The bytes, a few at a time.
class Bytes final : public InputStream {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}

  Result<std::size_t> read(std::span<char> buffer) override {
    constexpr std::size_t kFew = 100;
    const std::size_t got = bytes_.copy(buffer.data(), std::min(buffer.size(), kFew));
    bytes_.remove_prefix(got);
    return got;
  }
  [[nodiscard]] const std::string& name() const override { return name_; }

 private:
  std::string_view bytes_;
  const std::string name_ = "fuzz";
};

void check_marks(std::string_view text) {
  const auto table = MarkTable::create();
  if (!table) return;
  Bytes bytes(text);
  const auto read = (*table)->read("x.mbox", bytes);
  require_sound(read.has_value());
  const auto count = (*table)->count("x.mbox");
  require_sound(count && (*read || *count == 0));
  const auto marks = (*table)->at("x.mbox", 0);
  require_sound(marks.has_value());
  if (!*marks) return;
  for (const char letter : (*marks)->flags)
    require_sound(std::string_view("SRFDT").find(letter) != std::string_view::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = parse_gmvault_note(text)) check_note(*note);
  if (const auto note = parse_proton_note(text)) check_note(*note);
  if (const auto names = parse_proton_labels(text)) {
    for (const auto& [id, name] : *names) require_sound(!id.empty() && is_utf8(name));
  }
  parse_stored_date(text);
  check_marks(text);
  if (!text.starts_with("SQLite")) return 0;
  auto file = TemporaryFile::create();
  if (!file || !file->append({text.data(), text.size()})) return 0;
  const auto read = read_gyb_database(*file, text.size(),
                                      [](const std::string&, const SideNote& note) -> Result<void> {
                                        check_note(note);
                                        return ok();
                                      });
  require_sound(read.has_value());
  return 0;
}
