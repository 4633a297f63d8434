# SPDX-License-Identifier: Apache-2.0
"""Messages that lie among each other in a container cost little more than those in order."""
import io
import os
import random
import tarfile
import unittest
import zipfile

from support.program import PROGRAM, ProgramTest

MESSAGES = 4000
FOLDERS = 100
ROUNDS = 3
MOST_TIMES = 1.5
MORE_KIB = 8 << 10


def members(interleaved):
    text = random.Random(1)
    names = [f"folder{number % FOLDERS:03}/{number:05}.eml" for number in range(MESSAGES)]
    names = random.Random(2).sample(names, MESSAGES) if interleaved else sorted(names)
    for name in names:
        yield name, (f"From: a@example.org\nSubject: {name}\nMessage-ID: <{name}@example.org>\n\n"
                     f"{text.randbytes(700).hex()}\n").encode()


def write_zip(path, interleaved):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in members(interleaved):
            packed.writestr(name, content)


def write_tar(path, interleaved):
    with tarfile.open(path, "w:gz", compresslevel=1) as packed:
        for name, content in members(interleaved):
            info = tarfile.TarInfo(name)
            info.size = len(content)
            packed.addfile(info, io.BytesIO(content))


class InterleavedCostTest(ProgramTest):
    def cost(self, archive):
        """CPU seconds and the peak of memory in KiB."""
        output = os.open(self.folder / "out", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        child = os.posix_spawn(PROGRAM, [str(PROGRAM), "scan", "--json", str(archive)], os.environ,
                               file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
        os.close(output)
        _, status, usage = os.wait4(child, 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)
        return usage.ru_utime + usage.ru_stime, usage.ru_maxrss

    def test_it_takes_at_most_half_as_long_again_and_no_more_memory(self):
        for ending, write in (("zip", write_zip), ("tar.gz", write_tar)):
            with self.subTest(ending):
                in_order, among = (self.folder / f"{name}.{ending}" for name in ("order", "among"))
                write(in_order, False)
                write(among, True)
                # In turn, so that what else the machine does meets both; the least counts.
                rounds = [(self.cost(in_order), self.cost(among)) for _ in range(ROUNDS)]
                seconds = [min(one[which][0] for one in rounds) for which in (0, 1)]
                memory = [max(one[which][1] for one in rounds) for which in (0, 1)]
                print(f"{ending}: {seconds[0]:.2f} s in order, {seconds[1]:.2f} s among each other; "
                      f"peak {memory[0] >> 10} and {memory[1] >> 10} MiB")
                self.assertLess(seconds[1], MOST_TIMES * seconds[0])
                self.assertLess(memory[1], memory[0] + MORE_KIB)


class ManyFoldersTest(ProgramTest):
    def faults(self, folders):
        archive = self.folder / f"{folders}.tar.gz"
        text = b"".join(b"From a@example.org Thu Jan  1 00:00:01 2015\nFrom: a@example.org\n"
                        b"Subject: %d\n\n" % number + b"text\n" * 200 + b"\n"
                        for number in range(1200))
        with tarfile.open(archive, "w:gz", compresslevel=1) as packed:
            for number in range(folders):
                member = tarfile.TarInfo(f"mail/Box{number}")
                member.size = len(text)
                packed.addfile(member, io.BytesIO(text))
        told = self.folder / "faults"
        outcome = self.run_program("scan", "--progress=none", archive,
                                   under=("/usr/bin/time", "-f", "%R", "-o", str(told)))
        self.assert_code(outcome, 0)
        return int(told.read_text().split()[-1])

    def test_the_next_folder_gets_the_memory_of_the_one_before(self):
        # A page for each 4 KiB of its buffers would be 500 and more.
        self.assertLess((self.faults(25) - self.faults(5)) / 20, 150)


if __name__ == "__main__":
    unittest.main()
