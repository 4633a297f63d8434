// SPDX-License-Identifier: Apache-2.0
// By name, then by size, then by content.
#include "transfer/named_copies.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <string_view>

#include "mboxferry/archive/archive.h"
#include "mboxferry/archive/copy_names.h"
#include "mboxferry/base/file.h"

namespace mboxferry::transfer {
namespace {

constexpr std::size_t kComparedAtOnce = std::size_t{1} << 16;

/// A regular file, to be read from its beginning; none for all else, which may have no end.
class PlainFile {
 public:
  explicit PlainFile(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    is_plain_ = fd_.valid() && ::fstat(fd_.get(), &status_) == 0 && S_ISREG(status_.st_mode);
  }

  [[nodiscard]] bool is_plain() const { return is_plain_; }
  [[nodiscard]] bool may_equal(const PlainFile& other) const {
    return is_plain_ && other.is_plain_ && status_.st_size == other.status_.st_size;
  }
  /// The next bytes; empty at the end. False where they cannot be read.
  bool next(std::string_view& bytes) {
    std::size_t size = 0;
    while (size < piece_.size()) {
      const ssize_t got = ::read(fd_.get(), piece_.data() + size, piece_.size() - size);
      if (got < 0) return false;
      if (got == 0) break;
      size += static_cast<std::size_t>(got);
    }
    bytes = {piece_.data(), size};
    return true;
  }

 private:
  FileDescriptor fd_;
  struct stat status_ {};
  bool is_plain_ = false;
  std::array<char, kComparedAtOnce> piece_;
};

bool have_same_bytes(const std::string& one, const std::string& other) {
  PlainFile first(one);
  PlainFile second(other);
  if (!first.may_equal(second)) return false;
  for (;;) {
    std::string_view left;
    std::string_view right;
    if (!first.next(left) || !second.next(right) || left != right) return false;
    if (left.empty()) return true;
  }
}

}  // namespace

std::map<std::string, std::string> named_copies(const std::vector<std::string>& paths) {
  if (paths.size() < 2) return {};
  // Naming the first part of a download brings in the others.
  std::set<std::string> read;
  for (const std::string& path : paths)
    for (std::string& file : archive::files_of(path)) read.insert(std::move(file));
  const auto original_of = [&](const std::string& file) -> std::optional<std::string> {
    auto original = archive::without_copy_mark(file);
    const bool is_copy = original && read.contains(*original) && have_same_bytes(file, *original);
    return is_copy ? original : std::nullopt;
  };
  std::map<std::string, std::string> copies;
  for (const std::string& path : paths) {
    const auto original = archive::without_copy_mark(path);
    if (!original || !read.contains(*original) || copies.contains(path)) continue;
    const std::vector<std::string> files = archive::files_of(path);
    const bool all_are = std::all_of(files.begin(), files.end(), [&](const std::string& file) {
      return original_of(file).has_value();
    });
    if (all_are)
      for (const std::string& file : files) copies.emplace(file, *archive::without_copy_mark(file));
  }
  return copies;
}

}  // namespace mboxferry::transfer
