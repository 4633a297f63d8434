// SPDX-License-Identifier: Apache-2.0
// Which files a command needs.
#include "cli/sandbox_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

#include "mboxferry/base/file.h"

namespace mboxferry::cli {

void add_sandbox_option(boost::program_options::options_description& group) {
  group.add_options()("no-sandbox", flag(),
                      "do not confine the process to the files that it needs "
                      "(docs/reliability.md)");
}

SandboxRights rights_of(const Options& options) {
  SandboxRights rights;
  add_system_rights(rights);
  for (const char* output : {"report-json", "report-csv", "report-html", "metrics-file"}) {
    if (const std::string path = options.text(output); !path.empty() && path != "-")
      add_output(rights, path);
  }
  if (const std::string path = options.text("ca-file"); !path.empty()) add_input(rights, path);
  return rights;
}

void add_archives(SandboxRights& rights, const std::vector<std::string>& archives,
                  bool follow_links) {
  if (follow_links) rights.reads_everything = true;
  for (const std::string& archive : archives) add_input(rights, archive);
}

void add_journal(SandboxRights& rights, const std::string& journal) {
  add_output(rights, journal);
  // The lock of a journal that is a link lies beside the file.
  add_output(rights, canonical_path(journal));
}

void add_jobs(SandboxRights& rights, const std::vector<std::string>& places) {
  for (const std::string& place : places) {
    std::error_code ignored;
    if (std::filesystem::is_directory(place, ignored)) {
      rights.workplaces.push_back(place);
    } else {
      add_journal(rights, place);
    }
  }
}

void confine(const Options& options, const SandboxRights& rights) {
  if (!options.has_flag("no-sandbox")) static_cast<void>(enter_sandbox(rights));
}

std::string sandbox_line() {
  const int version = landlock_version();
  return version > 0 ? fmt::format("sandbox: Landlock {}\n", version)
                     : "sandbox: none, this kernel has no Landlock\n";
}

}  // namespace mboxferry::cli
