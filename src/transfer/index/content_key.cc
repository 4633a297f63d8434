// SPDX-License-Identifier: Apache-2.0
// The key, and the note beside it.
#include "mboxferry/transfer/content_key.h"

namespace mboxferry::transfer {

Result<ContentKey> content_key(const journal::Journal& journal) {
  ContentKey key;
  MBOXFERRY_ASSIGN(key.mac, journal.digest_key());
  MBOXFERRY_ASSIGN(const auto note, journal.note(journal::kDigestsWithoutMarksNote));
  key.without_marks = note.has_value();
  return key;
}

}  // namespace mboxferry::transfer
