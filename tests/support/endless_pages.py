# SPDX-License-Identifier: Apache-2.0
# SQLite files whose pages lead to each other more often than anybody can follow.

import pathlib
import sqlite3
import struct

PAGE = 4096
LEAF = 13
LEVELS = 8


def interior_page(following):
    """A page of a table's tree that leads to another one two hundred times; searches go by the
    first time."""
    cells = (struct.pack(">I", following) + b"\x9f\xff\xff\x7f") * 200
    start = PAGE - len(cells)
    page = struct.pack(">BHHHBI", 5, 0, 200, start, 0, following)
    page += b"".join(struct.pack(">H", start + 8 * number) for number in range(200))
    return page + bytes(start - len(page)) + cells


def lead_in_circles(file, table):
    """Puts the rows of `table`, which have one page, below levels of such pages."""
    with sqlite3.connect(file) as database:
        root, = database.execute("SELECT rootpage FROM sqlite_schema WHERE name = ?",
                                 (table,)).fetchone()
    database.close()
    content = bytearray(pathlib.Path(file).read_bytes())
    pages = len(content) // PAGE
    place = slice((root - 1) * PAGE, root * PAGE)
    assert content[place.start] == LEAF, "its rows have more than one page"
    leaf = bytes(content[place])
    content[place] = interior_page(pages + 1)
    for number in range(1, LEVELS + 1):
        content += interior_page(pages + number + 1)
    content += leaf
    content[28:32] = struct.pack(">I", pages + LEVELS + 1)
    content[92:96] = content[24:28]  # so that SQLite believes the number of pages
    pathlib.Path(file).write_bytes(content)
