// SPDX-License-Identifier: Apache-2.0
// Fuzz target: lists of other programs. The first byte chooses the format. Places are right,
// reasons are given, and what is imported is a list of ours without a mistake.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mboxferry/policy/import.h"
#include "mboxferry/policy/sender_lists.h"
#include "mboxferry/sieve/import.h"

namespace {

using namespace mboxferry;
using namespace mboxferry::policy;

void require(bool condition) {
  if (!condition) std::abort();
}

void import_as(unsigned format, std::string_view text, ImportResult& result) {
  switch (format % 5) {
    case 0:
      return import_spamassassin(text, "list", {}, result);
    case 1:
      return import_map(text, EntryKind::allow, result);
    case 2:
      return import_postfix(text, result);
    case 3:
      return import_gmail(text, result);
    default:
      return sieve::import_script(text, result);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  static_cast<void>(guess_format(text));
  ImportResult result;
  import_as(data[0], text, result);
  // In XML, a CR ends a line as well.
  const auto lines = static_cast<std::uint64_t>(std::count_if(
                         text.begin(), text.end(), [](char c) { return c == '\n' || c == '\r'; })) +
                     1;
  for (const ImportedEntry& entry : result.entries())
    require(entry.line > 0 && entry.line <= lines && !entry.pattern.empty());
  for (const NotImported& one : result.not_imported())
    require(one.line > 0 && one.line <= lines && !one.reason.empty());
  const std::string list = list_text(result.entries());
  // A local part may begin as a comment or a section does.
  if (list.find("\n#") != std::string::npos || list.find("\xEF\xBB\xBF") != std::string::npos)
    return 0;
  ListBuilder builder({});
  builder.add_text(list, {"list", ListScope::account, EntryKind::block});
  require(builder.finish().mistakes.empty());
  return 0;
}
