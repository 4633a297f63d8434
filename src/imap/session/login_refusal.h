// SPDX-License-Identifier: Apache-2.0
// What a refused login means, and what the user can do about it.
#pragma once

#include <string>
#include <string_view>

#include "imap/wire/reply_line.h"
#include "mboxferry/base/result.h"
#include "mboxferry/sasl/ways_to_log_in.h"

namespace mboxferry::imap {

class Connection;
struct Account;

/// The error for a NO or BAD to a login that went `way`; `reason` is what a challenge told, and
/// `password_used` whether it was the password's turn. Closes the connection.
Error login_refusal(Connection& connection, const Account& account, sasl::LoginWay way,
                    const ReplyLine& reply, const std::string& reason, bool password_used);

/// Nothing that is offered can be used with what the account has: names what is offered.
Error no_way_to_log_in(Connection& connection, const Account& account);

/// The mechanism was offered and is not known after all: nobody has looked at the password yet.
bool is_unknown_mechanism(const ReplyLine& reply);

/// Microsoft lets somebody in whose token has no right to the mailbox, and says so to the first
/// command.
bool says_not_connected(const ReplyLine& reply);
Error not_connected_error(const std::string& label, const std::string& words);

/// How long a password is, for the terminal of the one who has typed it.
std::string password_length(std::string_view password);

/// What may be wrong with a password that was refused: traces of a shell's or an editor's doing;
/// empty for none. Never the password, nor how long it is.
std::string password_diagnosis(std::string_view password);

}  // namespace mboxferry::imap
