// SPDX-License-Identifier: Apache-2.0
// Loads libcurl.
#include "http/curl_library.h"

#include <dlfcn.h>

namespace mboxferry::http {
namespace {

// The build on OpenSSL. The one on GnuTLS is libcurl-gnutls.so.4.
constexpr const char* kLibrary = "libcurl.so.4";

template <typename Function>
bool find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  return function != nullptr;
}

Error not_there(const std::string& why) {
  return {ErrorCode::configuration, "HTTPS needs libcurl, which cannot be loaded: " + why,
          "install it (Debian: libcurl4)"};
}

Result<CurlLibrary> load() {
  void* const library = ::dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    const char* const why = ::dlerror();
    return not_there(why == nullptr ? kLibrary : why);
  }
  CurlLibrary curl;
  const bool whole =
      find(library, "curl_global_init", curl.global_init) &&
      find(library, "curl_easy_init", curl.easy_init) &&
      find(library, "curl_easy_setopt", curl.easy_setopt) &&
      find(library, "curl_easy_perform", curl.easy_perform) &&
      find(library, "curl_easy_getinfo", curl.easy_getinfo) &&
      find(library, "curl_easy_cleanup", curl.easy_cleanup) &&
      find(library, "curl_easy_strerror", curl.easy_strerror) &&
      find(library, "curl_slist_append", curl.slist_append) &&
      find(library, "curl_slist_free_all", curl.slist_free_all) &&
      find(library, "curl_url", curl.url) && find(library, "curl_url_cleanup", curl.url_cleanup) &&
      find(library, "curl_url_set", curl.url_set) && find(library, "curl_url_get", curl.url_get) &&
      find(library, "curl_free", curl.free);
  if (!whole) return not_there("it is too old");
  // The library wants it once for a process, before there are several threads in it.
  if (curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) return not_there("it does not start");
  return curl;
}

}  // namespace

Result<const CurlLibrary*> curl_library() {
  static const Result<CurlLibrary> loaded = load();
  if (!loaded) return loaded.error();
  return &*loaded;
}

}  // namespace mboxferry::http
