// SPDX-License-Identifier: Apache-2.0
// An aggregate report's XML cut into its parts, so that damage in one leaves the others alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::dmarc {

/// The parts of one `<feedback>`. The views are into the text.
struct XmlSections {
  struct Part {
    std::string_view text;  ///< from `<` of its start tag to `>` of its end tag, if that is there
    std::uint32_t number = 0;  ///< of a record, from 1
  };
  bool has_root = false;
  bool is_9990 = false;  ///< by the root's namespace
  Part metadata;         ///< empty: there is none
  Part policy;
  std::string_view version;         ///< the content of `<version>`
  std::vector<Part> records;        ///< those that may be whole
  std::uint64_t damaged = 0;        ///< records without an end tag, too short to hold a count, or
                                    ///< where or how no record may be
  std::uint32_t first_damaged = 0;  ///< the number of the first of them
  std::string problem;              ///< what is wrong between the parts; empty: nothing

  /// Finds the parts of `text`, whatever it holds, in one pass.
  void find(std::string_view text);
};

}  // namespace mboxferry::dmarc
