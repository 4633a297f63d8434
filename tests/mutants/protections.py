# SPDX-License-Identifier: Apache-2.0
# What exactly-once rests on, each with the change that switches it off and the test that must fail.

import contextlib
from dataclasses import dataclass


@dataclass
class Mutant:
    """One protection switched off. changes: (file, text that must be there once, what stands there instead)."""

    name: str
    test: str  # folder/module.Class.test, or unit/PROGRAM CASE
    changes: tuple

    @contextlib.contextmanager
    def applied(self, tree):
        before = {}
        try:
            for file, old, new in self.changes:
                path = tree / file
                text = path.read_text()
                before.setdefault(path, text)
                if text.count(old) != 1:
                    raise SystemExit(f"{self.name}: {file} has changed; mend this mutant")
                path.write_text(text.replace(old, new))
            yield
        finally:
            for path, text in before.items():
                path.write_text(text)


# A command's end is given to the stream before the command counts as possibly stored.
END_AFTER_ITS_BYTES = (
    ("src/imap/append/append_pipeline.cc",
     "  if (command != in_flight_.end()) command->ended = true;\n", ""),
    ("src/imap/append/append_pipeline.cc",
     "  assert(command == in_flight_.end() || command->ended);\n", ""),
    ("src/imap/append/append_pipeline.cc", '  return put("\\r\\n");\n',
     '  MBOXFERRY_TRY(put("\\r\\n"));\n'
     "  if (command != in_flight_.end()) command->ended = true;\n  return ok();\n"))

MUTANTS = (
    Mutant("intent-after-sending", "crash/test_kill.DovecotKillTest",
           (("src/transfer/upload/sender.cc",
             "  MBOXFERRY_TRY(commit({std::move(intent)}));\n  batch.begun",
             "  MBOXFERRY_TRY(commit({}));\n  batch.begun"),
            ("src/transfer/upload/sender.cc",
             "  const auto sent = target_.append(number, mailbox_.row.name, messages, literals);\n",
             "  const auto sent = target_.append(number, mailbox_.row.name, messages, literals);\n"
             "  MBOXFERRY_TRY(commit({std::move(intent)}));\n"))),
    Mutant("end-counts-after-its-bytes",
           "unit/unit_imap an end of a command that has left counts as possibly stored at every fill",
           END_AFTER_ITS_BYTES),
    Mutant("end-counts-after-its-bytes-on-dovecot", "integration/test_buffer_ends",
           END_AFTER_ITS_BYTES),
    Mutant("no-settle-time", "crash/test_cuts.LateCommitTest",
           (("src/transfer/check/reconcile.cc",
             "  return std::min(std::max({by_count, by_bytes, 4 * slowest_confirm}), "
             "milliseconds{120'000});",
             "  return std::min(std::max({by_count, by_bytes, 4 * slowest_confirm}), "
             "milliseconds{0});"),)),
    Mutant("equal-copies-match-by-key",
           "unit/unit_journal equal copies are never certain, and each seen copy settles one",
           (("src/journal/reconcile.cc",
             '" HAVING count(id) = 1 AND count(uid) = 1 AND max(taken) = 0 ORDER BY 1"',
             '" HAVING count(id) > 0 AND count(uid) > 0 ORDER BY 1"'),)),
    Mutant("known-copies-match-again",
           "unit/unit_journal UIDs that are known, below the floor or seen twice are left out",
           (("src/journal/reconcile.cc",
             '                       " WHERE NOT EXISTS (SELECT 1 FROM temp.known WHERE uid = ?1)",\n',
             '                       " WHERE 1 = 1",\n'),)),
    Mutant("commits-not-synced", "fault/test_power_loss",
           (("src/journal/database.cc", "synchronous=FULL", "synchronous=OFF"),)),
    Mutant("replies-without-an-owner", "integration/test_name_matrix.DovecotSlashNameMatrix",
           (("src/imap/session/connection.cc",
             "  while (utf8_asked_) {\n    MBOXFERRY_TRY(give_again());\n"
             "    MBOXFERRY_TRY(read_for_others());\n  }\n",
             "  MBOXFERRY_TRY(settle_background());\n"),
            ("src/imap/session/connection.cc",
             "  if (taken || owner_ == nullptr || !owner_->owns(reply)) return taken;\n",
             "  if (taken || true) return taken;\n"))),
)
