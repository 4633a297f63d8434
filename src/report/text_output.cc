// SPDX-License-Identifier: Apache-2.0
// Buffered, whole-file and spooled text.
#include "mboxferry/report/text_output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>

#include "mboxferry/base/output_file.h"

namespace mboxferry::report {
namespace {

constexpr std::size_t kBuffer = 64u << 10;
constexpr std::array<std::string_view, 3> kBeginningsOfOurs{"{\"schema\":\"mboxferry.", "account,",
                                                            "<!DOCTYPE html>"};

Error cannot_create(const std::string& path, int error_number) {
  return {ErrorCode::cannot_create, "cannot create " + path + ": " + errno_text(error_number),
          "choose a place that can be written"};
}

/// A pipe or a terminal, which is written to as it is.
bool is_stream(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 &&
         (S_ISFIFO(status.st_mode) || S_ISCHR(status.st_mode) || S_ISSOCK(status.st_mode));
}

bool is_of_another_user(const struct stat& status) {
  return status.st_uid != 0 && status.st_uid != ::geteuid();
}

/// Somebody else would read it: a pipe of theirs, or whatever a link of theirs leads to.
Result<void> refuse_stream_of_others(const std::string& path, int descriptor) {
  struct stat name {};
  struct stat stream {};
  const bool others_link =
      ::lstat(path.c_str(), &name) == 0 && S_ISLNK(name.st_mode) && is_of_another_user(name);
  const bool others_pipe =
      ::fstat(descriptor, &stream) != 0 || (S_ISFIFO(stream.st_mode) && is_of_another_user(stream));
  if (!others_link && !others_pipe) return ok();
  return Error{
      ErrorCode::cannot_create,
      "cannot create " + path + ": it is another user's " + (others_link ? "link" : "pipe"),
      "name a file or pipe of your own"};
}

}  // namespace

DescriptorOutput::DescriptorOutput(int descriptor, std::string name)
    : descriptor_(descriptor), name_(std::move(name)) {}

Result<void> DescriptorOutput::write(std::string_view text) {
  buffer_ += text;
  return buffer_.size() < kBuffer ? ok() : flush();
}

Result<void> DescriptorOutput::flush() {
  // What could not be written once is not tried again: the error has been told.
  const std::string text = std::move(buffer_);
  buffer_.clear();
  auto written = write_all(descriptor_, text, name_);
  if (!written && errno == EPIPE) written.error().hint = "whatever read it has ended";
  return written;
}

WholeFile::WholeFile(std::string path, std::string temporary, FileDescriptor file)
    : path_(std::move(path)),
      temporary_(std::move(temporary)),
      file_(std::move(file)),
      output_(file_.get(), path_) {}

Result<std::unique_ptr<WholeFile>> WholeFile::create(const std::string& path) {
  if (is_stream(path)) {
    // A pipe that nobody reads would be waited for, at the end of a whole migration.
    FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NONBLOCK));
    if (!file.valid() && errno == ENXIO) {
      return Error{ErrorCode::cannot_create, "nobody reads from " + path,
                   "start what reads it first, or name a file"};
    }
    if (!file.valid() || ::fcntl(file.get(), F_SETFL, O_WRONLY) != 0)
      return cannot_create(path, errno);
    MBOXFERRY_TRY(refuse_stream_of_others(path, file.get()));
    return std::unique_ptr<WholeFile>(new WholeFile(path, "", std::move(file)));
  }
  MBOXFERRY_TRY(refuse_other_content(path, kBeginningsOfOurs));
  MBOXFERRY_ASSIGN(FileBeside beside, create_beside(path));
  return std::unique_ptr<WholeFile>(
      new WholeFile(path, std::move(beside.name), std::move(beside.file)));
}

WholeFile::~WholeFile() {
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

Result<void> WholeFile::write(std::string_view text) { return output_.write(text); }

Result<void> WholeFile::flush() { return output_.flush(); }

Result<void> WholeFile::commit() {
  MBOXFERRY_TRY(output_.flush());
  if (temporary_.empty()) return ok();
  if (::fsync(file_.get()) != 0) {
    return Error{ErrorCode::io, "cannot write " + path_ + ": " + errno_text(errno),
                 "free space or choose another place"};
  }
  if (!put_in_place(temporary_, path_)) return cannot_create(path_, errno);
  temporary_.clear();
  return ok();
}

Result<void> check_creatable(const std::string& path) {
  if (is_stream(path)) {
    return ::access(path.c_str(), W_OK) == 0 ? ok() : Result<void>(cannot_create(path, errno));
  }
  MBOXFERRY_TRY(WholeFile::create(path));
  return ok();
}

Result<void> Spool::write(std::string_view text) {
  memory_ += text;
  return memory_.size() < kBuffer ? ok() : spill();
}

Result<void> Spool::spill() {
  if (!file_.valid()) {
    const char* folder = std::getenv("TMPDIR");
    std::string path = std::string(folder != nullptr && *folder != '\0' ? folder : "/tmp") +
                       "/mboxferry-spool.XXXXXX";
    file_ = FileDescriptor(::mkostemp(path.data(), O_CLOEXEC));
    if (!file_.valid()) return cannot_create(path, errno);
    ::unlink(path.c_str());
  }
  MBOXFERRY_TRY(write_all(file_.get(), memory_, "a temporary file"));
  spilled_ += memory_.size();
  memory_.clear();
  return ok();
}

Result<void> Spool::copy_to(TextOutput& out) const {
  std::array<char, 16u << 10> buffer{};
  for (std::uint64_t offset = 0; offset < spilled_;) {
    const ssize_t got =
        ::pread(file_.get(), buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      return Error{
          ErrorCode::io,
          "cannot read a temporary file back: " + (got < 0 ? errno_text(errno) : "it is too short"),
          "set TMPDIR to another place"};
    }
    MBOXFERRY_TRY(out.write({buffer.data(), static_cast<std::size_t>(got)}));
    offset += static_cast<std::uint64_t>(got);
  }
  return out.write(memory_);
}

Result<void> Spool::clear() {
  memory_.clear();
  spilled_ = 0;
  if (file_.valid() && (::ftruncate(file_.get(), 0) != 0 || ::lseek(file_.get(), 0, SEEK_SET) < 0))
    return Error{ErrorCode::io, "cannot empty a temporary file: " + errno_text(errno),
                 "set TMPDIR to another place"};
  return ok();
}

}  // namespace mboxferry::report
