// SPDX-License-Identifier: Apache-2.0
// Which heads of an APPEND a server has taken before (docs/decisions/0015-known-heads.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace mboxferry::imap {

struct AppendMessage;
enum class AppendMode;

/// A SUBSCRIBE that the server refused with a plea for patience.
struct PutOffSubscription {
  std::string mailbox;  ///< UTF-8
  int tries = 0;
  std::chrono::steady_clock::time_point due{};
};

/// What the connections to one server found out together. A non-synchronizing literal may only
/// follow a head whose every part the server is known to take: one that answers BAD to the head may
/// run the message's lines as commands. Shared by the sessions of a job; all methods may be called
/// from any thread.
class ServerKnowledge {
 public:
  ServerKnowledge() = default;
  ServerKnowledge(const ServerKnowledge&) = delete;
  ServerKnowledge& operator=(const ServerKnowledge&) = delete;

  /// True when mailbox, date form and every flag were taken before. `quoted_mailbox` is the wire
  /// name as a quoted string.
  [[nodiscard]] bool covers(std::string_view quoted_mailbox, const AppendMessage& message) const;
  /// The server has selected this mailbox: it takes the name.
  void learn_mailbox(std::string_view quoted_mailbox);
  /// The server has said that it takes this head.
  void learn(std::string_view quoted_mailbox, const AppendMessage& message);
  /// The server answered BAD to an APPEND: nothing is known any more, and from now on a keyword is
  /// known by its own name only.
  void forget();
  /// The server answered BAD to a head without a flag list, which some want: `()` does no harm.
  void learn_flag_list();
  [[nodiscard]] bool wants_flag_list() const;
  /// Whether programs that do not enable UTF8=ACCEPT can list names outside of the Basic
  /// Multilingual Plane; nothing before it was tried.
  void learn_names_beyond_bmp(bool listed);
  [[nodiscard]] std::optional<bool> lists_names_beyond_bmp() const;
  /// The server has lost a command that was sent before the one ahead of it was answered.
  void learn_lost_input();
  [[nodiscard]] bool loses_input() const;
  /// The server answered as if it could not append in the way that it offers: `most` from now on.
  void learn_append_mode(AppendMode most);
  /// `mode`, or less where the server was seen not to be able to do it.
  [[nodiscard]] AppendMode possible(AppendMode mode) const;
  /// A connection ended while a FETCH was answered, which had shown so many messages. Networks fail
  /// so; when it happens again, less is asked for at a time.
  void learn_cut_page(std::size_t shown);
  /// How many messages may be asked for in one FETCH; nothing: any number.
  [[nodiscard]] std::optional<std::uint64_t> page_limit() const;
  /// The mailbox is to be subscribed to later, by whichever connection has time then. False: there
  /// are too many of them.
  bool put_off(PutOffSubscription subscription);
  /// Those that are due by then.
  std::vector<PutOffSubscription> take_put_off(std::chrono::steady_clock::time_point by);

 private:
  [[nodiscard]] std::string key_of(const std::string& keyword) const;

  mutable std::mutex mutex_;
  std::set<std::string, std::less<>> mailboxes_;
  std::set<std::string, std::less<>> keywords_;  ///< kinds, and names that are of none
  std::uint8_t flags_ = 0;                       ///< bits of message::Flag
  std::uint8_t dates_ = 0;                       ///< bits of the forms of a date
  bool by_kind_ = true;
  bool wants_flag_list_ = false;
  std::optional<bool> lists_beyond_bmp_;
  bool loses_input_ = false;
  std::optional<AppendMode> most_append_mode_;
  int cut_pages_ = 0;
  std::optional<std::uint64_t> page_limit_;
  std::vector<PutOffSubscription> put_off_;
};

}  // namespace mboxferry::imap
