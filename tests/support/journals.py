# SPDX-License-Identifier: Apache-2.0
# Journals made from one that a real job left behind: as many, and as hostile, as a test wants.

import pathlib
import shutil
import sqlite3

PLACE = "user00000@imap.example.org:993"


def edit(journal, **changes):
    """`account`, and notes by name, as another job would have left them."""
    with sqlite3.connect(journal) as database:
        if account := changes.pop("account", None):
            database.execute("UPDATE identity SET value = ? WHERE name = 'account'", (account,))
        for name, value in changes.items():
            database.execute("INSERT OR REPLACE INTO note VALUES(?, ?)", (name, value))
    database.close()


def refuse(journal, rows, code, text):
    """Makes the first stored messages refused ones."""
    with sqlite3.connect(journal) as database:
        ids = [row[0] for row in database.execute(
            "SELECT id FROM message WHERE state = 12 ORDER BY id LIMIT ?", (rows,))]
        assert len(ids) == rows
        for one in ids:
            database.execute("UPDATE message SET state = 13 WHERE id = ?", (one,))
            database.execute("INSERT INTO reason VALUES(?, ?, ?)", (one, code, text))
    database.close()


def copy(journal, path):
    """The journal as one file, as it is after a checkpoint."""
    with sqlite3.connect(journal) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return pathlib.Path(shutil.copy(journal, path))


def multiply(templates, folder, count):
    """`count` small journals in `folder`, each of an account of its own, in turn like the
    templates. The files differ in nothing but the account's number, so they are written as bytes."""
    contents = []
    for template in templates:
        small = copy(template, folder / "template")
        edit(small, account=PLACE)
        database = sqlite3.connect(small)
        database.execute("PRAGMA journal_mode=DELETE")
        database.execute("PRAGMA page_size=512")
        database.execute("VACUUM")
        database.close()
        contents.append(small.read_bytes())
        assert contents[-1].count(PLACE.encode()) == 1
        small.unlink()
    for number in range(count):
        content = contents[number % len(contents)]
        account = PLACE.replace("00000", f"{number:05}")
        path = folder / f"{number:05}.journal"
        path.write_bytes(content.replace(PLACE.encode(), account.encode()))
        path.chmod(0o600)
