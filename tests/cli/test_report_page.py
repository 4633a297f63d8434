# SPDX-License-Identifier: Apache-2.0
# The HTML report in a real browser: it draws, asks no network, and can be searched and sorted.

import json
import os
import pathlib
import re
import unittest

from support import browser, journals
from support.report_jobs import HOSTILE, ReportJobs

ROWS = "[...document.querySelectorAll('#table tbody tr')].map(row => [...row.cells].map(cell => " \
       "cell.textContent))"


@unittest.skipUnless(browser.program(), "chromium is not installed")
class ReportPageTest(ReportJobs):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = cls.enterClassContext(browser.Browser())

    def setUp(self):
        super().setUp()
        self.browser.requests.clear()
        self.browser.problems.clear()
        self.browser.view(1280, 900)

    def show(self, *jobs):
        page = self.folder / "page.html"
        self.report_of(*jobs, "--html", page)
        self.browser.open(page)
        return page

    def screenshot(self, name):
        """For people, when they ask for them."""
        if folder := os.environ.get("MBOXFERRY_SCREENSHOTS"):
            self.browser.screenshot(pathlib.Path(folder) / f"{name}.png")

    def assert_quiet(self, page):
        self.assertEqual(self.browser.problems, [])
        self.assertEqual(set(self.browser.requests), {page.resolve().as_uri()})

    def charts(self):
        return self.browser.run(
            "[...document.querySelectorAll('figure')].map(one => [one.querySelector('figcaption')"
            ".firstChild.textContent, one.querySelectorAll('.bar, .curve').length,"
            " one.querySelector('svg').getAttribute('role'),"
            " one.querySelectorAll('tbody tr').length])")

    def rows(self):
        return self.browser.run(ROWS)

    def search(self, text):
        self.browser.run("{ const box = document.getElementById('search'); box.value = '';"
                         " box.focus() }")
        self.browser.type(text)

    def test_the_page_that_migrate_wrote_has_every_chart_but_that_of_refusals(self):
        page = self.finished / "report.html"
        self.browser.open(page)
        charts = {name: rest for name, *rest in self.charts()}
        self.assertEqual(set(charts), {"Messages stored over time", "By year", "By size",
                                       "By folder"})
        for name, (drawn, role, rows) in charts.items():
            self.assertGreater(drawn, 0, name)
            self.assertEqual(role, "img")
            self.assertGreater(rows, 0, name)
        self.assertIn("complete", self.browser.run("document.querySelector('h1').textContent"))
        mailboxes = self.browser.run("[...document.querySelectorAll('#account tbody tr')]"
                                     ".map(row => row.textContent)")
        self.assertEqual(len(mailboxes), 3)
        self.assert_quiet(page)

    def test_many_accounts_are_counted_sorted_searched_and_opened(self):
        page = self.show(self.jobs())
        self.assertEqual(self.browser.run("document.querySelector('h1').textContent"),
                         "1 of 4 accounts complete")
        self.assertEqual([row[2] for row in self.rows()],
                         ["failed", "not finished", "refused", "complete"])
        self.assertIn("Refusals by cause", [name for name, *_ in self.charts()])
        heading = "[...document.querySelectorAll('thead th')].find(one => " \
                  "one.textContent === 'Refused')"
        self.browser.run(f"{heading}.querySelector('button').focus()")
        self.browser.key("Enter")
        self.assertEqual(self.browser.run(f"{heading}.getAttribute('aria-sort')"), "descending")
        self.assertEqual([row[5] for row in self.rows()], ["25", "0", "0", "0"])
        self.browser.key("Enter")
        self.assertEqual(self.browser.run(f"{heading}.getAttribute('aria-sort')"), "ascending")
        self.assertEqual([row[5] for row in self.rows()][-1], "25")
        self.search("TWO.example such")
        self.assertEqual([row[0] for row in self.rows()], ["c"])
        self.search("nobody")
        self.assertEqual(self.rows(), [["No account matches."]])
        self.search("b one.ex")
        # Another one's reason may name a folder of the test, in which there may be a b.
        self.browser.run("[...document.querySelectorAll('#table tbody a')]"
                         ".find(link => link.textContent === 'b').focus()")
        self.browser.key("Enter")
        self.browser.run("new Promise(done => setTimeout(done, 100))")
        self.assertEqual(self.browser.run("document.activeElement.textContent"),
                         "b on one.example")
        account = self.browser.run("document.getElementById('account').textContent")
        self.assertIn("too big, <b>", account)
        self.assertIn("5 more", account)
        self.assert_quiet(page)

    def test_equal_problems_are_one_line_and_choose_their_accounts(self):
        jobs = self.folder / "jobs"
        jobs.mkdir()
        for number in range(12):
            user = f"user{number:02}@one.example"
            reason = f"{user}:993: mailbox Work of user{number:02} was refused" if number < 9 else \
                "cannot find archive" if number < 11 else ""
            journals.edit(journals.copy(self.finished / "job.journal", jobs / f"{number}.journal"),
                          account=f"{user}:993", **(dict(verdict="failed", reason=reason) if reason else {}))
        page = self.show(jobs)
        buttons = "[...document.querySelectorAll('#reasons button')]"
        self.assertEqual(self.browser.run(f"{buttons}.map(one => one.textContent)"),
                         ["9 accounts: mailbox Work of \u2026 was refused",
                          "2 accounts: cannot find archive"])
        self.browser.run(f"{buttons}[1].focus()")
        self.browser.key("Enter")
        self.assertEqual([row[0] for row in self.rows()], ["user09", "user10"])
        self.assertEqual(self.browser.run(f"{buttons}.map(one => one.getAttribute('aria-pressed'))"),
                         ["false", "true"])
        self.search("user10")
        self.assertEqual([row[0] for row in self.rows()], ["user10"])
        self.search(" ")
        self.browser.run(f"{buttons}[1].click()")
        self.assertEqual(len(self.rows()), 12)
        self.screenshot("problems")
        self.assert_quiet(page)

    def test_what_people_with_other_senses_or_screens_need_is_there(self):
        self.show(self.jobs())
        self.assertEqual(self.browser.run("document.documentElement.lang"), "en")
        levels = self.browser.run("[...document.querySelectorAll('h1, h2, h3')]"
                                  ".map(one => Number(one.tagName[1]))")
        self.assertEqual(levels[0], 1)
        self.assertTrue(all(after - before <= 1 for before, after in zip(levels, levels[1:])))
        nameless = self.browser.run(
            "[...document.querySelectorAll('input, select')].filter(one => !one.labels.length)"
            ".length + [...document.querySelectorAll('table')].filter(one => !one.caption).length +"
            " [...document.querySelectorAll('th')].filter(one => !one.scope).length +"
            " [...document.querySelectorAll('svg')].filter(one => "
            "!one.getAttribute('aria-label')).length")
        self.assertEqual(nameless, 0)
        for dark in (False, True):
            for width in (320, 390, 1280):
                with self.subTest(width=width, dark=dark):
                    self.browser.view(width, 800, dark=dark, phone=width < 1000)
                    self.browser.run("new Promise(done => setTimeout(done, 100))")
                    self.assertLessEqual(
                        self.browser.run("document.documentElement.scrollWidth"), width)
                    self.assertGreaterEqual(self.browser.run(LEAST_CONTRAST), 4.5)
                    self.screenshot(f"jobs-{width}-{'dark' if dark else 'light'}")

    def test_hostile_names_are_only_text(self):
        page = self.show(self.hostile_journal())
        self.assertEqual(self.browser.run("document.querySelectorAll('script').length"), 3)
        self.assertEqual(self.browser.run("document.querySelectorAll('img, i, b, iframe').length"),
                         0)
        shown = self.browser.run("document.body.innerText")
        for name in HOSTILE:
            if name.isprintable():
                self.assertIn(name, shown)
        self.assertIn("\\u202egnp.exe", shown)
        self.assertIn("\\x1b[2J", shown)
        self.assertNotIn("\u202e", page.read_text())
        self.assert_quiet(page)

    def test_nothing_but_the_pages_own_script_and_style_can_run(self):
        page = self.show(self.jobs())
        text = page.read_text()
        policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)[1]
        self.assertTrue(policy.startswith("default-src 'none';"))
        self.assertNotIn("unsafe", policy)
        evil = self.folder / "evil.html"
        evil.write_text(text.replace("<main", "<script>window.evil = 1</script><main", 1))
        self.browser.open(evil)
        self.assertEqual(self.browser.run("typeof window.evil"), "undefined")
        self.assertNotEqual(self.browser.problems, [])

    def test_ten_thousand_accounts_do_not_freeze_it(self):
        jobs = self.folder / "many"
        jobs.mkdir()
        one = self.finished / "job.journal"
        refused = journals.copy(one, self.folder / "refused.journal")
        journals.edit(refused, verdict="refused")
        journals.refuse(refused, 3, "too-big", "Too big")
        journals.multiply([one] * 9 + [refused], jobs, 10_000)
        page = self.show(jobs)
        self.assertEqual(self.browser.run("document.querySelector('h1').textContent"),
                         "9,000 of 10,000 accounts complete")
        self.assertEqual(len(self.rows()), 100)
        self.assertEqual(self.rows()[0][2], "refused")
        self.search("user09876")
        self.assertEqual([row[0] for row in self.rows()], ["user09876"])
        self.search("")
        for _ in range(2):
            self.browser.run("document.querySelector('#table thead button').click()")
        # Rows are made for what is looked at only: that is why it does not freeze.
        self.assertEqual([row[0] for row in self.rows()],
                         [f"user{number:05}" for number in range(9999, 9899, -1)])
        self.screenshot("many")
        self.assert_quiet(page)
        report = self.folder / "many.json"
        self.report_of(jobs, "--json", report)
        self.assertEqual(len(json.loads(report.read_text())["accounts"]), 10_000)


# The least contrast (WCAG 2) of any text with what it stands on.
LEAST_CONTRAST = """(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const light = (color) => {
    const [r, g, b] = numbers(color).map((part) => part / 255)
      .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = (one) => {
    for (; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if ((numbers(color)[3] ?? 1) > 0.99) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  let least = 21;
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!own || one.disabled || !one.getClientRects().length) continue;
    const style = getComputedStyle(one);
    const color = one instanceof SVGElement ? style.fill : style.color;
    const [more, less] = [light(color), light(ground(one))].sort((a, b) => b - a);
    least = Math.min(least, (more + 0.05) / (less + 0.05));
  }
  return least;
})()"""


if __name__ == "__main__":
    unittest.main()
