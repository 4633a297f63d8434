// SPDX-License-Identifier: Apache-2.0
// What the command says, and what the journal remembers.
#include "transfer/source/job_outputs.h"

#include <filesystem>
#include <vector>

#include "mboxferry/base/file.h"

namespace mboxferry::transfer {
namespace {

/// The journal's note of the files that commands of this job have written, one a line.
constexpr const char* kOutputsNote = "outputs";
constexpr std::size_t kMostOutputs = 100;

std::set<std::string> outputs_of_note(const std::string& note) {
  const std::vector<std::string> paths = journal::archive_paths(note);
  return {paths.begin(), paths.end()};
}

}  // namespace

std::set<std::string> job_files(const std::string& journal) {
  std::set<std::string> own;
  if (journal.empty()) return own;
  const std::string path = canonical_path(journal);
  for (const char* const behind : {"", "-wal", "-shm", ".lock", ".refused.mbox"})
    own.insert(path + behind);
  return own;
}

std::set<std::string> written_files(const JobSettings& settings) {
  std::set<std::string> written;
  for (const std::string& output : settings.outputs) written.insert(canonical_path(output));
  std::error_code ignored;
  if (settings.journal_path.empty() || !std::filesystem::exists(settings.journal_path, ignored))
    return written;
  const auto journal = journal::Journal::open(settings.journal_path, journal::OpenMode::read_only);
  if (!journal) return written;
  const auto note = (*journal)->note(kOutputsNote);
  if (note) written.merge(outputs_of_note(note->value_or("")));
  return written;
}

Result<void> note_outputs(const JobSettings& settings, journal::Journal& journal) {
  if (settings.outputs.empty()) return ok();
  MBOXFERRY_ASSIGN(const auto note, journal.note(kOutputsNote));
  std::set<std::string> outputs = outputs_of_note(note.value_or(""));
  for (const std::string& output : settings.outputs) outputs.insert(canonical_path(output));
  // Each run may give its report a name of its own.
  while (outputs.size() > kMostOutputs) outputs.erase(outputs.begin());
  return journal.set_note(kOutputsNote, journal::archive_lines({outputs.begin(), outputs.end()}));
}

}  // namespace mboxferry::transfer
