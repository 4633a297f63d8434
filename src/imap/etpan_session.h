// SPDX-License-Identifier: Apache-2.0
// The commands for which libetpan's parser is used: LIST, NAMESPACE, SELECT, STATUS, NOOP.
#pragma once

#include <libetpan/mailimap.h>

#include <map>
#include <string>
#include <vector>

#include "imap/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// libetpan's session on a connection that is logged in. FETCH and QUOTA are not read by it: it
/// keeps whole responses in memory and numbers in 32 bits.
class EtpanSession {
 public:
  static Result<std::unique_ptr<EtpanSession>> attach(Connection& connection);
  EtpanSession(const EtpanSession&) = delete;
  EtpanSession& operator=(const EtpanSession&) = delete;
  ~EtpanSession();

  Result<Namespace> personal_namespace();
  Result<std::vector<ListedMailbox>> list();
  /// SELECT, also for what only reads: EXAMINE would be told that no flag is permanent.
  Result<SelectedMailbox> select(const std::string& mailbox);
  Result<SelectedMailbox> status(const std::string& mailbox);
  Result<void> noop();

  /// The name as the server knows it.
  Result<std::string> wire_name(const std::string& mailbox) const;

 private:
  EtpanSession(Connection& connection, mailimap* session);
  /// Turns libetpan's result into ours; `mailbox` empty: a NO is about the session.
  Result<void> check(int result, const std::string& doing, const std::string& mailbox);
  Result<void> begin(std::uint64_t bytes);
  /// RFC 5258 and 6154; a result of libetpan's.
  int list_with_special_use(clist** entries);
  std::string shown_name(const char* wire);
  ListedMailbox listed(const mailimap_mailbox_list& entry);

  Connection& connection_;
  mailimap* session_;
  /// Names that are not in the form they should be in, as UTF-8, and how they are said to the
  /// server: as they came.
  std::map<std::string, std::string> raw_names_;
};

}  // namespace mboxferry::imap
