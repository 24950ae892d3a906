"""Watches processes while they work: CPU and memory, of one process or of a whole tree."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "sandbox"))

from measuring import adopt_orphans, children, kill_group  # noqa: E402

TICKS = os.sysconf("SC_CLK_TCK")
MIB = 1024 * 1024

__all__ = ["MIB", "Used", "adopt_orphans", "children", "cpu_of", "kill_group", "memory_of", "tree_of", "watch"]


@dataclass
class Used:
    """What a command and all its descendants used. `memory` is the peak in bytes, as `watch` says."""

    cpu: float
    wall: float
    code: int
    memory: int
    tail: str


def cpu_of(pid: int) -> float:
    """The user and system seconds of all threads of a running process, dead threads included, children not."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_of(pid: int) -> dict[str, int]:
    """Bytes of a running process by kind: `VmRSS`, its peak `VmHWM`, and the parts `RssAnon` and `RssFile`."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    wanted = ("VmRSS:", "VmHWM:", "RssAnon:", "RssFile:")
    pairs = (line.split() for line in lines if line.startswith(wanted))
    return {pair[0].rstrip(":"): int(pair[1]) * 1024 for pair in pairs}


def tree_of(pid: int) -> list[int]:
    """A process and its descendants, as far as they can be read."""
    found, todo = [], [pid]
    while todo:
        pid = todo.pop()
        found.append(pid)
        try:
            for task in os.listdir(f"/proc/{pid}/task"):
                todo += map(int, Path(f"/proc/{pid}/task/{task}/children").read_text().split())
        except OSError:
            pass
    return found


def proportional(pid: int) -> int:
    """The proportional set size of a process in bytes: pages that several processes share count once in the sum."""
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def watch(command: list[str], log: Path, wall_limit: float, spare: set[int], env: dict[str, str], every: float = 0.25) -> Used:
    """Runs a command to its end, or kills its process group after `wall_limit` seconds.

    CPU is that of the command and of every descendant that was waited for, by it or here; `adopt_orphans` has to have
    been called. Children of this process in `spare` are neither counted nor waited for. Memory is the largest sum of
    proportional set sizes over the tree, looked at every so many seconds.
    """
    peak = 0
    ended = threading.Event()

    def look(pid: int) -> None:
        nonlocal peak
        while not ended.wait(every):
            peak = max(peak, sum(map(proportional, tree_of(pid))))

    with open(log, "wb") as out:
        started = time.monotonic()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT, env=env, start_new_session=True
        )
        looker = threading.Thread(target=look, args=[process.pid])
        timer = threading.Timer(wall_limit, kill_group, [process.pid])
        looker.start()
        timer.start()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - started
        timer.cancel()
        ended.set()
        looker.join()
        process.returncode = os.waitstatus_to_exitcode(status)
    cpu = seconds(used)
    kill_group(process.pid)
    for pid in children():
        if pid not in spare:
            _, _, used = os.wait4(pid, 0)
            cpu += seconds(used)
    tail = log.read_bytes()[-2000:].decode(errors="replace")
    return Used(cpu, wall, process.returncode, peak, tail)


def seconds(used: resource.struct_rusage) -> float:
    return used.ru_utime + used.ru_stime
