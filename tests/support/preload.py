# SPDX-License-Identifier: Apache-2.0
# Libraries of tests/fault/preload around the program under test.

import os
import pathlib
import unittest

from .program import PROGRAM


def preloaded(name, **settings) -> dict:
    """Environment for a run of the program with the library `name`; skips where it is not built."""
    library = pathlib.Path(PROGRAM).parent / f"lib{name}.so"
    if not library.exists():
        raise unittest.SkipTest(f"{library.name} is not beside the program")
    # The sanitizers' runtime wants to be first, and works as well behind these libraries.
    options = [one for one in (os.environ.get("ASAN_OPTIONS"), "verify_asan_link_order=0") if one]
    return {"LD_PRELOAD": library, "ASAN_OPTIONS": ":".join(options), **settings}
