// SPDX-License-Identifier: Apache-2.0
// Errors that several files of this module make.
#pragma once

#include <string>

#include "mboxferry/base/result.h"

namespace mboxferry::imap {

/// The connection is gone; the same may work on a new one.
inline Error connection_error(std::string what, std::string hint = {}) {
  return {ErrorCode::unavailable,
          std::move(what),
          std::move(hint),
          ErrorScope::session,
          {Retry::When::now, {}}};
}

/// The server said what no IMAP server may say.
inline Error protocol_error(const std::string& server, const std::string& why) {
  return {ErrorCode::protocol, server + ": the server broke the IMAP protocol: " + why,
          "run again with --log-file to see what it said", ErrorScope::session};
}

/// TLS refused; trying again cannot help.
inline Error tls_error(std::string what, std::string hint = {}) {
  return {ErrorCode::tls, std::move(what), std::move(hint), ErrorScope::job};
}

}  // namespace mboxferry::imap
