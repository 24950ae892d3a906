"""Measures what a command and all its descendants use."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

# One thread for linear algebra: there are as many workers as cores. The hash seed makes the order of sets repeat.
SETTINGS = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": "0"}


@dataclass
class Usage:
    """What a command and all its descendants used."""

    cpu: float
    wall: float
    code: int
    orphans: int
    tail: str


def adopt_orphans() -> bool:
    """Makes this process the parent of processes that lose theirs, so that their CPU is counted too (Linux)."""
    try:
        pr_set_child_subreaper = 36
        return ctypes.CDLL(None).prctl(pr_set_child_subreaper, 1, 0, 0, 0) == 0
    except (OSError, AttributeError):
        return False


def measure(command: list[str], log: Path, wall_limit: float) -> Usage:
    """Runs a command to its end, or kills its process group after `wall_limit` seconds.

    The CPU time is that of `wait4`: the command and every descendant that was waited for. Descendants that outlived
    their parents come to this process and are added; those that run on are killed and counted in `orphans`.
    """
    with open(log, "wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **SETTINGS},
            start_new_session=True,
        )
        timer = threading.Timer(wall_limit, kill_group, [process.pid])
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        timer.cancel()
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu = used.ru_utime + used.ru_stime
    orphans = 0
    # The children of a process that is killed here come to this one in turn.
    while left := children():
        for pid in left:
            ended, _, used = os.wait4(pid, os.WNOHANG)
            if not ended:
                orphans += 1
                os.kill(pid, signal.SIGKILL)
                _, _, used = os.wait4(pid, 0)
            cpu += used.ru_utime + used.ru_stime
    tail = log.read_bytes()[-2000:].decode(errors="replace")
    return Usage(cpu, wall, process.returncode, orphans, tail)


def kill_group(pid: int) -> None:
    """Kills the process group that a command leads."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def children() -> list[int]:
    """The children of this process, running or not; empty where the system does not tell."""
    try:
        return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]
    except OSError:
        return []
