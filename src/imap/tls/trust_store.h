// SPDX-License-Identifier: Apache-2.0
// The certificates of the authorities that are trusted, read once for many connections.
#pragma once

#include <openssl/x509_vfy.h>

#include <map>
#include <mutex>
#include <string>

#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"
#include "mboxferry/imap/account.h"

namespace mboxferry::imap {

using TrustStore = Handle<X509_STORE, X509_STORE_free>;

/// Reading the system's bundle costs more processor time than all the rest of a short job. OpenSSL
/// lets any number of connections verify with one store at the same time. Any thread.
class TrustStores {
 public:
  /// The certificates in `ca_file` (PEM), or the system's when that is empty. A file that was
  /// replaced or changed is read again. Errors: `configuration` when it holds no certificates.
  Result<TrustStore> of(const std::string& ca_file);

 private:
  struct Known {
    TrustStore store;
    std::string identity;  ///< of the file that it was read from
  };
  std::mutex mutex_;
  std::map<std::string, Known> by_file_;
};

}  // namespace mboxferry::imap
