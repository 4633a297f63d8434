// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a file beside the mail.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "archive/gyb_database.h"
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

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto note = parse_gmvault_note(text)) check_note(*note);
  if (const auto note = parse_proton_note(text)) check_note(*note);
  if (const auto names = parse_proton_labels(text)) {
    for (const auto& [id, name] : *names) require_sound(!id.empty() && is_utf8(name));
  }
  parse_stored_date(text);
  if (!text.starts_with("SQLite")) return 0;
  auto file = TemporaryFile::create();
  if (!file || !file->append({text.data(), text.size()})) return 0;
  const auto read =
      read_gyb_database(*file, [](const std::string&, const SideNote& note) -> Result<void> {
        check_note(note);
        return ok();
      });
  require_sound(read.has_value());
  return 0;
}
