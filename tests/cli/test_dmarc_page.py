# SPDX-License-Identifier: Apache-2.0
# The page of `dmarc report --html` in a real browser: it draws, asks nothing, and runs nothing.

import os
import pathlib
import unittest

from support import browser
from support import dmarc_reports as made
from support.program import ProgramTest


@unittest.skipUnless(browser.program(), "chromium is not installed")
class DmarcPageTest(ProgramTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = cls.enterClassContext(browser.Browser())

    def test_the_page_shows_sums_and_bars_and_passes_nothing_on(self):
        hostile = "&lt;img src=x onerror=document.title=1&gt;"
        xml = made.report(1, made.record(count=75), made.record(ip="198.51.100.7", count=25,
                                                               dkim="fail", signer="other.example"),
                          made.record(ip="two", count="two"), org=hostile)
        (self.folder / "a.xml").write_bytes(xml)
        outcome = self.run_program("dmarc", "report", "--html", self.folder / "a.xml")
        self.assert_code(outcome, 3)
        page = self.folder / "page.html"
        page.write_text(outcome.out, encoding="utf-8")
        self.browser.view(1280, 900)
        self.browser.open(page)
        self.assertEqual(self.browser.problems, [])
        self.assertEqual(set(self.browser.requests), {page.resolve().as_uri()})
        self.assertEqual(self.browser.run("document.querySelector('.sum').textContent"),
                         "75.0 % passed")
        rows = self.browser.run("[...document.querySelectorAll('#sources tbody tr')].map(row => "
                                "[...row.cells].slice(0, 3).map(cell => cell.textContent.trim()))")
        self.assertEqual(rows, [["192.0.2.1", "75", "100.0 %"], ["198.51.100.7", "25", "0.0 %"]])
        widths = self.browser.run("[...document.querySelectorAll('#sources tr:nth-child(1) rect, "
                                  "#sources tr:nth-child(2) rect')].map(one => "
                                  "one.getBoundingClientRect().width)")
        self.assertEqual(widths, [240, 0, 0, 80])
        self.assertEqual(self.browser.run("document.querySelectorAll('img, script').length"), 0)
        self.assertEqual(self.browser.run("document.querySelector('#files').rows.length"), 2)
        if folder := os.environ.get("MBOXFERRY_SCREENSHOTS"):
            self.browser.screenshot(pathlib.Path(folder) / "dmarc.png")


if __name__ == "__main__":
    unittest.main()
