// SPDX-License-Identifier: Apache-2.0
// The one error type of mboxferry, and the Result that carries it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace mboxferry {

/// What kind of failure this is. The command line maps each to one documented exit code
/// (docs/exit-codes.md); nothing else may depend on numbers.
enum class ErrorCode {
  usage,            ///< the command line or a job file asks for something impossible
  not_mail,         ///< the archive is no mail, or damaged beyond the listed repairs
  archive_changed,  ///< the archive is not the one the journal was made from
  no_such_archive,  ///< no file of that name, or it may not be read
  unavailable,      ///< host unknown, connection refused or lost for good
  internal,         ///< a bug of ours
  cannot_create,    ///< journal, report or quarantine cannot be created
  io,               ///< reading or writing a file failed
  try_later,        ///< the server asks for patience; the job can be resumed
  protocol,         ///< the server broke the IMAP protocol
  tls,              ///< TLS refused, by us or by the peer
  login_refused,    ///< the credentials were refused; never tried again by itself
  configuration,    ///< settings contradict the server, the journal or each other
  journal_locked,   ///< another process works with this journal
  interrupted,      ///< the user asked to stop; the job can be resumed
  refused,          ///< the server said NO for good to one message or mailbox
};

/// How far the damage goes. Only the job runner acts on it.
enum class ErrorScope { message, mailbox, session, job };

/// Whether trying again can help. Only the job runner acts on it.
struct Retry {
  enum class When { now, later, never };
  When when = When::never;
  std::chrono::milliseconds after{0};  ///< for `later`: the wait the server asked for, 0 if none
};

/// One failure, written once where it happened. Callers pass it on and do not repeat it.
/// Neither text ever holds a secret.
struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::internal;
  std::string what;  ///< what failed, where (file and offset, or host and mailbox) and why
  std::string hint;  ///< what the user can do next; may be empty
  ErrorScope scope = ErrorScope::job;
  Retry retry = {};
  std::string aside = {};  ///< shown on a terminal only, never in a report, ledger or log
};

/// Either a value or an Error.
template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}  // NOLINT
};

/// Success without a value: `return ok();`
inline Result<void> ok() { return {}; }

/// The one line a user sees: what, and the hint when there is one.
std::string describe(const Error& error);

}  // namespace mboxferry

#define MBOXFERRY_CONCAT_(a, b) a##b
#define MBOXFERRY_CONCAT(a, b) MBOXFERRY_CONCAT_(a, b)

#define MBOXFERRY_TRY_(temporary, expression)                                \
  do {                                                                       \
    auto temporary = (expression);                                           \
    if (!temporary) return ::mboxferry::Error(std::move(temporary).error()); \
  } while (false)

// Returns the error of `expression` from the calling function.
#define MBOXFERRY_TRY(expression) \
  MBOXFERRY_TRY_(MBOXFERRY_CONCAT(mboxferry_try_, __LINE__), expression)

#define MBOXFERRY_ASSIGN_(temporary, target, expression)                   \
  auto temporary = (expression);                                           \
  if (!temporary) return ::mboxferry::Error(std::move(temporary).error()); \
  target = std::move(*temporary)

// Declares or assigns `target` from a Result, or returns its error from the calling function.
#define MBOXFERRY_ASSIGN(target, expression) \
  MBOXFERRY_ASSIGN_(MBOXFERRY_CONCAT(mboxferry_result_, __LINE__), target, expression)
