// SPDX-License-Identifier: Apache-2.0
// A limit on threads (RLIMIT_NPROC, pids.max), to be preloaded: pthread_create fails from the call
// with the number FEW_THREADS_FROM (from 1) on.
#include <dlfcn.h>
#include <pthread.h>

#include <atomic>
#include <cerrno>
#include <cstdlib>

extern "C" int pthread_create(pthread_t* thread, const pthread_attr_t* attributes,
                              void* (*run)(void*), void* argument) {
  using Create = int (*)(pthread_t*, const pthread_attr_t*, void* (*)(void*), void*);
  static const auto real = reinterpret_cast<Create>(dlsym(RTLD_NEXT, "pthread_create"));
  static const char* const setting = std::getenv("FEW_THREADS_FROM");
  static std::atomic<int> calls{0};
  if (setting != nullptr && ++calls >= std::atoi(setting)) return EAGAIN;
  return real(thread, attributes, run, argument);
}
