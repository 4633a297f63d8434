// SPDX-License-Identifier: Apache-2.0
// The nameless database that sums go into when they are too many for memory.
#pragma once

#include <sqlite3.h>

#include <functional>
#include <string>
#include <string_view>

#include "mboxferry/base/handle.h"
#include "mboxferry/base/result.h"
#include "mboxferry/dmarc/tally.h"

namespace mboxferry::dmarc {

/// Gone when it is closed. One thread at a time.
class Scratch {
 public:
  Result<void> open();

  /// All between these two is one transaction.
  Result<void> begin();
  Result<void> commit();
  Result<void> add(Grouping grouping, std::string_view name, const Sums& sums);
  Result<void> add_key(std::string_view key);
  Result<bool> has_key(std::string_view key);

  Result<std::uint64_t> count(Grouping grouping);
  Result<void> each(Grouping grouping, std::uint64_t most,
                    const std::function<Result<void>(std::string_view, const Sums&)>& take);

 private:
  using Statement = Handle<sqlite3_stmt, sqlite3_finalize>;
  Result<Statement> prepare(const char* sql);
  Result<void> run(const char* sql);
  Result<void> step(sqlite3_stmt* statement);
  [[nodiscard]] Error failed() const;

  Handle<sqlite3, sqlite3_close_v2> connection_;
  Statement add_;
  Statement add_key_;
  Statement has_key_;
};

}  // namespace mboxferry::dmarc
