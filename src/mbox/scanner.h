// SPDX-License-Identifier: Apache-2.0
// The one streaming pass over a folder that survey and split share.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "mbox/clock_evidence.h"
#include "mbox/follow.h"
#include "mbox/from_line.h"
#include "mbox/landing.h"
#include "mbox/window.h"
#include "mboxferry/mbox/splitter.h"

namespace mboxferry::mbox {

/// What a pass has counted for the survey.
struct ScanCounts {
  std::uint64_t messages = 0;
  std::uint64_t after_blank = 0;       ///< separators behind an empty line, the first one left out
  std::uint64_t without_blank = 0;     ///< good From_ lines and headers without one, taken or not
  std::uint64_t quoted = 0;            ///< `^>+From ` body lines
  std::uint64_t quoted_plausible = 0;  ///< those that were From_ lines before they were quoted
  std::uint64_t quoted_twice = 0;      ///< `^>>+From ` body lines
  std::uint64_t unquoted = 0;          ///< body lines that begin with `From ` and do not separate
  std::uint64_t unquoted_plausible = 0;
  std::uint64_t lengths_landed = 0;  ///< messages whose Content-Length was right
  std::uint64_t lengths_lied = 0;
  std::uint64_t dates = 0;
  bool one_minute = true;    ///< all dates lie in one minute
  bool all_exporter = true;  ///< all From_ lines are `From - ` or `From ???@???`
  std::int64_t first_minute = 0;
};

/// Walks over a folder and tells a MessageSink what it finds. Every decision depends on the
/// message it falls in and on a bounded number of bytes around it, so that a pass that starts at a
/// message makes the same ones.
class Scanner {
 public:
  Scanner(ByteSource& source, ByteSource& peek, const FolderProfile& profile, MessageSink& sink,
          const Cancellation& cancel, std::uint64_t start, const Accounting& so_far,
          const WindowSizes& sizes = {});

  /// Runs to the end of the folder.
  Result<Accounting> run();
  [[nodiscard]] const ScanCounts& counts() const { return counts_; }
  /// Only of a pass that was told to collect_clock().
  [[nodiscard]] const ClockEvidence& clock() const { return clock_; }
  void collect_clock() { collects_clock_ = true; }

 private:
  enum class State { leading, junk, header, body };

  /// Whether a candidate follows other text in the same line.
  enum class Glued {
    no,
    behind_text,
    as_quoted,  ///< behind a blank or a sign of quotation
  };

  /// One line that begins with `From `, and its surroundings.
  struct Candidate {
    std::uint64_t offset = 0;
    std::uint64_t next_line = 0;
    std::string_view line;
    std::optional<FromLine> from;
    Follow follow = Follow::text;
    bool blank = false;             ///< an empty line stands before it
    std::uint64_t blank_start = 0;  ///< where that empty line begins; `offset` when there is none
    bool clear = false;             ///< it stands where a separator may be expected
    bool marked = false;            ///< a byte order mark stands before it, at `offset`
    Glued glued = Glued::no;

    [[nodiscard]] bool header_follows() const {
      return follow == Follow::known_header || follow == Follow::header;
    }
    [[nodiscard]] bool plausible() const { return from && from->form >= FromForm::vague; }
  };

  /// What the rules say; a reason makes it a doubt.
  struct Verdict {
    bool taken = false;
    const char* reason = nullptr;
  };

  Result<void> step();
  Result<void> slide();
  Result<void> step_leading();
  Result<void> step_header();
  Result<void> step_lines();
  void read_header_line(std::string_view line);
  Result<void> strip_stray_line();
  Result<bool> consider(std::uint64_t offset);
  Result<void> report_utf16(std::uint64_t end);
  void count_quoted(std::uint64_t first_quote, std::uint64_t from);
  void count_separator(const Candidate& candidate);

  [[nodiscard]] Candidate look_at(std::uint64_t offset) const;
  void find_blank(Candidate& candidate) const;
  [[nodiscard]] std::uint64_t message_end_before(const Candidate& candidate) const;
  [[nodiscard]] Verdict decide(const Candidate& candidate) const;
  [[nodiscard]] Verdict decide_clear(const Candidate& candidate) const;
  [[nodiscard]] Verdict decide_close(const Candidate& candidate) const;
  [[nodiscard]] Result<bool> inside_length(const Candidate& candidate);
  [[nodiscard]] bool inside_part(const Candidate& candidate);
  [[nodiscard]] bool inside_inclusion(const Candidate& candidate);
  Result<void> count_unquoted(const Candidate& candidate);
  Result<void> report_doubt(const Candidate& candidate, const char* reason, bool taken);
  Result<void> report(std::uint64_t offset, const char* code, std::string text);

  Result<void> start_message(const Candidate& candidate);
  Result<void> finish_message(std::uint64_t end, std::uint64_t resume_at);
  Result<void> finish_junk(std::uint64_t end);
  Result<void> finish_folder();
  Result<void> report_missing_end(std::uint64_t end);
  Result<void> check_length(std::uint64_t end, std::uint64_t resume_at);
  Result<void> emit(std::uint64_t until);

  [[nodiscard]] bool in_message() const { return state_ == State::header || state_ == State::body; }
  [[nodiscard]] bool begins_line(std::uint64_t offset) const;
  /// `From ` begins at `offset`, maybe behind a byte order mark.
  [[nodiscard]] bool is_from_at(std::uint64_t offset) const;
  /// The place of the byte order mark that ends at `from`; `from` without one.
  [[nodiscard]] std::uint64_t before_mark(std::uint64_t from) const;
  /// Whether a separator begins at `offset` although other text stands before it in its line.
  [[nodiscard]] Glued glued_at(std::uint64_t offset) const;
  /// What a line in none of the known forms is that stands where a separator may and has mail
  /// behind it; nothing for text.
  [[nodiscard]] std::optional<FromLine> unknown_form(const Candidate& candidate) const;

  Window window_;
  Landing landing_;
  const FolderProfile profile_;
  MessageSink& sink_;
  const Cancellation& cancel_;
  const bool lone_cr_;
  const std::uint64_t resumed_at_;  ///< 0 when the pass starts at the folder's beginning
  Accounting accounting_;
  ScanCounts counts_;
  ClockEvidence clock_;
  bool collects_clock_ = false;

  State state_ = State::leading;
  std::uint64_t position_;    ///< everything before it is decided
  std::uint64_t region_;      ///< where the message's bytes begin, or the junk
  bool inside_line_ = false;  ///< position_ lies in a header line that is longer than the window
  bool quotes_before_base_ = false;  ///< the window begins within the `>` at a line's beginning
  char before_base_ = '\n';          ///< the byte before the window
  bool contradicted_ = false;

  // The message, or the run of junk, that is under way.
  std::uint64_t emitted_ = 0;
  std::uint64_t quotes_ = 0;
  bool is_patch_ = false;  ///< its From_ line has git's date
  std::uint64_t header_lines_ = 0;
  std::optional<std::uint64_t> body_;  ///< where the body begins
  std::optional<std::uint64_t> content_length_;
  std::optional<std::uint64_t> stated_end_;
  bool length_contradictory_ = false;
  bool length_lies_ = false;
  std::uint64_t protected_until_ = 0;
  const char* protected_reason_ = nullptr;
};

}  // namespace mboxferry::mbox
