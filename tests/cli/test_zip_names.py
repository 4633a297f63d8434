# SPDX-License-Identifier: Apache-2.0
"""Names of folders in zip archives, in the character sets that programs write."""
import json
import struct
import zlib

from support.program import ProgramTest

MAIL = b"From a@example.org Thu Jan  1 00:00:01 2015\nSubject: x\n\nbody\n"
UTF8 = 0x800


def unicode_path(raw, name):
    """The extra field 0x7075 (APPNOTE.TXT 4.6.9): the name in UTF-8, for the raw name's CRC."""
    data = struct.pack("<BI", 1, zlib.crc32(raw)) + name.encode()
    return struct.pack("<HH", 0x7075, len(data)) + data


def zip_bytes(*members):
    """Members are (raw name, flags, extra field); their data is MAIL, stored."""
    body = directory = b""
    for raw, flags, extra in members:
        common = struct.pack("<HHHHHIIIHH", 20, flags, 0, 0, 0x5000, zlib.crc32(MAIL), len(MAIL),
                             len(MAIL), len(raw), len(extra))
        directory += (b"PK\1\2" + struct.pack("<H", 20) + common +
                      struct.pack("<HHHII", 0, 0, 0, 0, len(body)) + raw + extra)
        body += b"PK\3\4" + common + raw + extra + MAIL
    end = struct.pack("<HHHHIIH", 0, 0, len(members), len(members), len(directory), len(body), 0)
    return body + directory + b"PK\5\6" + end


class ZipNamesTest(ProgramTest):
    def scan(self, *members):
        path = self.folder / "packed.zip"
        path.write_bytes(zip_bytes(*members))
        outcome = self.run_program("scan", "--json", path)
        self.assert_code(outcome, 0)
        (archive,) = json.loads(outcome.out)["archives"]
        return [folder["path"] for folder in archive["folders"]], outcome.err

    def test_names_marked_as_utf8_need_no_guess(self):
        names, told = self.scan(("Entwürfe".encode(), UTF8, b""), ("Отправленные".encode(), UTF8, b""))
        self.assertEqual(names, ["Entwürfe", "Отправленные"])
        self.assertEqual(told, "")

    def test_utf8_without_a_mark_is_seen(self):
        names, told = self.scan(("Entwürfe".encode(), 0, b""))
        self.assertEqual(names, ["Entwürfe"])
        self.assertEqual(told, "")

    def test_the_unicode_path_field_decides(self):
        raw = "Entw?rfe".encode("cp437")
        names, told = self.scan((raw, 0, unicode_path(raw, "Entwürfe")),
                                (b"\x81berholt", 0, unicode_path(b"other", "wrong")))
        self.assertEqual(names, ["Entwürfe", "überholt"])
        self.assertIn("1 name is not marked as UTF-8, and read as CP437", told)

    def test_names_without_a_mark_are_read_in_the_code_page_that_makes_them_words(self):
        for encoding, page, names in (
                ("cp437", "CP437", ["Entwürfe", "Gelöschte Objekte", "Été", "Straße"]),
                ("cp850", "CP850", ["Entwürfe", "Útil", "São João", "Açúcar"]),
                ("cp866", "CP866", ["Входящие", "Отправленные"]),
                ("cp1251", "Windows-1251", ["Входящие", "Отправленные"]),
                ("cp1252", "Windows-1252", ["Entwürfe", "Éléments envoyés"])):
            with self.subTest(encoding):
                found, told = self.scan(*((name.encode(encoding), 0, b"") for name in names))
                self.assertEqual(found, names)
                self.assertIn(f"{len(names)} names are not marked as UTF-8, and read as {page}", told)

    def test_names_that_are_words_in_none_are_cp437(self):
        names, told = self.scan((b"\xb0\xb1\xb2", 0, b""))
        self.assertEqual(names, ["░▒▓"])
        self.assertIn("CP437", told)
