// SPDX-License-Identifier: Apache-2.0
// Manual pages in the language of man(7), made from the tables of options.
#pragma once

#include <string>

#include "cli/command.h"

namespace mboxferry::cli {

/// mboxferry(1).
std::string program_man_page();

/// mboxferry-COMMAND(1).
std::string man_page(const Command& command);

}  // namespace mboxferry::cli
