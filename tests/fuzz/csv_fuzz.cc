// SPDX-License-Identifier: Apache-2.0
// Accounts files: rows end, places are right, and a row that is read again is the same.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "mboxferry/job/accounts.h"

using namespace mboxferry;
using namespace mboxferry::job;

namespace {

/// A file in memory, by the name of its descriptor.
class MemoryFile {
 public:
  MemoryFile(const std::uint8_t* data, std::size_t size) : descriptor_(::memfd_create("csv", 0)) {
    if (descriptor_ < 0 || ::write(descriptor_, data, size) != static_cast<ssize_t>(size))
      std::abort();
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { ::close(descriptor_); }
  [[nodiscard]] std::string path() const { return "/proc/self/fd/" + std::to_string(descriptor_); }

 private:
  int descriptor_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const MemoryFile memory(data, size);
  const std::vector<std::string> options{"host", "port", "user", "mailbox"};
  auto file = AccountsFile::open(memory.path(), options);
  if (!file) return 0;
  std::uint64_t line = file->header_line();
  std::vector<AccountRow> rows;
  for (;;) {
    auto row = file->next();
    if (!row) std::abort();
    if (!*row) break;
    if ((*row)->line <= line || (*row)->offset >= size) std::abort();
    line = (*row)->line;
    if (rows.size() < 8) rows.push_back(std::move(**row));
  }
  for (const AccountRow& row : rows) {
    const auto again = file->at(row.line, row.offset);
    if (!again || again->values != row.values || again->problem != row.problem) std::abort();
  }
  return 0;
}
