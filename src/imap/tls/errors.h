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

/// The user has had enough of waiting.
inline Error interrupted_error(const std::string& server) {
  return {ErrorCode::interrupted, server + ": interrupted while waiting for the server",
          "run the same command again to go on"};
}

/// The server, if it is one, says nothing: more likely a wrong port than a bad moment.
inline Error silence_error(std::string what) {
  return {ErrorCode::unavailable,
          std::move(what),
          "check host and port, and that no firewall is between: port 993 is for TLS from the "
          "start, 143 for --tls starttls",
          ErrorScope::session,
          {Retry::When::later, {}}};
}

/// TLS refused; trying again cannot help.
inline Error tls_error(std::string what, std::string hint = {}) {
  return {ErrorCode::tls, std::move(what), std::move(hint), ErrorScope::job};
}

}  // namespace mboxferry::imap
