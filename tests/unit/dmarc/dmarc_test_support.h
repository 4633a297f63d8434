// SPDX-License-Identifier: Apache-2.0
// Where the shared corpora are, and tables in them.
#pragma once

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "support/places.h"

namespace mboxferry::dmarc::testing {

using test::corpora;

inline std::string content_of(const std::string& path) {
  std::ostringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

/// The rows of a table without its head; none where the file is absent.
inline std::vector<std::vector<std::string>> rows_of(const std::string& path) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    std::istringstream stream(line);
    rows.emplace_back();
    for (std::string column; std::getline(stream, column, '\t');) rows.back().push_back(column);
  }
  return rows;
}

}  // namespace mboxferry::dmarc::testing
