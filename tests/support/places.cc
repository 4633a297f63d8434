// SPDX-License-Identifier: Apache-2.0
#include "support/places.h"

#include <cstdlib>

namespace mboxferry::test {

std::string corpora() {
  const char* named = std::getenv("MBOXFERRY_CORPORA");
  return named != nullptr ? named : checkout() + "/../shared/corpora";
}

std::string checkout() { return MBOXFERRY_CHECKOUT; }

}  // namespace mboxferry::test
