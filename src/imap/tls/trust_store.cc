// SPDX-License-Identifier: Apache-2.0
#include "imap/tls/trust_store.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "mboxferry/base/file_access.h"

namespace mboxferry::imap {
namespace {

// Batches name few; a list that names one for each account must not keep them all.
constexpr std::size_t kMostKept = 8;

/// Another text when the file is another, or was changed.
std::string identity_of(const std::string& file) {
  struct stat found {};
  if (file.empty() || ::stat(file.c_str(), &found) != 0) return {};
  return fmt::format("{} {} {} {}.{}", found.st_dev, found.st_ino, found.st_size,
                     found.st_mtim.tv_sec, found.st_mtim.tv_nsec);
}

// Whoever writes it decides which server gets the password.
Result<TrustStore> read(const std::string& ca_file) {
  if (!ca_file.empty()) MBOXFERRY_TRY(refuse_writable_by_others("CA file", ca_file));
  TrustStore store(X509_STORE_new());
  if (ca_file.empty()) {
    if (store) X509_STORE_set_default_paths(store.get());
  } else if (!store || X509_STORE_load_file(store.get(), ca_file.c_str()) != 1) {
    return Error{ErrorCode::configuration, "cannot read certificates from " + ca_file,
                 "the CA file must hold certificates in PEM form"};
  }
  return store;
}

TrustStore share(const TrustStore& store) {
  if (store) X509_STORE_up_ref(store.get());
  return TrustStore(store.get());
}

}  // namespace

std::shared_ptr<TrustStores> make_trust_stores() { return std::make_shared<TrustStores>(); }

Result<TrustStore> TrustStores::of(const std::string& ca_file) {
  // Also while one is read: others would only read it again.
  const std::scoped_lock lock(mutex_);
  const std::string identity = identity_of(ca_file);
  const auto known = by_file_.find(ca_file);
  if (known != by_file_.end() && known->second.identity == identity)
    return share(known->second.store);
  MBOXFERRY_ASSIGN(TrustStore store, read(ca_file));
  if (known == by_file_.end() && by_file_.size() == kMostKept) by_file_.clear();
  TrustStore shared = share(store);
  by_file_.insert_or_assign(ca_file, Known{std::move(store), identity});
  return shared;
}

}  // namespace mboxferry::imap
