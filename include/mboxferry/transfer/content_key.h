// SPDX-License-Identifier: Apache-2.0
// What a journal's digests are made with.
#pragma once

#include "mboxferry/journal/journal.h"
#include "mboxferry/message/gmac.h"

namespace mboxferry::transfer {

struct ContentKey {
  message::MacKey mac{};
  /// Labels, accounts and numbers of mail programs are left out, too. Journals of before format 6
  /// have them in their digests, and keep to that.
  bool without_marks = true;
};

Result<ContentKey> content_key(const journal::Journal& journal);

}  // namespace mboxferry::transfer
