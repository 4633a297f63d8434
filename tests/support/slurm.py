# SPDX-License-Identifier: Apache-2.0
# A private Slurm: munged, slurmctld and a slurmd for each node, all below one folder.
"""Needs Debian's slurmctld, slurmd, slurm-client and munge, and root, as slurmd does."""

import contextlib
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from .imap_server import free_ports

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol")
PATH = os.environ.get("PATH", "") + ":/usr/sbin:/sbin"
MARK = "MBOXFERRY_TEST_NODE"


def missing():
    """Why there can be no Slurm here; empty when there can."""
    if os.geteuid() != 0:
        return "slurmd runs jobs as root only"
    absent = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    return f"not installed: {', '.join(absent)}" if absent else ""


class Slurm:
    """Nodes n1, n2 and so on with two processors each. Use it as a context."""

    def __init__(self, nodes=2):
        self.nodes = [f"n{number + 1}" for number in range(nodes)]
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="mf-slurm-"))
        self.folder.chmod(0o755)
        self._daemons = {}

    def __enter__(self):
        try:
            self._write_files()
            self._start_munge()
            self._start("slurmctld", ["slurmctld", "-D", "-i"])
            for node in self.nodes:
                self.start_node(node)
            self._wait(lambda: self.states() == ["idle"] * len(self.nodes), "nodes are idle")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        for node in self.nodes:
            self._kill(self._processes_of(node))
        for daemon in self._daemons.values():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(daemon.pid, signal.SIGKILL)
            daemon.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    # Nodes

    def start_node(self, node):
        self._start(node, ["slurmd", "-D", "-N", node], {MARK: node})

    def kill_node(self, node):
        """As if its power went: every process of it, and Slurm is told at once."""
        self._kill(self._processes_of(node) + [self._daemons[node].pid])
        self._daemons.pop(node).wait()
        self._kill(self._processes_of(node))
        self.run("scontrol", "update", f"NodeName={node}", "State=DOWN", "Reason=killed")

    def states(self):
        listed = self.run("sinfo", "--noheader", "--Node", "--format=%T")
        return [state.rstrip("*") for state in listed.split()]

    # Jobs

    def submit(self, script, *options, program_options=(), environment=None):
        """The job's number."""
        return self.run("sbatch", "--parsable", *options, str(script), *map(str, program_options),
                        environment=environment).strip()

    def tasks(self, job):
        """{array task: (state, node, restarts)}"""
        listed = self.run("squeue", "--noheader", "--array", f"--jobs={job}", "--states=all",
                          "--format=%K %T %N")
        words = [line.split() for line in listed.splitlines()]
        return {int(one[0]): (one[1], one[2] if len(one) > 2 else "") for one in words}

    def wait_for(self, job, seconds=120):
        """Until no task of the job waits or runs; their states. Slurm would let tasks that it has
        queued again wait for two minutes: they start at once."""
        unfinished = {"PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED", "NODE_FAIL"}
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            states = {task: state for task, (state, _) in self.tasks(job).items()}
            if not unfinished & set(states.values()):
                return states
            self._start_delayed(job)
            time.sleep(0.2)
        raise AssertionError(f"job {job} does not end: {self.tasks(job)}\n{self.logs()}")

    def run(self, *command, environment=None):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60,
                              env={**self._environment(), **(environment or {})})
        if done.returncode != 0:
            raise AssertionError(f"{' '.join(command)}: {done.stderr}\n{self.logs()}")
        return done.stdout

    def logs(self):
        return "\n".join(f"== {log.name}\n{log.read_text(errors='replace')[-1500:]}"
                         for log in sorted(self.folder.glob("*.log")))

    # Inside

    def _start_delayed(self, job):
        listed = self.run("squeue", "--noheader", "--array", f"--jobs={job}", "--states=PENDING",
                          "--format=%K %r")
        for task, reason in (line.split(maxsplit=1) for line in listed.splitlines()):
            if reason == "BeginTime":
                with contextlib.suppress(AssertionError):  # it has just started
                    self.run("scontrol", "update", f"JobId={job}_{task}", "StartTime=now")

    def _write_files(self):
        controller, *ports = free_ports(1 + len(self.nodes))
        host = socket.gethostname()
        (self.folder / "state").mkdir()
        lines = f"""\
ClusterName=private
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge/socket
CredType=cred/munge
StateSaveLocation={self.folder}/state
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/%n.pid
SlurmdSpoolDir={self.folder}/spool-%n
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
MpiDefault=none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=batch_sched_delay=0
ReturnToService=2
SlurmdParameters=config_overrides
JobRequeue=1
MinJobAge=3600
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""
        for node, port in zip(self.nodes, ports):
            lines += (f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} "
                      "CPUs=2 RealMemory=4000 State=UNKNOWN\n")
            (self.folder / f"spool-{node}").mkdir()
        (self.folder / "slurm.conf").write_text(lines)
        # Without it slurmd looks for /etc/slurm/cgroup.conf.
        (self.folder / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")

    def _start_munge(self):
        folder = self.folder / "munge"
        folder.mkdir(mode=0o755)
        key = folder / "key"
        key.write_bytes(os.urandom(64))
        key.chmod(0o400)
        self._start("munged", ["munged", "--foreground", "--force", f"--key-file={key}",
                               f"--socket={folder}/socket", f"--pid-file={folder}/pid",
                               f"--log-file={folder}/log", f"--seed-file={folder}/seed"])
        self._wait((folder / "socket").exists, "munged listens")

    def _environment(self):
        return {"PATH": PATH, "HOME": str(self.folder), "LANG": "C.UTF-8",
                "SLURM_CONF": str(self.folder / "slurm.conf")}

    def _start(self, name, command, more=None):
        with open(self.folder / f"{name}.stderr.log", "ab") as log:
            self._daemons[name] = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**self._environment(), **(more or {})})

    def _wait(self, condition, what, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            with contextlib.suppress(AssertionError):
                if condition():
                    return
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} seconds: {what}\n{self.logs()}")

    def _processes_of(self, node):
        """slurmstepd has the mark from slurmd, and the jobs have the node's name from Slurm."""
        marks = (f"{MARK}={node}".encode(), f"SLURMD_NODENAME={node}".encode())
        ours = f"SLURM_CONF={self.folder}/slurm.conf".encode()
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                environment = (process / "environ").read_bytes().split(b"\0")
                if ours in environment and any(mark in environment for mark in marks):
                    found.append(int(process.name))
        return found

    def _kill(self, processes):
        for process in processes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
