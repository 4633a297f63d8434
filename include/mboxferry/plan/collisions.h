// SPDX-License-Identifier: Apache-2.0
// Finds different folders that would end in one mailbox, before anything is created.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/plan/mapping.h"

namespace mboxferry::plan {

/// What a mailbox holds already of what goes into it.
enum class Held {
  nothing,  ///< the server has no such mailbox
  perhaps,  ///< the server has it; nobody knows what is in it
  its_mail  ///< an earlier run of the job has stored there
};

/// Collects where everything goes. Grows with the number of folders and labels, not with the mail.
class CollisionFinder {
 public:
  /// `source`: the path of a folder, or a label. The same one may come several times, as the parts
  /// of a split download do.
  void add(std::string_view source, const MappedName& mapped, Held held = Held::nothing);

  /// Error `configuration`: different sources have the same mailbox, or mailboxes that differ in
  /// case only (some servers take them for one) and are not both there already, and not all of them
  /// were sent there deliberately.
  /// It lists the first few, and says for the first pair which --map makes no second copy.
  [[nodiscard]] Result<void> check() const;

 private:
  struct Source {
    std::string name;
    std::string mailbox;
    bool deliberate;
    Held held;
  };
  static bool clash(const Source& one, const Source& other);
  static std::string advice(const Source& one, const Source& other);
  std::map<std::string, std::vector<Source>> by_folded_name_;
};

}  // namespace mboxferry::plan
