// SPDX-License-Identifier: Apache-2.0
// In which code page the names of a zip archive are.
#include "archive/zip_names.h"

#include <array>

#include "archive/file_kind.h"
#include "archive/member_walker.h"

namespace mboxferry::archive {

// A zip archive's names are in its directory, so that walking through them costs little. Whatever
// is wrong with it shows again when it is read.
CodePageGuess guess_code_page(const std::shared_ptr<const OpenFile>& file, const Limits& limits) {
  CodePageGuess guess;
  std::array<char, 4> head{};
  const auto got = file->read_at(0, head);
  if (!got || container_format({head.data(), *got}) != ContainerFormat::zip) return guess;
  const auto walker = MemberWalker::open(file, limits);
  if (!walker) return guess;
  for (auto more = (*walker)->next(); more && *more; more = (*walker)->next())
    guess.add((*walker)->entry().unmarked_name);
  return guess;
}

}  // namespace mboxferry::archive
