// SPDX-License-Identifier: Apache-2.0
// Temporary folders and collected text.
#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "mboxferry/report/text_output.h"
#include "support/temporary_folder.h"

namespace mboxferry::report {

using test::TemporaryFolder;

class CollectedText final : public TextOutput {
 public:
  Result<void> write(std::string_view text) override {
    text_ += text;
    return ok();
  }
  Result<void> flush() override { return ok(); }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  std::string text_;
};

inline std::string text_of(const Spool& spool) {
  CollectedText collected;
  REQUIRE(spool.copy_to(collected));
  return collected.text();
}

inline std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace mboxferry::report
