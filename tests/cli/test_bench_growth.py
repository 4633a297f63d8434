# SPDX-License-Identifier: Apache-2.0
# The server of tools/bench growth keeps what it is given, so that what is measured is a whole run.

import contextlib
import io
import pathlib
import tempfile
import unittest

from bench import growth


class GrowthTest(unittest.TestCase):
    def table(self, kind, size, messages):
        with tempfile.TemporaryDirectory(prefix="mf-growth-") as name:
            folder = pathlib.Path(name)
            with growth.sink(folder) as (port, ca_file), \
                    contextlib.redirect_stdout(io.StringIO()) as out:
                growth.measure_kind(kind, [size], growth.Place(folder, port, ca_file, messages))
        return out.getvalue()

    def test_every_kind_runs_to_its_end_and_again(self):
        for kind, size, messages, runs in (("messages", 40, 1, 4), ("labels", 3, 40, 4),
                                           ("folders", 3, 1, 4), ("accounts", 2, 3, 2)):
            with self.subTest(kind):
                rows = [line for line in self.table(kind, size, messages).splitlines()
                        if line.startswith(f"| {size} | ")]
                self.assertEqual(len(rows), runs)


if __name__ == "__main__":
    unittest.main()
