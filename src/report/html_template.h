// SPDX-License-Identifier: Apache-2.0
// The fixed parts of the HTML report, made from src/report/html when the program is built.
#pragma once

#include <string_view>

namespace mboxferry::report {

extern const std::string_view kPageBeforeData;
extern const std::string_view kPageAfterData;

}  // namespace mboxferry::report
