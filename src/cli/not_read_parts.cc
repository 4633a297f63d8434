// SPDX-License-Identifier: Apache-2.0
// Chooses among what an archive lists as not read.
#include "cli/not_read_parts.h"

namespace mboxferry::cli {

Result<void> NotReadParts::each(archive::NotReadKind kind,
                                const archive::NotReadList::Visitor& visit) const {
  return list_.each(kind, [&](const archive::NotRead& one) {
    return filter_.admits_file(one.name) ? visit(one) : ok();
  });
}

Result<archive::NotReadList::Count> NotReadParts::count(archive::NotReadKind kind) const {
  archive::NotReadList::Count count;
  MBOXFERRY_TRY(each(kind, [&](const archive::NotRead& one) {
    ++count.files;
    count.bytes += one.bytes;
    return ok();
  }));
  return count;
}

}  // namespace mboxferry::cli
