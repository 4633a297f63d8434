# SPDX-License-Identifier: Apache-2.0
# Packed files do not choose how much memory reading them takes.

import io
import json
import lzma
import random
import shutil
import struct
import subprocess
import tarfile
import unittest
import zipfile

from support import journals, windows
from support.fake_imap import FakeImap
from support.program import PROGRAM, ProgramTest

MEBIBYTE = 1 << 20
ALLOWED = 128 * MEBIBYTE
MORE_KIB = 64 << 10
LARGE = 72 * MEBIBYTE
MAIL = b"From a@example.com Mon Mar  2 08:15:00 2015\nSubject: x\nMessage-ID: <a@x>\n\nbody\n\n"


def mbox(size):
    """Messages that compress well at once, and fill every window all the same."""
    line = random.Random(1).randbytes(96).hex().encode() + b"\n"
    message = MAIL[:-6] + line * 340 + b"\n"
    return message * (size // len(message) + 1)


def command(*words):
    return lambda data: subprocess.run(words, input=data, capture_output=True, check=True).stdout


def zipped(method):
    def pack(data):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method, compresslevel=1) as packed:
            packed.writestr("a.mbox", data)
        return file.getvalue()
    return pack


def tarred(data):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as packed:
        info = tarfile.TarInfo("a.mbox")
        info.size = len(data)
        packed.addfile(info, io.BytesIO(data))
    return file.getvalue()


# What packs, the ending, and the MiB of the window that the packer chooses and that is allowed.
KINDS = {
    "gzip": (command("gzip", "-1"), "mbox.gz", 0),
    "bzip2": (command("bzip2", "-1"), "mbox.bz2", 0),
    "xz": (command("xz", "-1"), "mbox.xz", 1),
    "xz -9": (command("xz", "-0", "--lzma2=preset=0,dict=64MiB"), "mbox.xz", 64),
    "lzma": (command("xz", "--format=lzma", "-1"), "mbox.lzma", 1),
    "zstd": (command("zstd", "-q", "-3"), "mbox.zst", 2),
    "zstd --long=27": (command("zstd", "-q", "-1", "--long=27"), "mbox.zst", 128),
    "lz4": (command("lz4", "-q", "-c"), "mbox.lz4", 0),
    "lzip": (lambda data: windows.lzip(data, 8 * MEBIBYTE), "mbox.lz", 8),
    "zip": (zipped(zipfile.ZIP_DEFLATED), "zip", 0),
    "zip of bzip2": (zipped(zipfile.ZIP_BZIP2), "zip", 0),
    "zip of lzma": (zipped(zipfile.ZIP_LZMA), "zip", 8),
    "tar": (tarred, "tar", 0),
    "tar of xz": (lambda data: tarred(lzma.compress(data, preset=1)), "tar", 1),
    "tar in gzip": (lambda data: command("gzip", "-1")(tarred(data)), "tar.gz", 0),
}

# What is refused above the limit: the packer, the ending, and what may be said against it.
WIDE = {
    "xz": (windows.xz, "mbox.xz", "--max-unpack-memory 537M"),
    "second stream of xz": (lambda data, size: windows.xz(data, MEBIBYTE) + windows.xz(data, size),
                            "mbox.xz", "--max-unpack-memory 537M"),
    "zstd": (windows.zstd, "mbox.zst", "unpack it"),
    "second frame of zstd": (lambda data, size: windows.zstd(data, MEBIBYTE) +
                             windows.zstd(data, size), "mbox.zst", "unpack it"),
    "whole frame of zstd": (windows.zstd_whole, "mbox.zst", "unpack it"),
    "lzma": (windows.lzma_alone, "mbox.lzma", "--max-unpack-memory 537M"),
    "lzip": (windows.lzip, "mbox.lz", "--max-unpack-memory 537M"),
    "second member of lzip": (lambda data, size: windows.lzip(data, MEBIBYTE) +
                              windows.lzip(data, size), "mbox.lz", "--max-unpack-memory 537M"),
    "zip of lzma": (lambda data, size: windows.zip_lzma("b.mbox", data, size), "zip",
                    "--max-unpack-memory 537M"),
    "zip of xz": (lambda data, size: windows.zip_xz("b.mbox", data, size), "zip",
                  "--max-unpack-memory 537M"),
    "zip of ppmd": (lambda data, size: windows.zip_ppmd("b.mbox", data, size // 2), "zip",
                    "--max-unpack-memory 269M"),
    "zip in a tar": (lambda data, size: tarred_zip(windows.zip_lzma("b.mbox", data, size)), "tar",
                     "--max-unpack-memory 537M"),
}


def tarred_zip(packed):
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo("inner.zip")
        info.size = len(packed)
        tar.addfile(info, io.BytesIO(packed))
    return file.getvalue()


class PackedMemoryTest(ProgramTest):
    def scan(self, path, *options):
        return self.measured("scan", "--progress=none", *options, path, timeout=200)

    def skip_for_sanitizers(self):
        with open(PROGRAM, "rb") as program:
            if b"__asan_init" in program.read():
                self.skipTest("sanitizers take memory of their own")

    def test_every_packed_kind_takes_its_window_and_little_more(self):
        self.skip_for_sanitizers()
        small, large = mbox(MEBIBYTE), mbox(LARGE)
        for kind, (pack, ending, window) in KINDS.items():
            with self.subTest(kind=kind):
                peaks = []
                for data in (small, large):
                    path = self.folder / f"a.{ending}"
                    path.write_bytes(pack(data))
                    outcome, peak = self.scan(path)
                    self.assert_code(outcome, 0)
                    peaks.append(peak)
                    path.unlink()
                more = (peaks[1] - peaks[0]) >> 10
                print(f"{kind}: {more} MiB more, window {window} MiB")
                # The window is filled by the large one and not by the small one.
                self.assertLess(peaks[1] - peaks[0], max(MORE_KIB, (window + 16) << 10))

    def test_more_than_is_allowed_is_refused_with_the_number_and_what_to_do(self):
        self.skip_for_sanitizers()
        data = mbox(8 * MEBIBYTE)[:60_000] + b"\n\n"
        plain = self.folder / "plain.mbox"
        plain.write_bytes(data)
        usual = self.scan(plain)[1]
        for kind, (pack, ending, remedy) in WIDE.items():
            with self.subTest(kind=kind):
                path = self.folder / f"a.{ending}"
                path.write_bytes(pack(data, 512 * MEBIBYTE))
                outcome, peak = self.scan(path)
                # A container's other folder is read.
                self.assert_code(outcome, 3 if "zip" in kind.replace("lzip", "") else 65)
                told = outcome.out + outcome.err
                self.assertRegex(told, r"needs (537|269) MB of memory to be unpacked")
                self.assertIn(remedy, told)
                self.assertNotIn("damaged", outcome.err)
                self.assertLess(peak, usual + MORE_KIB)
                path.unlink()

    def test_the_window_that_is_allowed_by_default_is_read(self):
        for kind, (pack, ending, _) in WIDE.items():
            if "whole" in kind or "ppmd" in kind:
                continue  # these have no data behind their header
            with self.subTest(kind=kind):
                path = self.folder / f"a.{ending}"
                path.write_bytes(pack(MAIL, ALLOWED))
                self.assert_code(self.scan(path)[0], 0)
                path.unlink()

    def test_the_user_allows_more(self):
        for kind, (pack, ending, remedy) in WIDE.items():
            if not remedy.startswith("--") or "ppmd" in kind:
                continue
            with self.subTest(kind=kind):
                path = self.folder / f"a.{ending}"
                path.write_bytes(pack(MAIL, 512 * MEBIBYTE))
                self.assert_code(self.scan(path, *remedy.split())[0], 0)
                path.unlink()

    def test_a_job_file_and_the_environment_set_it(self):
        path = self.folder / "a.mbox.xz"
        path.write_bytes(windows.xz(MAIL, 512 * MEBIBYTE))
        allowed = self.run_program("scan", path, MBOXFERRY_MAX_UNPACK_MEMORY="600M")
        self.assert_code(allowed, 0)
        job = self.folder / "job.ini"
        job.write_text("max-unpack-memory = 12\n")
        job.chmod(0o600)
        refused = self.run_program("migrate", "--config", job, "--dry-run",
                                   "--to", "imaps://a@localhost/", path)
        self.assert_code(refused, 64)
        self.assertIn("--max-unpack-memory", refused.err)

    def test_the_journal_keeps_it_for_retry_and_for_the_same_command(self):
        path = self.folder / "a.mbox.xz"
        path.write_bytes(windows.xz(MAIL, 512 * MEBIBYTE))
        with FakeImap() as server:
            allowed = "--max-unpack-memory=600M"
            self.assert_code(self.migrate(server, path, "Mail", allowed), 0)
            self.assertEqual(len(server.mailboxes["Mail"].messages), 1)
            self.assert_code(self.migrate(server, path, "Mail", allowed), 0)
            self.assertEqual(self.migrate(server, path, "Mail").code, 65)
            journals.refuse(self.folder / "job.journal", 1, "too-big", "Too big")
            server.mailboxes["Mail"].messages.clear()
            self.assert_code(self.run_program(
                "retry", self.folder / "job.journal", "--password-file", server.password_file()), 0)
            self.assertEqual(len(server.mailboxes["Mail"].messages), 1)

    def test_a_size_that_is_none_is_refused(self):
        for size in ("0", "1K", "-5", "much"):
            outcome = self.run_program("scan", f"--max-unpack-memory={size}", "x.mbox")
            self.assert_code(outcome, 64)
            self.assertIn("--max-unpack-memory", outcome.err)

    @unittest.skipUnless(shutil.which("zstd"), "zstd is not installed")
    def test_long_windows_of_zstd_are_no_damage(self):
        path = self.folder / "a.mbox.zst"
        path.write_bytes(command("zstd", "-q", "-1", "--long=31")(mbox(20 * MEBIBYTE)))
        outcome = self.run_program("scan", path)
        self.assert_code(outcome, 65)
        self.assertIn("needs 2148 MB of memory", outcome.err)
        self.assertNotIn("damaged", outcome.err)

    @unittest.skipUnless(shutil.which("zstd"), "zstd is not installed")
    def test_long_windows_of_zstd_in_a_zip_are_no_damage(self):
        content = mbox(20 * MEBIBYTE)
        packed = command("zstd", "-q", "-1", "--long=31")(content)
        path = self.folder / "a.zip"
        path.write_bytes(windows.zip_method("a.mbox", content, packed, 93))
        outcome = self.run_program("scan", path)
        self.assert_code(outcome, 3)
        self.assertIn("needs more memory", outcome.err)
        self.assertNotIn("damaged", outcome.err)


class ListOfHolesTest(ProgramTest):
    """A tar says where the holes of a member are, and libarchive keeps the list in memory."""

    def tar(self, name, holes, old=False):
        """A message between so many holes, and a small folder before it."""
        path = self.folder / name
        parts = [MAIL.ljust(512, b"\n")] * holes if holes < 5000 else []
        if old:
            content = b"".join(parts)
            head = bytearray(tarfile.TarInfo("b.mbox").tobuf(tarfile.GNU_FORMAT))
            places = [struct.pack("12s12s", b"%011o" % (number * 1024), b"%011o" % 512)
                      for number in range(holes)]
            head[124:136] = b"%011o\0" % (holes * 512)
            head[156:157] = b"S"
            head[386:482] = b"".join(places[:4]).ljust(96, b"\0")
            head[482] = holes > 4
            head[483:495] = b"%011o\0" % (holes * 1024)
            head[148:156] = b" " * 8
            head[148:156] = b"%06o\0 " % sum(head)
            more = [b"".join(places[at:at + 21]).ljust(504, b"\0") +
                    bytes([at + 21 < holes]) + bytes(7) for at in range(4, holes, 21)]
            head = bytes(head) + b"".join(more)
        else:
            size = holes * 1024
            listed = b"%d\n" % holes + (b"".join(b"%d\n512\n" % (number * 1024)
                                                 for number in range(holes))
                                        if parts else b"0\n0\n" * holes)
            content = listed.ljust(-len(listed) % 512 + len(listed), b"\0") + b"".join(parts)
            info = tarfile.TarInfo("b.mbox")
            info.size = len(content)
            info.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0",
                                "GNU.sparse.name": "b.mbox", "GNU.sparse.realsize": str(size)}
            head = info.tobuf(tarfile.PAX_FORMAT)
        small = tarfile.TarInfo("a.mbox")
        small.size = len(MAIL)
        path.write_bytes(small.tobuf() + MAIL.ljust(512, b"\0") + head + content + bytes(1024))
        return path

    def test_one_with_some_is_read(self):
        for old in (False, True):
            with self.subTest(old=old):
                outcome = self.run_program("scan", "--json", self.tar("some.tar", 300, old))
                folders = json.loads(outcome.out)["archives"][0]["folders"]
                self.assertEqual([(folder["path"], folder["messages"]) for folder in folders],
                                 [("a", 1), ("b", 300)])

    def test_one_with_millions_takes_no_memory_and_is_told(self):
        usual = self.measured("scan", "--progress=none", self.tar("some.tar", 300))[1]
        for old in (False, True):
            with self.subTest(old=old):
                path = self.tar("many.tar", 3_000_000, old)
                outcome, peak = self.measured("scan", "--progress=none", path)
                self.assertNotEqual(outcome.code, 0)
                self.assertIn("list of holes", outcome.out + outcome.err)
                self.assertNotIn("damaged", outcome.err)
                self.assertLess(peak, usual + MORE_KIB)


class ManyNamesTest(ProgramTest):
    COUNT = 20_000
    LONG = "/".join(["y" * 240] * 15)

    def names(self):
        return (f"d/{number:06d}/{self.LONG}/m.mbox" for number in range(self.COUNT))

    def check(self, path):
        outcome, peak = self.measured("scan", "--progress=none", "--json", path, timeout=500)
        self.assert_code(outcome, 0)
        self.assertIn("too many names to keep", outcome.out)
        small = self.folder / "small.mbox"
        small.write_bytes(MAIL)
        usual = self.measured("scan", "--progress=none", "--json", small)[1]
        print(f"{path.suffix}: {(peak - usual) >> 10} MiB more")
        self.assertLess(peak, usual + MORE_KIB)

    def test_long_names_in_a_zip(self):
        path = self.folder / "names.zip"
        with zipfile.ZipFile(path, "w") as packed:
            for name in self.names():
                packed.writestr(name, MAIL)
        self.check(path)

    def test_long_names_in_a_tar(self):
        path = self.folder / "names.tar"
        with tarfile.open(path, "w") as packed:
            for name in self.names():
                info = tarfile.TarInfo(name)
                info.size = len(MAIL)
                packed.addfile(info, io.BytesIO(MAIL))
        self.check(path)

    def test_long_directories_of_messages(self):
        path = self.folder / "letters.tar"
        with tarfile.open(path, "w") as packed:
            for name in self.names():
                info = tarfile.TarInfo(name.replace("m.mbox", "m.eml"))
                letter = b"From: a@example.com\nSubject: x\n\nbody\n"
                info.size = len(letter)
                packed.addfile(info, io.BytesIO(letter))
        self.check(path)


if __name__ == "__main__":
    unittest.main()
