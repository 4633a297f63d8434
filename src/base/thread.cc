// SPDX-License-Identifier: Apache-2.0
// Exceptions at the edge of a thread.
#include "mboxferry/base/thread.h"

#include <filesystem>
#include <new>
#include <string>
#include <system_error>

namespace mboxferry {

Error error_of_exception() noexcept {
  try {
    throw;
  } catch (const std::bad_alloc&) {
    return {ErrorCode::internal, "out of memory", "run the same command again"};
  } catch (const std::filesystem::filesystem_error& error) {
    // The standard library throws when a relative path is to be made absolute and the folder that
    // it is relative to has been removed.
    std::error_code failed;
    static_cast<void>(std::filesystem::current_path(failed));
    if (failed)
      return {ErrorCode::io, "cannot find out the working folder: " + failed.message(),
              "change to a folder that is there, then run the same command again"};
    return {ErrorCode::io, "cannot use " + error.path1().string() + ": " + error.code().message(),
            "check the name, then run the same command again"};
  } catch (const std::exception& exception) {
    return {ErrorCode::internal, std::string("a bug: ") + exception.what(),
            "please report it; running the same command again is safe"};
  } catch (...) {
    return {ErrorCode::internal, "a bug: an exception without a name",
            "please report it; running the same command again is safe"};
  }
}

Error no_thread(const std::exception& why) {
  return {ErrorCode::try_later,
          std::string("cannot start a thread: ") + why.what(),
          "raise the limit on processes (ulimit -u, pids.max), then run the same command again",
          ErrorScope::session,
          {Retry::When::later, {}}};
}

}  // namespace mboxferry
