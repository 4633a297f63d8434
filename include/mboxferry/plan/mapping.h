// SPDX-License-Identifier: Apache-2.0
// Which mailbox the messages of a folder, or of a Gmail label, go into.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"

namespace mboxferry::plan {

/// A folder that the user gives another mailbox (--map).
struct MapRule {
  std::string from;  ///< a path, `/` between its levels, maybe with wildcards; all that is below a
                     ///< path without wildcards moves with it
  std::string to;    ///< a mailbox, relative to the user's own; INBOX in any case is INBOX
  bool of_many = false;  ///< one of a file of rules, which may be for other archives as well
};

/// True when the rule says where the folder or label goes, unless one before it does. `path`: `/`
/// between its levels.
bool rule_matches(const MapRule& rule, std::string_view path);

/// What the user says about mailbox names. Everything is UTF-8 with `/` between levels; in
/// `mailbox`, `subfolder` and MapRule::to, where there is no `/`, the server's separator does as
/// well.
struct MappingRules {
  std::optional<std::string> mailbox;  ///< of the URL: takes a single folder, and a tree below it
  std::string subfolder;               ///< everything goes below it, and below `mailbox` if named
  std::vector<MapRule> maps;           ///< the first that matches wins over everything else
  bool special_use = true;  ///< Sent goes to the server's mailbox for sent mail, and so on
  /// The account's user, maybe with `@domain`: a single mbox of that name is the user's INBOX.
  std::string owner;
};

/// A mailbox that the server has.
struct KnownMailbox {
  std::string name;         ///< UTF-8 with the server's separator
  std::string special_use;  ///< `\Sent` and so on (RFC 6154), or empty
  bool selectable = true;
};

/// How this server names mailboxes.
struct ServerNames {
  std::string prefix;    ///< of the user's own mailboxes: "" or "INBOX."
  char separator = '/';  ///< 0: no hierarchy; levels are then joined by `_`
  std::vector<KnownMailbox> mailboxes;
};

class SpecialMailboxes;

/// Where something goes.
struct MappedName {
  std::string name;          ///< UTF-8 with the server's separator and prefix
  std::string renamed_from;  ///< the path, with `/`, when the mailbox has another name; else empty
  std::string why;           ///< a short phrase: the rule that renamed it; else empty
  bool deliberate = false;  ///< two folders may share this mailbox: it is INBOX, has a special use,
                            ///< or was named by the user, and no character had to be replaced
  bool usual = false;       ///< as anybody expects it: the plan shows it, and a run need not say so
};

/// Maps folders and labels to mailbox names, each on its own; what must not meet is found by
/// CollisionFinder. The order of the rules: --map; the owner's name or a special
/// use, when neither `mailbox` nor `subfolder` is set; the folder's own name below those two. INBOX
/// is found in any case at the top level. Names that servers refuse are changed by the rules of
/// src/plan/name_rules.h.
class Mapper {
 public:
  /// Errors: `configuration` when a mailbox that the user named cannot be one on this server.
  static Result<Mapper> create(MappingRules rules, ServerNames server);

  /// `in_tree`: the folder is one of several, so it goes below MappingRules::mailbox, not into it.
  [[nodiscard]] MappedName map_folder(const std::vector<std::string>& path, bool in_tree) const;

  /// Other mailboxes that the folder would go into if the command named its parent, itself, or one
  /// of the folders between alone or with others, the likeliest first. Where the user named a
  /// mailbox (in the URL, or by MappingRules::subfolder) that one and what is below it; none with
  /// --map.
  [[nodiscard]] std::vector<std::string> names_by_other_commands(
      const std::vector<std::string>& path) const;

  /// True when everything but --map goes into, or below, a mailbox that the user named.
  [[nodiscard]] bool has_named_place() const { return !base_.empty(); }
  /// That mailbox.
  [[nodiscard]] std::string named_place() const { return qualified(base_, true); }

  /// A label of LabelChoice::mailboxes. Gmail's own labels, in all the languages that
  /// message::label_meaning() knows, go by their special use.
  [[nodiscard]] MappedName map_label(std::string_view label) const;

  /// Where mail of blocked senders goes: what --map says of `Junk`, else the mailbox that the
  /// server marks `\Junk` or that has a name out of the table of such names, else `Junk`.
  [[nodiscard]] MappedName map_junk() const;
  /// INBOX, for mail that is taken out of junk.
  [[nodiscard]] MappedName map_inbox() const;
  /// True when the server marks the mailbox as one for sent mail, drafts or deleted mail.
  [[nodiscard]] bool keeps_own_mail(const std::string& mailbox) const;

  /// True when the server lists a mailbox of exactly that name.
  [[nodiscard]] bool is_on_server(const std::string& mailbox) const;

  /// What to tell the user when the mailbox is not there, and one whose name differs in case only
  /// is.
  [[nodiscard]] std::optional<std::string> case_notice(const MappedName& mapped) const;

 private:
  using Levels = std::vector<std::string>;
  struct Rule {
    std::string from;
    bool glob = false;
    Levels to;
  };

  Mapper(MappingRules rules, ServerNames server);
  [[nodiscard]] std::string joined(const Levels& levels) const;
  [[nodiscard]] std::string qualified(const Levels& levels, bool user_named) const;
  [[nodiscard]] std::optional<MappedName> by_rule(const Levels& path) const;
  [[nodiscard]] std::optional<MappedName> by_owner(const Levels& path) const;
  [[nodiscard]] std::optional<MappedName> by_special_use(const Levels& path) const;
  [[nodiscard]] MappedName by_own_name(const Levels& path) const;
  [[nodiscard]] MappedName map_label_path(const Levels& path) const;
  [[nodiscard]] MappedName below(std::string head, const Levels& path, std::size_t from,
                                 std::string why) const;

  MappingRules rules_;
  ServerNames server_;
  std::vector<Rule> maps_;
  Levels base_;  ///< of `mailbox` and `subfolder`
  std::shared_ptr<const SpecialMailboxes> special_;
  std::map<std::string, std::vector<std::string>> known_names_;  ///< of the server, by folded name
};

}  // namespace mboxferry::plan
