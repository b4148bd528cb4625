"""A real Slurm of one node for tests, from Debian's packages slurm-wlm and munge: started, and stopped by pid."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SYSTEM_CONF = Path("/etc/slurm/slurm.conf")
DAEMONS = ("munged", "slurmctld", "slurmd")

_CONF = """\
ClusterName=alktrace
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={base}/munge/munge.socket
CredType=cred/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
DefMemPerCPU=500
# More CPUs than the machine has: the demo's jobs wait for each other's disk and start-up rather than compute.
SlurmdParameters=config_overrides
StateSaveLocation={base}/state
SlurmdSpoolDir={base}/spool
SlurmctldPidFile={base}/slurmctld.pid
SlurmdPidFile={base}/slurmd.pid
SlurmctldLogFile={base}/slurmctld.log
SlurmdLogFile={base}/slurmd.log
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True)
class Slurm:
    """A running cluster; `base` holds configuration, state and logs of the daemons."""

    base: Path

    def jobs(self, state: str) -> dict[str, str]:
        """Job number and comment of all jobs in a state; the comment names rule or group and wildcards."""
        listed = _output(["squeue", "--noheader", "--states", state, "--format", "%i\t%k"])
        return dict(line.split("\t", 1) for line in listed.splitlines() if line)

    def cancel(self, job: str) -> None:
        """End a job by SIGKILL, as an administrator or the memory limit would."""
        subprocess.run(["scancel", "--signal=KILL", "--full", job], check=True)

    def submissions(self) -> int:
        """Number of jobs that were ever submitted."""
        log = (self.base / "slurmctld.log").read_text(encoding="utf-8", errors="replace")
        return log.count("_slurm_rpc_submit_batch_job: JobId=")


def missing() -> str:
    """Why no Slurm can be started here; empty when it can."""
    absent = [name for name in (*DAEMONS, "sbatch") if shutil.which(name) is None]
    if absent:
        return f"Debian's packages slurm-wlm and munge are not installed ({', '.join(absent)} not found)"
    if os.geteuid() != 0:
        return "the daemons of Slurm need root"
    if SYSTEM_CONF.exists():
        return f"{SYSTEM_CONF} is there: this machine has a Slurm of its own"
    return ""


@contextmanager
def one_node(base: Path) -> Iterator[Slurm]:
    """Start munged, slurmctld and slurmd below `base`; on leaving stop all three, and remove the configuration.

    The executor plugin drops the SLURM_* variables, so the configuration is linked to where Slurm looks for it.
    """
    for name in ("munge", "state", "spool"):
        (base / name).mkdir(parents=True)
    base.chmod(0o755)
    (base / "munge").chmod(0o700)
    host = socket.gethostname().split(".")[0]
    (base / "slurm.conf").write_text(_CONF.format(host=host, base=base, ports=_free_ports(2)))
    (base / "munge" / "munge.key").write_bytes(secrets.token_bytes(1024))
    (base / "munge" / "munge.key").chmod(0o600)
    SYSTEM_CONF.unlink(missing_ok=True)  # a dead link that a killed test left; `missing` refuses a live file
    SYSTEM_CONF.symlink_to(base / "slurm.conf")
    try:
        _start(base)
        yield Slurm(base)
    finally:
        for pid_file in ("slurmd.pid", "slurmctld.pid", "munge/munge.pid"):
            _stop(base / pid_file)
        SYSTEM_CONF.unlink()


def _start(base: Path) -> None:
    files = {"key": "key", "socket": "socket", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
    options = [f"--{option}={base}/munge/munge.{suffix}" for option, suffix in files.items()]
    for command in (["munged", "--force", *options], ["slurmctld", "-c"], ["slurmd"]):
        subprocess.run(command, check=True, capture_output=True)
    deadline = time.monotonic() + 30
    while _output(["sinfo", "--noheader", "--format", "%t"]).strip() != "idle":
        if time.monotonic() > deadline:
            raise RuntimeError(f"the Slurm node is not idle after 30 s: {_output(['sinfo'])}; see {base}/slurmctld.log")
        time.sleep(0.2)


def _stop(pid_file: Path) -> None:
    if not pid_file.exists():
        return
    pid = int(pid_file.read_text())
    for number in (signal.SIGTERM, signal.SIGKILL):
        deadline = time.monotonic() + 10
        while _runs(pid) and time.monotonic() < deadline:
            os.kill(pid, number)
            time.sleep(0.2)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=20).stdout


def _free_ports(count: int) -> list[int]:
    """Ports of the loopback interface that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]
    finally:
        for one in sockets:
            one.close()
