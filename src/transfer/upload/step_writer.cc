// SPDX-License-Identifier: Apache-2.0
// One writes for all who wait.
#include "transfer/upload/step_writer.h"

#include <iterator>
#include <utility>
#include <vector>

namespace mboxferry::transfer {
namespace {

template <typename T>
void move_to_end(std::vector<T>& target, std::vector<T>& source) {
  if (target.empty()) {
    target = std::move(source);
  } else {
    target.insert(target.end(), std::make_move_iterator(source.begin()),
                  std::make_move_iterator(source.end()));
  }
}

void add(journal::Step& target, journal::Step& step) {
  move_to_end(target.stored, step.stored);
  move_to_end(target.refused, step.refused);
  move_to_end(target.planned_again, step.planned_again);
  move_to_end(target.keywords_lost, step.keywords_lost);
  move_to_end(target.intents, step.intents);
}

}  // namespace

Result<void> StepWriter::commit(journal::Step step) {
  if (step.empty()) return ok();
  std::unique_lock lock(mutex_);
  add(gathering_, step);
  const std::uint64_t mine = gathering_number_;
  for (;;) {
    if (error_) return *error_;
    if (written_number_ >= mine) return ok();
    if (writing_) {
      written_.wait(lock);
      continue;
    }
    writing_ = true;
    const journal::Step all = std::exchange(gathering_, {});
    const std::uint64_t number = gathering_number_++;
    lock.unlock();
    const Result<void> result = journal_.commit(all);
    lock.lock();
    writing_ = false;
    written_number_ = number;
    if (!result) error_ = result.error();
    written_.notify_all();
  }
}

}  // namespace mboxferry::transfer
