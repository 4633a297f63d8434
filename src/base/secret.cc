// SPDX-License-Identifier: Apache-2.0
// Pages for passwords.
#include "mboxferry/base/secret.h"

#include <string.h>  // NOLINT: explicit_bzero is here
#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <new>

namespace mboxferry {

class Secret::Page {
 public:
  explicit Page(std::string_view bytes) : size_(bytes.size()) {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    usable_ = (size_ + page - 1) / page * page;
    whole_ = usable_ + 2 * page;
    void* const memory = ::mmap(nullptr, whole_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<char*>(memory) + page;
    guard_ = static_cast<char*>(memory);
    if (::mprotect(begin_, usable_, PROT_READ | PROT_WRITE) != 0) {
      ::munmap(guard_, whole_);
      throw std::bad_alloc();
    }
    // Limits of the system may forbid either, and the login goes on.
    ::mlock(begin_, usable_);
    ::madvise(begin_, usable_, MADV_DONTDUMP);
    std::memcpy(begin_, bytes.data(), size_);
    ::mprotect(begin_, usable_, PROT_READ);
  }
  Page(const Page&) = delete;
  Page& operator=(const Page&) = delete;
  ~Page() {
    if (::mprotect(begin_, usable_, PROT_READ | PROT_WRITE) == 0) ::explicit_bzero(begin_, usable_);
    ::munmap(guard_, whole_);
  }

  [[nodiscard]] std::string_view bytes() const { return {begin_, size_}; }

 private:
  std::size_t size_;
  std::size_t usable_;
  std::size_t whole_;
  char* begin_;
  char* guard_;
};

Secret::Secret(std::string&& bytes) {
  if (!bytes.empty()) page_ = std::make_shared<const Page>(bytes);
  bytes.resize(bytes.capacity());
  ::explicit_bzero(bytes.data(), bytes.size());
}

std::string_view Secret::reveal() const { return page_ ? page_->bytes() : std::string_view(); }

}  // namespace mboxferry
