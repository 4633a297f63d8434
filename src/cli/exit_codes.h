// SPDX-License-Identifier: Apache-2.0
// The exit status of the program; docs/exit-codes.md says the same, and a test compares them.
#pragma once

#include <array>
#include <string_view>

#include "mboxferry/base/result.h"

namespace mboxferry::cli {

inline constexpr int kExitSuccess = 0;
inline constexpr int kExitFailed = 1;
inline constexpr int kExitRefused = 3;  ///< finished, and some mail is refused or not read
inline constexpr int kExitTryLater = 75;
inline constexpr int kExitInterrupted = 130;

struct ExitCode {
  ErrorCode error;
  std::string_view name;  ///< as in the document
  int status;
};

/// One row an error code, in the order of the enumeration.
inline constexpr std::array<ExitCode, 16> kExitCodes{{
    {ErrorCode::usage, "usage", 64},
    {ErrorCode::not_mail, "not_mail", 65},
    {ErrorCode::archive_changed, "archive_changed", 65},
    {ErrorCode::no_such_archive, "no_such_archive", 66},
    {ErrorCode::unavailable, "unavailable", 69},
    {ErrorCode::internal, "internal", 70},
    {ErrorCode::cannot_create, "cannot_create", 73},
    {ErrorCode::io, "io", 74},
    {ErrorCode::try_later, "try_later", kExitTryLater},
    {ErrorCode::protocol, "protocol", 76},
    {ErrorCode::tls, "tls", 76},
    {ErrorCode::login_refused, "login_refused", 77},
    {ErrorCode::configuration, "configuration", 78},
    {ErrorCode::journal_locked, "journal_locked", 11},
    {ErrorCode::interrupted, "interrupted", kExitInterrupted},
    {ErrorCode::refused, "refused", kExitFailed},  // a whole mailbox: the job did not finish
}};

constexpr int exit_status(ErrorCode code) {
  for (const ExitCode& row : kExitCodes) {
    if (row.error == code) return row.status;
  }
  return kExitFailed;
}

/// What a status means, in a few words.
constexpr std::string_view status_words(int status) {
  switch (status) {
    case kExitSuccess:
      return "done";
    case kExitRefused:
      return "finished, some messages refused or parts of the archive not read";
    case kExitTryLater:
      return "not finished";
    case kExitInterrupted:
      return "interrupted";
    default:
      return "failed";
  }
}

}  // namespace mboxferry::cli
