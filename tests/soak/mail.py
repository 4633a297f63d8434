# SPDX-License-Identifier: Apache-2.0
# A job's archive, and what must be in its mailboxes afterwards.

import collections
import gzip
import io
import random
import tarfile
import zipfile
from dataclasses import dataclass

from support import archives

from .plan import BUFFER_ENDS

ROOT = "Box"


class JobArchive:
    """path: what is given to the program. wanted: {levels below the target: [Expected]}."""

    def __init__(self, plan, folder):
        self._plan = plan
        self._folder = folder
        self.wanted = {}
        self._whole = b""
        getattr(self, "_make_" + plan.form.replace(".", "_"))()
        self.bytes = sum(one.size for messages in self.wanted.values() for one in messages)
        self.count = sum(map(len, self.wanted.values()))

    def grow(self):
        """What was not there in the first round is added."""
        if self._whole:
            self.path.write_bytes(self._whole)
            self._whole = b""

    def may_grow(self):
        return bool(self._whole)

    def _messages(self, path, number):
        count = self._plan.folders[number]
        rng = random.Random(f"{self._plan.seed}/folder {number}")
        return archives.make(path, count, seed=rng.randrange(1 << 30),
                             copies=rng.randrange(0, max(1, count // 4)), **self._plan.make,
                             near_ends=(self._plan.near_ends, BUFFER_ENDS),
                             keep_wire=self._plan.odd in ("alters", "refuses"))

    def _make_mbox(self):
        self.path = self._folder / "mail.mbox"
        self.wanted[()] = self._messages(self.path, 0)

    def _make_growing(self):
        self._make_mbox()
        self._whole = self.path.read_bytes()
        # Messages end with an empty line before the next separator.
        cut = self._whole.find(b"\n\nFrom ", len(self._whole) // 2)
        if cut >= 0:
            self.path.write_bytes(self._whole[:cut + 2])

    def _make_mbox_gz(self):
        self._make_mbox()
        packed = self._folder / "mail.mbox.gz"
        packed.write_bytes(gzip.compress(self.path.read_bytes(), 1))
        self.path.unlink()
        self.path = packed

    def _make_tree(self):
        self.path = self._folder / "tree"
        self.path.mkdir()
        for number, name in enumerate(self._plan.names):
            self.wanted[name,] = self._messages(self.path / name, number)

    def _make_zip(self):
        self._make_tree()
        tree, self.path = self.path, self._folder / "tree.zip"
        with zipfile.ZipFile(self.path, "w", zipfile.ZIP_DEFLATED) as packed:
            for file in sorted(tree.iterdir()):
                packed.writestr(zipfile.ZipInfo(file.name, (2020, 1, 1, 0, 0, 0)),
                                file.read_bytes())

    def _make_tar_gz(self):
        self._make_tree()
        tree, self.path = self.path, self._folder / "tree.tar.gz"
        with tarfile.open(self.path, "w:gz", compresslevel=1) as packed:
            for file in sorted(tree.iterdir()):
                entry = tarfile.TarInfo(file.name)
                data = file.read_bytes()
                entry.size = len(data)
                packed.addfile(entry, io.BytesIO(data))


@dataclass
class Comparison:
    """Of mailboxes with what must be in them; counts of messages."""

    messages: int = 0
    lost: int = 0
    twice: int = 0
    altered: int = 0
    foreign: int = 0  # mail of others that is gone or changed, and mail that nobody sent
    words: tuple = ()

    def good(self):
        return not self.words

    def forgive(self, doubts):
        """So many messages may be missing, as they are told to be in doubt."""
        if self.lost <= doubts and not (self.twice or self.altered or self.foreign):
            self.lost, self.words = 0, ()

    def add(self, mailbox, wanted, others, found):
        """wanted, others, found: Expected of each message."""
        left = collections.Counter(one.key() for one in wanted)
        foreign = collections.Counter(one.key() for one in others)
        extra = collections.Counter(one.key() for one in found)
        known = set(left)
        extra.subtract(left + foreign)
        missing = +collections.Counter({key: -count for key, count in extra.items()})
        extra = +extra
        self.messages += sum(left.values())
        twice = sum(count for key, count in extra.items() if key in known)
        strange = sum(extra.values()) - twice
        gone = sum(count for key, count in missing.items() if key in known)
        altered = min(strange, gone)
        self.twice += twice
        self.lost += gone - altered
        self.altered += altered
        self.foreign += strange - altered + sum(missing.values()) - gone
        self.words += tuple(f"{mailbox}: missing {count}x {key}" for key, count in missing.items())
        self.words += tuple(f"{mailbox}: too many {count}x {key}" for key, count in extra.items())
