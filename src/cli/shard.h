// SPDX-License-Identifier: Apache-2.0
// Which share of a batch this process takes.
#pragma once

#include "cli/batch_accounts.h"
#include "cli/options.h"

namespace mboxferry::cli {

/// --shard I/N, with I from 0 to N-1; without it what Slurm says of an array (SLURM_ARRAY_TASK_ID,
/// _COUNT, _MIN and _STEP) or Kubernetes of an indexed Job (JOB_COMPLETION_INDEX, with
/// JOB_COMPLETIONS from the Job's own env); else all. Errors: `usage`, `configuration`.
Result<Shard> read_shard(const Options& options);

}  // namespace mboxferry::cli
