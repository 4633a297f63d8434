// SPDX-License-Identifier: Apache-2.0
// Looks for the states of other plans; what is none is passed over.
#include "cli/dns_earlier.h"

#include <filesystem>
#include <system_error>

#include "cli/dns.h"
#include "mboxferry/dns/check.h"

namespace mboxferry::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostLookedAt = 10'000;
constexpr std::string_view kStateSuffix = ".state";

}  // namespace

std::optional<EarlierPlan> earlier_plan(const std::string& path, const dns::Plan& plan,
                                        std::int64_t now) {
  std::optional<EarlierPlan> last;
  std::error_code error;
  const fs::path folder = fs::path(path).parent_path();
  fs::directory_iterator entries(folder.empty() ? fs::path(".") : folder, error);
  for (std::size_t i = 0; !error && entries != fs::directory_iterator() && i < kMostLookedAt;
       entries.increment(error), ++i) {
    const fs::path name = entries->path().filename();
    if (name.extension() != kStateSuffix || name.stem() == fs::path(path).filename()) continue;
    const std::string other_path = folder / name.stem();
    const auto other = read_plan_file(other_path);
    if (!other || other->zone != plan.zone) continue;
    const auto state = read_plan_state(other_path, *other);
    if (!state || !*state || (*state)->stage != dns::ApplyStage::applied) continue;
    const std::int64_t end = dns::forgotten_at(*other, (*state)->unix_seconds, plan);
    if (end > now && (!last || end > last->forgotten)) last = EarlierPlan{other_path, end};
  }
  return last;
}

}  // namespace mboxferry::cli
