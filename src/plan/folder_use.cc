// SPDX-License-Identifier: Apache-2.0
// Folders by name.
#include "mboxferry/plan/folder_use.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "mboxferry/message/gmail_labels.h"
#include "plan/name_folding.h"
#include "plan/special_use.h"

namespace mboxferry::plan {
namespace {

// Mail that was never received either; these have no special use.
constexpr std::array<std::string_view, 10> kUnsentNames{
    "Templates", "Template", "Outbox",     "Unsent Messages", "Vorlagen",
    "Modèles",   "Modelli",  "Plantillas", "Sjablonen",       "Modelos"};

FolderUse use_of_name(const std::string& name) {
  const auto use = special_use_named(name);
  if (use == SpecialUse::junk) return FolderUse::junk;
  if (use == SpecialUse::sent || use == SpecialUse::drafts || use == SpecialUse::trash)
    return FolderUse::own;
  const std::string folded = fold_letters(name);
  const bool is_unsent =
      std::any_of(kUnsentNames.begin(), kUnsentNames.end(),
                  [&](std::string_view unsent) { return fold_letters(unsent) == folded; });
  return is_unsent ? FolderUse::own : FolderUse::any;
}

}  // namespace

FolderUse folder_use(const std::vector<std::string>& path) {
  for (const std::string& level : path) {
    const FolderUse use = use_of_name(level);
    if (use != FolderUse::any) return use;
  }
  return FolderUse::any;
}

FolderUse labels_use(const std::vector<std::string>& labels) {
  FolderUse use = FolderUse::any;
  for (const std::string& label : labels) {
    switch (message::label_meaning(label)) {
      case message::LabelMeaning::sent:
      case message::LabelMeaning::drafts:
      case message::LabelMeaning::trash:
        return FolderUse::own;
      case message::LabelMeaning::spam:
        use = FolderUse::junk;
        break;
      default:
        break;
    }
  }
  return use;
}

}  // namespace mboxferry::plan
