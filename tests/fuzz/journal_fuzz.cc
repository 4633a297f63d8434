// SPDX-License-Identifier: Apache-2.0
// Fuzz target: any bytes as a journal, read as `status` and `report` read it.
//
// The first bytes of an input patch a good journal, so that most inputs are journals in part: the
// corpus begins with an empty input, which is the good one itself. An input that begins as SQLite
// files do is the journal as a whole.
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <system_error>

#include "mboxferry/journal/journal.h"
#include "mboxferry/journal/memory.h"
#include "mboxferry/report/csv_ledger.h"
#include "mboxferry/report/html_page.h"
#include "mboxferry/report/job_report.h"

namespace {

using namespace mboxferry;

/// Takes everything and keeps nothing; ends what would go on without end.
class Nowhere final : public report::TextOutput {
 public:
  Result<void> write(std::string_view text) override {
    written_ += text.size();
    if (written_ <= kMost) return ok();
    return Error{ErrorCode::io, "enough", ""};
  }
  Result<void> flush() override { return ok(); }

 private:
  static constexpr std::size_t kMost = std::size_t{64} << 20U;
  std::size_t written_ = 0;
};

void write_file(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  file.close();
  if (!file || ::chmod(path.c_str(), 0600) != 0) std::abort();
}

/// A folder of this process, gone when it ends well.
class Folder {
 public:
  Folder() {
    if (::mkdtemp(path_.data()) == nullptr) std::abort();
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_ = "/tmp/journal-fuzz-XXXXXX";
};

const Folder& folder() {
  static const Folder made;
  return made;
}

void must(const Result<void>& done) {
  if (!done) std::abort();
}

/// A journal with rows in most tables, as one file.
const std::string& good_journal() {
  static const std::string bytes = [] {
    const std::string path = folder().file("good");
    {
      auto journal = journal::Journal::open(path, journal::OpenMode::create_or_resume);
      if (!journal) std::abort();
      must((*journal)->claim({"ada@example.com@localhost:993", "/mail.mbox\n", "mailbox=Mail\n"}));
      for (int i = 0; i < 30; ++i)
        must((*journal)->set_note("note." + std::to_string(i), std::string(40, 'n')));
    }
    std::ifstream file(path, std::ios::binary);
    return std::string{std::istreambuf_iterator<char>(file), {}};
  }();
  return bytes;
}

/// Five bytes each: three for the place, one for how it changes, one for the value.
std::string patched(std::string bytes, std::string_view changes) {
  for (; changes.size() >= 5; changes.remove_prefix(5)) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(changes[i]); };
    const std::size_t place = (at(0) | std::size_t{at(1)} << 8U | std::size_t{at(2)} << 16U);
    char& byte = bytes[place % bytes.size()];
    byte = static_cast<char>(at(3) % 2 == 0 ? at(4) : static_cast<unsigned char>(byte) ^ at(4));
  }
  return bytes;
}

void read_all(const journal::Journal& journal) {
  const report::RunFacts facts{"complete", "ada", "localhost", {}, 0, 0, ""};
  const report::AccountSource accounts = [&](const report::AccountVisitor& visit) {
    return visit(facts, &journal);
  };
  // Each may fail; none may crash, hang or take what it likes.
  for (const auto& write :
       std::array<Result<void> (*)(report::TextOutput&, const report::AccountSource&), 2>{
           report::write_job_report, report::write_csv_ledger}) {
    Nowhere out;
    static_cast<void>(write(out, accounts));
  }
  Nowhere page;
  static_cast<void>(report::write_html_page(page, accounts, 1'700'000'000));
  Nowhere status;
  static_cast<void>(report::write_status_report(status, journal));
  Nowhere summary;
  static_cast<void>(report::write_status_summary(summary, journal, {}));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool limited = [] {
    journal::limit_memory(1);
    return true;
  }();
  static_cast<void>(limited);
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::string path = folder().file("journal");
  for (const char* suffix : {"-wal", "-shm"}) ::unlink((path + suffix).c_str());
  write_file(path, input.starts_with("SQLite format 3") ? std::string(input)
                                                        : patched(good_journal(), input));
  const auto journal = journal::Journal::open(path, journal::OpenMode::read_only);
  if (journal) read_all(**journal);
  return 0;
}
