// SPDX-License-Identifier: Apache-2.0
// Which share of a batch this process takes.
#include "cli/shard.h"

#include <charconv>
#include <cstdlib>

namespace mboxferry::cli {
namespace {

constexpr std::uint32_t kMostShards = 100'000;

std::optional<std::uint32_t> number_in(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return value;
}

std::optional<std::uint32_t> variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::nullopt : number_in(value);
}

bool is_possible(std::optional<std::uint32_t> index, std::optional<std::uint32_t> count) {
  return index && count && *count > 0 && *count <= kMostShards && *index < *count;
}

Error contradiction(const std::string& what) {
  return {ErrorCode::configuration, what, "say with --shard I/N which share this process takes"};
}

Result<std::optional<Shard>> from_slurm() {
  if (std::getenv("SLURM_ARRAY_TASK_ID") == nullptr) return std::optional<Shard>();
  const auto task = variable("SLURM_ARRAY_TASK_ID");
  const auto count = variable("SLURM_ARRAY_TASK_COUNT");
  const std::uint32_t least = variable("SLURM_ARRAY_TASK_MIN").value_or(0);
  const std::uint32_t step = std::max(variable("SLURM_ARRAY_TASK_STEP").value_or(1), 1U);
  const auto index = task && *task >= least ? std::optional((*task - least) / step) : std::nullopt;
  if (!is_possible(index, count)) {
    return contradiction(
        "this is a task of a Slurm array whose numbers are not MIN-MAX or "
        "MIN-MAX:STEP");
  }
  return std::optional(Shard{*index, *count});
}

Result<std::optional<Shard>> from_kubernetes() {
  if (std::getenv("JOB_COMPLETION_INDEX") == nullptr) return std::optional<Shard>();
  const auto index = variable("JOB_COMPLETION_INDEX");
  const auto count = variable("JOB_COMPLETIONS");
  if (!is_possible(index, count)) {
    return contradiction(
        "JOB_COMPLETION_INDEX is set, and JOB_COMPLETIONS does not say of how many");
  }
  return std::optional(Shard{*index, *count});
}

}  // namespace

Result<Shard> read_shard(const Options& options) {
  if (const auto text = options.get<std::string>("shard")) {
    const std::size_t slash = text->find('/');
    const auto index = number_in(text->substr(0, slash));
    const auto count =
        slash == std::string::npos ? std::nullopt : number_in(text->substr(slash + 1));
    if (is_possible(index, count)) return Shard{*index, *count};
    return Error{ErrorCode::usage, "--shard has a value that is not known",
                 "it takes I/N, with I from 0 to N-1"};
  }
  MBOXFERRY_ASSIGN(const auto slurm, from_slurm());
  if (slurm) return *slurm;
  MBOXFERRY_ASSIGN(const auto kubernetes, from_kubernetes());
  return kubernetes.value_or(Shard{});
}

}  // namespace mboxferry::cli
