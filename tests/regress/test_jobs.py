# SPDX-License-Identifier: Apache-2.0
"""The jobs that are to be copied say what the program understands."""
import pathlib
import re
import shutil
import subprocess
import unittest

from support.program import PROGRAM, ROOT, ProgramTest

try:
    import yaml
except ImportError:
    yaml = None

KUBERNETES = ROOT / "jobs/kubernetes"


class KubernetesTest(ProgramTest):
    def documents(self):
        if yaml is None:
            self.skipTest("python3-yaml is not installed")
        return list(yaml.safe_load_all((KUBERNETES / "batch.yaml").read_text()))

    def job(self):
        jobs = [one for one in self.documents() if one["kind"] == "Job"]
        self.assertEqual(len(jobs), 1)
        return jobs[0]["spec"]

    def test_the_number_of_shares_is_that_of_the_completions(self):
        spec = self.job()
        self.assertEqual(spec["completionMode"], "Indexed")
        container = spec["template"]["spec"]["containers"][0]
        variables = {one["name"]: one["value"] for one in container["env"]}
        self.assertEqual(variables["JOB_COMPLETIONS"], str(spec["completions"]))
        self.assertLessEqual(spec["parallelism"], spec["completions"])
        self.assertIn("memory", container["resources"]["limits"])

    def test_no_share_ends_the_others(self):
        spec = self.job()
        rules = {rule["action"]: rule.get("onExitCodes", {}).get("values", [])
                 for rule in spec["podFailurePolicy"]["rules"]}
        self.assertEqual(set(rules), {"FailIndex", "Ignore"})
        self.assertGreater(spec["backoffLimitPerIndex"], 1)
        # Those with which the same command goes on by itself are tried again.
        table = (ROOT / "docs/exit-codes.md").read_text().split("## ")[0]
        documented = {int(code) for code in re.findall(r"^\| (\d+) \|", table, re.M)}
        self.assertEqual(documented - set(rules["FailIndex"]), {0, 11, 69, 70, 74, 75, 130})

    def test_what_is_mounted_is_there(self):
        spec = self.job()["template"]["spec"]
        container = spec["containers"][0]
        mounted = {one["name"] for one in container["volumeMounts"]}
        self.assertEqual(mounted, {one["name"] for one in spec["volumes"]})
        mounts = [one["mountPath"] for one in container["volumeMounts"]]
        for argument in container["args"]:
            path = argument.split("=")[-1]
            if path.startswith("/"):
                self.assertTrue(any(path.startswith(mount) for mount in mounts), argument)

    def test_the_program_understands_the_arguments_and_takes_its_share(self):
        """With the paths of this machine, and a file whose accounts are all of other shares."""
        arguments = self.job()["template"]["spec"]["containers"][0]["args"]
        for folder in ("accounts", "archives", "state"):
            (self.folder / folder).mkdir()
        table = self.folder / "accounts/accounts.csv"
        table.write_text("archive,host,user,password\na.mbox,localhost,alice,secret\n")
        table.chmod(0o600)
        (self.folder / "archives/a.mbox").write_text("From a Mon Jan  1 00:00:00 2024\n\nx\n")
        here = [re.sub(r"(^|=)/", rf"\1{self.folder}/", argument) for argument in arguments]
        done = []
        for index in range(8):
            outcome = self.run_program(*here, "--dry-run", "--port=1", "--accounts-at-once=1",
                                       JOB_COMPLETION_INDEX=index, JOB_COMPLETIONS=8)
            self.assertIn(outcome.code, (0, 1), str(outcome))
            done.append("1 accounts" in outcome.out)
        self.assertEqual(sum(done), 1)
        alone = self.run_program(*here, JOB_COMPLETION_INDEX=3)
        self.assert_code(alone, 78)
        self.assertIn("JOB_COMPLETIONS", alone.err)


@unittest.skipUnless(shutil.which("dpkg-query") and PROGRAM, "no Debian packages here")
class ContainerTest(unittest.TestCase):
    def test_the_image_has_every_library_that_the_program_needs(self):
        text = (KUBERNETES / "Containerfile").read_text().split("debian:12-slim")[1]
        # libc and libgcc are in every image.
        installed = set(re.findall(r"[\w.+-]+", text)) | {"libc6", "libgcc-s1"}
        needed = re.findall(r"NEEDED.*\[(.*)\]", subprocess.run(
            ["readelf", "-d", PROGRAM], capture_output=True, text=True, check=True).stdout)
        self.assertGreater(len(needed), 5)
        paths = dict(re.findall(r"(\S+) => (\S+)", subprocess.run(
            ["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout))
        for library in needed:
            if library.startswith(("libasan", "libubsan", "ld-linux")):
                continue
            owner = ""
            for path in (paths[library], pathlib.Path(paths[library]).resolve(),
                         f"*/{pathlib.Path(paths[library]).resolve().name}"):
                found = subprocess.run(["dpkg-query", "-S", str(path)], capture_output=True,
                                       text=True, check=False).stdout
                owner = owner or found.split(":")[0]
            self.assertIn(owner, installed, library)


if __name__ == "__main__":
    unittest.main()
