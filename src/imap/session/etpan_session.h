// SPDX-License-Identifier: Apache-2.0
// LIST, NAMESPACE and STATUS, whose data libetpan's parser reads, and SELECT.
#pragma once

#include <libetpan/mailimap.h>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "imap/session/connection.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// libetpan's parser beside a connection that is logged in. It sees only the data that was asked
/// for: a crafted response code makes it follow a null pointer, and FETCH and QUOTA have numbers of
/// more than 32 bits.
class EtpanSession {
 public:
  static Result<std::unique_ptr<EtpanSession>> attach(Connection& connection);
  EtpanSession(const EtpanSession&) = delete;
  EtpanSession& operator=(const EtpanSession&) = delete;
  ~EtpanSession();

  Result<Namespace> personal_namespace();
  Result<std::vector<ListedMailbox>> list();
  /// Both, in one round trip.
  Result<MailboxTree> mailbox_tree();
  /// SELECT, also for what only reads: EXAMINE would be told that no flag is permanent.
  Result<SelectedMailbox> select(const std::string& mailbox);
  /// CREATE and SELECT in one round trip. A mailbox that is there already is selected.
  Result<SelectedMailbox> create_and_select(const std::string& mailbox);
  /// STATUS as of now, also of the mailbox that is selected.
  Result<SelectedMailbox> status(const std::string& mailbox);

  /// The name as the server knows it. Waits for the answer to ENABLE when it matters.
  Result<std::string> wire_name(const std::string& mailbox);

 private:
  EtpanSession(Connection& connection, mailimap* session);
  /// Writes a command down for deliver() and returns the tag that read() needs.
  int say(std::string_view text);
  /// Sends what was written down.
  Result<void> deliver();
  /// Reads up to the reply to `tag`; what is called `name` before it is read by libetpan, and valid
  /// until the next call. `doing` and `mailbox` as for await_success().
  Result<const mailimap_response_info*> read_data(int tag, std::string_view name,
                                                  const std::string& doing,
                                                  const std::string& mailbox);
  /// The lines called `name` before the reply to `tag`, as one text.
  Result<std::string> read_lines(int tag, std::string_view name, const std::string& doing,
                                 const std::string& mailbox);
  bool parse(std::string data);
  int say_namespace();
  int say_list();
  Result<std::optional<Namespace>> read_namespace(int tag);
  Result<Namespace> read_root(int tag);
  Result<Namespace> or_root(std::optional<Namespace> found);
  Result<std::vector<ListedMailbox>> read_list(int tag);
  void take_listed(std::vector<ListedMailbox>& mailboxes);
  std::string shown_name(const char* wire);
  ListedMailbox listed(const mailimap_mailbox_list& entry);

  Connection& connection_;
  mailimap* session_;
  std::string lines_;  ///< written down, not sent
  /// Names that are not in the form they should be in, as UTF-8, and how they are said to the
  /// server: as they came.
  std::map<std::string, std::string> raw_names_;
};

}  // namespace mboxferry::imap
