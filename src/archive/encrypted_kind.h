// SPDX-License-Identifier: Apache-2.0
// Encrypted files, known by their first bytes.
#pragma once

#include <string_view>

namespace mboxferry::archive {

/// "a file encrypted with OpenPGP" and so on; empty for everything else.
std::string_view encrypted_name(std::string_view head);
/// How such a file is decrypted.
std::string_view encrypted_remedy(std::string_view head);

/// True for a message that Dovecot keeps encrypted under the name of a plain one (mail_crypt).
bool is_encrypted_delivery(std::string_view head);
inline constexpr std::string_view kEncryptedDelivery = "encrypted by Dovecot's mail_crypt";

/// True for a message that is kept compressed under the name of a plain one (Dovecot's zlib): the
/// magic bytes are longer than any header field could begin with.
bool is_packed_delivery(std::string_view head);

}  // namespace mboxferry::archive
