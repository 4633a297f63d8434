// SPDX-License-Identifier: Apache-2.0
// The program's entry.
#include "mboxferry/cli/app.h"

int main(int argument_count, char** arguments) {
  return mboxferry::cli::run(argument_count, arguments);
}
