// SPDX-License-Identifier: Apache-2.0
// Which settings a job that has begun may change.
#include "transfer/plan/claim_job.h"

#include <string>
#include <string_view>

namespace mboxferry::transfer {
namespace {

/// The settings without what may be changed, as text.
std::string fixed_text(JobSettings settings) {
  settings.exclude.clear();
  settings.open.unpack_memory = archive::kUnpackMemory;
  settings.open.follow_links = false;
  settings.skip_existing = false;
  return identity_of(settings).settings;
}

/// What is taken away again would leave folders or messages of which nobody knows what to do.
bool only_adds(const JobSettings& before, const JobSettings& now) {
  return (now.open.follow_links || !before.open.follow_links) &&
         (now.skip_existing || !before.skip_existing);
}

}  // namespace

Result<void> claim_job(const JobSettings& settings, journal::Journal& journal) {
  const journal::JobIdentity identity = identity_of(settings);
  MBOXFERRY_ASSIGN(const journal::JobIdentity recorded, journal.identity());
  const bool may_join = recorded.account == identity.account &&
                        recorded.archives == identity.archives &&
                        recorded.settings != identity.settings;
  if (may_join) {
    const auto before = settings_of(recorded);
    if (before && only_adds(*before, settings) && fixed_text(*before) == fixed_text(settings))
      MBOXFERRY_TRY(journal.change_settings(identity.settings));
  }
  return journal.claim(identity);
}

}  // namespace mboxferry::transfer
