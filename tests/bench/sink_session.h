// SPDX-License-Identifier: Apache-2.0
// The IMAP that the sink speaks (RFC 9051, 3502, 4315, 7888), as far as mboxferry asks for it.
#pragma once

#include <string>
#include <string_view>

#include "bench/sink_store.h"
#include "bench/sink_stream.h"

namespace mboxferry::bench {

/// Answers one connection until it ends.
class SinkSession {
 public:
  SinkSession(SinkStore& store, SinkStream& stream) : store_(store), stream_(stream) {}
  void serve();

 private:
  bool answer(std::string_view line);
  void log_in(std::string_view arguments);
  void list(std::string_view arguments);
  void status(std::string_view name);
  bool select(std::string_view name);
  bool append(std::string_view arguments);
  void fetch(std::string_view arguments, bool by_uid);
  void search(std::string_view keys);
  void ok(std::string_view text);
  void no(std::string_view text);

  SinkStore& store_;
  SinkStream& stream_;
  SinkAccount* account_ = nullptr;
  SinkMailbox* selected_ = nullptr;
  std::string tag_;
};

}  // namespace mboxferry::bench
