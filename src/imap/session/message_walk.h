// SPDX-License-Identifier: Apache-2.0
// Reads the facts of many messages, asking ahead of their use.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "imap/reply/fetch_reply.h"
#include "imap/session/connection.h"
#include "imap/session/look_ahead.h"
#include "mboxferry/imap/target.h"

namespace mboxferry::imap {

/// `UID FETCH` of what a walk tells of these messages.
std::string page_command(std::uint64_t first, std::uint64_t last, bool with_message_id);
/// The same of a set of UIDs as IMAP spells it.
std::string facts_command(std::string_view uids, bool with_message_id);
/// What the answer tells, which has a UID and a size.
FetchedMessage message_of(FetchReply& reply);

/// See ReadOnlyTarget::walk. Asks for pages of UIDs, several at a time, and gives them in order,
/// whatever the order in which the server answers. UIDs may be sparse, so that a page's width
/// follows what the pages before it brought; what a page may hold is bounded.
class ImapMessageWalk final : public MessageWalk {
 public:
  /// Of untagged data between two tagged replies.
  static constexpr std::uint64_t kUntaggedLimit = std::uint64_t{256} << 20U;

  /// `asked`: what has been asked for already, and holds all of the range; none: nothing has.
  /// `come_back` selects the mailbox again when others were asked for behind these.
  static Result<std::unique_ptr<MessageWalk>> begin(Connection& connection, UidRange range,
                                                    WalkOptions options,
                                                    std::vector<AskedPage> asked = {},
                                                    std::function<Result<void>()> come_back = {});
  /// Reads what was asked for and not used, so that other commands can follow.
  ~ImapMessageWalk() override;

  Result<std::optional<FetchedMessage>> next() override;

 private:
  struct Page {
    std::string tag;
    std::uint64_t first = 0;
    std::uint64_t last = 0;  ///< inclusive
    std::vector<FetchedMessage> messages;
    std::size_t text_bytes = 0;  ///< of keywords and Message-IDs
    bool answered = false;
    bool overflowed = false;
    bool limited = false;          ///< the server said that there is more (RFC 9738)
    bool cut = false;              ///< messages came, and then a plea for patience
    std::optional<Error> refused;  ///< whatever came before; no plea
    bool shifted = false;          ///< sequence numbers changed meanwhile
  };

  ImapMessageWalk(Connection& connection, UidRange range, WalkOptions options);
  Result<void> start();
  /// Asks for pages until enough are on their way.
  Result<void> ask();
  void add_page(std::string& lines, std::uint64_t width);
  /// Asks for what lies before the next message that there is in one page, however far it is.
  Result<void> cross_emptiness(std::string& lines);
  Result<void> read_reply();
  Result<void> take_data(const ReplyLine& data);
  Result<void> take_fetch(std::uint32_t number, std::string_view items);
  Result<void> take_tagged(const ReplyLine& reply);
  Result<void> use(Page page);
  /// What came before the refusal counts; the rest is asked for in smaller parts, and in the end
  /// one by one.
  Result<void> use_refused(const Page& page);
  /// Of the messages that are ready, so many of the first have none missing between them.
  [[nodiscard]] std::size_t without_gap() const;
  /// The connection ended: what came of the next page before is used.
  Result<void> end_with(Error error);
  /// True when messages of the page are missing by what the server says of others.
  [[nodiscard]] bool has_gap(const Page& page) const;
  /// Asks for the page again, `width` UIDs at a time.
  Result<void> ask_again(const Page& page, std::uint64_t width);
  /// The next page begins with this UID; what is on its way is for nobody.
  Result<void> go_back_to(std::uint64_t uid);
  Result<void> drain();
  std::string say(std::string& lines, std::string_view command);

  Connection& connection_;
  const WalkOptions options_;
  std::uint64_t next_;  ///< the first UID that no page on its way holds
  std::uint64_t last_;  ///< inclusive
  std::uint64_t width_;
  std::uint64_t widest_;  ///< what the server may be asked for at a time
  std::function<Result<void>()> come_back_;
  std::uint32_t expected_ = 0;      ///< sequence number of the next message, if any; 0: unknown
  Uid last_there_ = 0;              ///< the last UID of the mailbox, when that was asked
  int wrong_answers_ = 0;           ///< to the question where the next message is
  int empty_pages_ = 0;             ///< the last so many were as wide as may be, and empty
  std::uint32_t asked_number_ = 0;  ///< whose UID was asked for
  Uid found_ = 0;                   ///< and what it is
  int gaps_ = 0;                    ///< that asking for each UID by itself did not fill
  bool shown_any_ = false;          ///< the server has shown some message
  std::size_t withheld_ = 0;        ///< messages that it refused to show by themselves
  std::size_t withheld_in_a_row_ = 0;
  std::optional<Error> ended_;          ///< how the connection ended
  bool asked_ahead_ = false;            ///< all pages were on their way before
  std::vector<std::string> questions_;  ///< tags of the other commands that are on their way
  std::string search_tag_;              ///< the one among them that must not be refused
  Uid highest_ = 0;                     ///< UID that any answer named
  std::deque<Page> pages_;              ///< on their way, ascending
  std::vector<FetchedMessage> ready_;
  std::size_t used_ = 0;
};

}  // namespace mboxferry::imap
