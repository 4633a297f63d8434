// SPDX-License-Identifier: Apache-2.0
// libcurl, loaded when it is first needed: most commands never ask anything over HTTPS.
#pragma once

#include <curl/curl.h>

#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"

// What libcurl's header makes of them fits functions and not pointers to them.
#undef curl_easy_setopt
#undef curl_easy_getinfo

namespace mboxferry::http {

/// The functions of libcurl that this module calls, by their own names.
struct CurlLibrary {
  decltype(&::curl_global_init) global_init = nullptr;
  decltype(&::curl_easy_init) easy_init = nullptr;
  decltype(&::curl_easy_setopt) easy_setopt = nullptr;
  decltype(&::curl_easy_perform) easy_perform = nullptr;
  decltype(&::curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&::curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&::curl_easy_strerror) easy_strerror = nullptr;
  decltype(&::curl_slist_append) slist_append = nullptr;
  decltype(&::curl_slist_free_all) slist_free_all = nullptr;
  decltype(&::curl_url) url = nullptr;
  decltype(&::curl_url_cleanup) url_cleanup = nullptr;
  decltype(&::curl_url_set) url_set = nullptr;
  decltype(&::curl_url_get) url_get = nullptr;
  decltype(&::curl_free) free = nullptr;
};

/// Loads the library at the first call; it stays for as long as the process. Fails with
/// `configuration` where it is not installed. Any thread.
Result<const CurlLibrary*> curl_library();

/// What only exists once the library is loaded, and so may be freed through it.
inline void free_easy(CURL* handle) noexcept { (*curl_library())->easy_cleanup(handle); }
inline void free_list(curl_slist* list) noexcept { (*curl_library())->slist_free_all(list); }
inline void free_url(CURLU* url) noexcept { (*curl_library())->url_cleanup(url); }
inline void free_text(char* text) noexcept { (*curl_library())->free(text); }

using CurlHandle = Handle<CURL, free_easy>;
using CurlList = Handle<curl_slist, free_list>;
using CurlUrl = Handle<CURLU, free_url>;
using CurlText = Handle<char, free_text>;

}  // namespace mboxferry::http
