// SPDX-License-Identifier: Apache-2.0
// A name server that gives every host the addresses of MBOXFERRY_TEST_ADDRESSES (in digits, with
// commas), in this order; to be preloaded.
#include <dlfcn.h>
#include <netdb.h>

#include <cstdlib>
#include <sstream>
#include <string>

extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                           addrinfo** found) {
  using LookUp = int (*)(const char*, const char*, const addrinfo*, addrinfo**);
  static const auto real = reinterpret_cast<LookUp>(dlsym(RTLD_NEXT, "getaddrinfo"));
  if (hints == nullptr || (hints->ai_flags & AI_NUMERICHOST) != 0)
    return real(host, service, hints, found);
  const char* const addresses = std::getenv("MBOXFERRY_TEST_ADDRESSES");
  std::istringstream list(addresses != nullptr ? addresses : "");
  addrinfo in_digits = *hints;
  in_digits.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo** end = found;
  *found = nullptr;
  for (std::string address; std::getline(list, address, ',');) {
    if (const int failure = real(address.c_str(), service, &in_digits, end); failure != 0)
      return failure;
    while (*end != nullptr) end = &(*end)->ai_next;
  }
  return *found != nullptr ? 0 : EAI_NONAME;
}
