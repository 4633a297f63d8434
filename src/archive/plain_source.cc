// SPDX-License-Identifier: Apache-2.0
// The bytes of an uncompressed file.
#include "archive/plain_source.h"

#include <fcntl.h>

#include <utility>

namespace mboxferry::archive {

PlainSource::PlainSource(OpenFile file) : file_(std::move(file)) {
  // Only advice: a file system that does not take it reads all the same.
  static_cast<void>(::posix_fadvise(file_.descriptor(), 0, 0, POSIX_FADV_SEQUENTIAL));
}

}  // namespace mboxferry::archive
