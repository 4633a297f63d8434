// SPDX-License-Identifier: Apache-2.0
// Saved scripts to text and back.
#include "cli/saved_scripts.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "mboxferry/base/file.h"
#include "mboxferry/base/file_access.h"
#include "mboxferry/message/digest.h"

namespace mboxferry::cli {
namespace {

constexpr std::string_view kSavedHead = "mboxferry saved scripts 1\n";
constexpr std::size_t kLargestSaved = std::size_t{256} << 20U;

std::string counted_bytes(std::string_view bytes) {
  return fmt::format("{} {}\n", bytes.size(), bytes);
}

/// What counted_bytes() wrote.
std::optional<std::string> take_bytes(std::string_view& text) {
  std::size_t size = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
  if (error != std::errc()) return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  if (text.size() < 2 || text[0] != ' ' || size > text.size() - 2 || text[size + 1] != '\n')
    return std::nullopt;
  std::string bytes(text.substr(1, size));
  text.remove_prefix(size + 2);
  return bytes;
}

Error no_saved_file(const std::string& path, const std::string& why) {
  return {ErrorCode::configuration, "cannot use the saved scripts " + path + ": " + why,
          "name the state folder of the push with --state-dir"};
}

Result<std::string> read_whole(const FileDescriptor& file, const std::string& path) {
  std::string text;
  std::string buffer(std::size_t{64} << 10U, '\0');
  for (;;) {
    const ssize_t count = ::read(file.get(), buffer.data(), buffer.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return no_saved_file(path, errno_text(errno));
    if (count == 0) return text;
    text.append(buffer, 0, static_cast<std::size_t>(count));
    if (text.size() > kLargestSaved) return no_saved_file(path, "it is too large");
  }
}

}  // namespace

std::string saved_text(const std::string& account, const sieve::SavedScripts& saved) {
  std::string text = std::string(kSavedHead) + counted_bytes(account) + counted_bytes(saved.active);
  for (const sieve::StoredScript& script : saved.scripts)
    text += counted_bytes(script.name) + counted_bytes(script.content);
  return text;
}

std::optional<sieve::SavedScripts> saved_from_text(std::string_view text,
                                                   const std::string& account) {
  if (!text.starts_with(kSavedHead)) return std::nullopt;
  text.remove_prefix(kSavedHead.size());
  sieve::SavedScripts saved;
  if (take_bytes(text) != account) return std::nullopt;
  auto active = take_bytes(text);
  if (!active) return std::nullopt;
  saved.active = *std::move(active);
  while (!text.empty()) {
    auto name = take_bytes(text);
    auto content = name ? take_bytes(text) : std::nullopt;
    if (!content) return std::nullopt;
    saved.scripts.push_back({*std::move(name), *std::move(content)});
  }
  return saved;
}

std::string saved_scripts_path(const std::string& folder, const std::string& account,
                               const std::string& name) {
  message::Digest digest;
  digest.update(account + "\n" + name);
  return folder + "/sieve-" + message::to_hex(digest.finish()).substr(0, 24) + ".saved";
}

Result<std::optional<sieve::SavedScripts>> load_saved_scripts(const std::string& path,
                                                              const std::string& account) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW));
  if (!file.valid() && errno == ENOENT) return std::optional<sieve::SavedScripts>();
  if (!file.valid()) return no_saved_file(path, errno_text(errno));
  struct stat status {};
  if (::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode))
    return no_saved_file(path, "it is no regular file");
  MBOXFERRY_TRY(refuse_writable_by_others(status, "file of saved scripts", path));
  MBOXFERRY_ASSIGN(const std::string text, read_whole(file, path));
  auto saved = saved_from_text(text, account);
  if (!saved) return no_saved_file(path, "it is damaged, or another account's");
  return saved;
}

Result<void> save_scripts(const std::string& path, const std::string& account,
                          const sieve::SavedScripts& saved) {
  return replace_file(path, saved_text(account, saved));
}

}  // namespace mboxferry::cli
