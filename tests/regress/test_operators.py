# SPDX-License-Identifier: Apache-2.0
"""What operators copy from jobs/: systemd takes the units, and the alerts fire when they should."""
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from support.program import ROOT

RULES = ROOT / "jobs/prometheus/mboxferry.rules.yml"
JOB = 'account="a@h:993"'


def promtool():
    """Installed, or unpacked by tools/test."""
    if found := shutil.which("promtool"):
        return found
    unpacked = sorted(pathlib.Path("/var/cache/mboxferry").glob("prometheus-*/usr/bin/promtool"))
    return str(unpacked[-1]) if unpacked else None


@unittest.skipUnless(shutil.which("systemd-analyze"), "no systemd here")
class SystemdTest(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        for path in (ROOT / "jobs/systemd").iterdir():
            text = path.read_text().replace("/usr/bin/mboxferry", "/bin/true")
            # Neither program nor manual page need be installed where the tests run.
            lines = [one for one in text.splitlines() if not one.startswith("Documentation=")]
            (self.folder / path.name).write_text("\n".join(lines) + "\n")

    def analyze(self, *arguments):
        done = subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout + done.stderr

    def test_the_units_are_taken(self):
        for kind in ("service", "timer"):
            self.assertEqual(self.analyze("verify", f"{self.folder}/mboxferry-batch@x.{kind}"),
                             (0, ""))

    def test_the_service_is_hardened(self):
        code, out = self.analyze("security", "--offline=true", "--threshold=20",
                                 f"{self.folder}/mboxferry-batch@x.service")
        self.assertEqual(code, 0, out[-300:])


@unittest.skipUnless(promtool(), "promtool is not here; tools/test unpacks it")
class AlertsTest(unittest.TestCase):
    def check(self, *arguments):
        done = subprocess.run([promtool(), *map(str, arguments)], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def fires(self, series, when, *alerts, labels=JOB, interval="1m"):
        """Of all alerts, exactly these fire at the time `when`; `series`: {name: values}, one at
        each interval."""
        names = [line.split()[-1] for line in RULES.read_text().splitlines() if "- alert:" in line]
        written = "".join(f"      - series: '{name}{{{labels}}}'\n        values: '{values}'\n"
                          for name, values in series.items())
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "test.yml"
            # Whether one fires, without its texts, is a number in the series ALERTS.
            path.write_text(
                f"rule_files: [{RULES}]\nevaluation_interval: {interval}\n"
                f"tests:\n  - interval: {interval}\n"
                f"    input_series:\n{written}    promql_expr_test:\n"
                + "".join(f"      - expr: count(ALERTS{{alertname=\"{name}\",alertstate=\"firing\"}})"
                          f" or vector(0)\n        eval_time: {when}\n        exp_samples:\n"
                          f"          - {{labels: '{{}}', value: {int(name in alerts)}}}\n"
                          for name in names))
            self.check("test", "rules", path)

    def test_the_rules_are_rules(self):
        self.check("check", "rules", RULES)

    def test_each_end_has_its_alert(self):
        for status, alerts in ((0, ()), (3, ()), (1, ["MboxferryFailed"]),
                               (65, ["MboxferryFailed"]), (77, ["MboxferryLoginRefused"]),
                               (130, ["MboxferryNotFinished"]), (75, ["MboxferryNotFinished"])):
            for kind in ("", "batch_"):
                series = {f"mboxferry_{kind}exit_status": f"{status}x50",
                          f"mboxferry_{kind}running": "0x50"}
                if kind and status == 77:
                    series["mboxferry_batch_accounts_login_refused"] = "1x50"
                with self.subTest(status=status, kind=kind):
                    self.fires(series, "30h", *alerts, labels="" if kind else JOB, interval="1h")
        self.fires({"mboxferry_exit_status": "75x50"}, "20h", interval="1h")

    def test_a_run_that_stands_still_or_has_gone_is_told(self):
        moving = {"mboxferry_running": "1x300", "mboxferry_waiting_seconds": "0x300",
                  "mboxferry_run_bytes_stored_total": "0+1000x300",
                  "mboxferry_archive_bytes_read": "5x300",
                  "mboxferry_written_timestamp_seconds": "0+60x300"}
        self.fires(moving, "2h")
        still = {**moving, "mboxferry_run_bytes_stored_total": "5x300"}
        self.fires(still, "2h", "MboxferryNothingMoves")
        self.fires({**still, "mboxferry_waiting_seconds": "60x300"}, "2h")
        self.fires({**moving, "mboxferry_written_timestamp_seconds": "600x300"}, "2h",
                   "MboxferryGone")

    def test_refused_mail_and_failed_accounts_are_told_whatever_the_status(self):
        self.fires({"mboxferry_exit_status": "3x10", "mboxferry_messages_refused": "2x10",
                    "mboxferry_running": "0x10"}, "5m", "MboxferryRefused")
        self.fires({"mboxferry_batch_exit_status": "75x10", "mboxferry_batch_running": "0x10",
                    "mboxferry_batch_accounts_failed": "190x10",
                    "mboxferry_batch_accounts_refused": "1x10"}, "5m", "MboxferryAccountsFailed",
                   "MboxferryRefused", labels="")

    def test_what_was_not_read_is_told(self):
        self.fires({"mboxferry_unread": "2x10", "mboxferry_running": "0x10"}, "5m",
                   "MboxferryUnread")
        self.fires({"mboxferry_batch_accounts_incomplete": "1x10"}, "5m", "MboxferryUnread",
                   labels="")


if __name__ == "__main__":
    unittest.main()
