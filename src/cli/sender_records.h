// SPDX-License-Identifier: Apache-2.0
// What pushes have added to the lists of a provider's mailboxes, in files of the state folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "mboxferry/base/result.h"
#include "mboxferry/provider/sender_push.h"

namespace mboxferry::cli {

/// The records of one mail service, a JSON file for each mailbox.
class SenderRecords {
 public:
  /// `service`: provider::Infomaniak::place(). The folder may not be there until save().
  SenderRecords(std::string folder, std::string service);

  /// Nothing when there is none. Errors: `configuration`, when it is damaged or others can write
  /// it.
  [[nodiscard]] Result<std::optional<provider::SenderRecord>> load(
      const std::string& mailbox) const;
  [[nodiscard]] Result<void> save(const std::string& mailbox,
                                  const provider::SenderRecord& record) const;
  [[nodiscard]] Result<void> remove(const std::string& mailbox) const;
  /// The mailboxes that have a record, sorted.
  [[nodiscard]] Result<std::vector<std::string>> mailboxes() const;
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  [[nodiscard]] std::string path_of(const std::string& mailbox) const;

  std::string folder_;
  std::string service_;
  std::string prefix_;  ///< of the names of files
};

/// A record as text and back; nothing when it is none of this mailbox.
std::string record_text(const std::string& service, const std::string& mailbox,
                        const provider::SenderRecord& record);
struct NamedRecord {
  std::string service;
  std::string mailbox;
  provider::SenderRecord record;
};
std::optional<NamedRecord> record_from_text(const std::string& text);

}  // namespace mboxferry::cli
