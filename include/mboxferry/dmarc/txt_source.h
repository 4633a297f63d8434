// SPDX-License-Identifier: Apache-2.0
// Where answers of the DNS come from: the network, a text, or a test.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::dmarc {

/// Answers of the DNS. One thread at a time.
class TxtSource {
 public:
  TxtSource() = default;
  TxtSource(const TxtSource&) = delete;
  TxtSource& operator=(const TxtSource&) = delete;
  virtual ~TxtSource() = default;

  /// The TXT records at `name`, the strings of each joined; none when there is no such name. Fails
  /// when the question could not be answered.
  virtual Result<std::vector<std::string>> txt(const std::string& name) = 0;
  /// False for a name without A, AAAA and MX records (RFC 9989 section 3.2.13).
  virtual Result<bool> exists(const std::string& name) = 0;
};

/// Answers from a text instead of the network: a line `NAME TEXT` for each TXT record, or `NAME`
/// alone for a name that exists. `#` begins a comment line. A dot at a name's end does not matter.
/// Error `configuration` with the first line that is neither; `path` is used in its text.
Result<std::unique_ptr<TxtSource>> make_text_answers(std::string_view text,
                                                     const std::string& path);

/// The answers of `source`, which outlives it, each asked for once.
std::unique_ptr<TxtSource> remember_answers(TxtSource& source);

}  // namespace mboxferry::dmarc
