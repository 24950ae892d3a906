"""The two sides of the benchmark and the server between them."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from watching import cpu_of, memory_of, watch

HERE = Path(__file__).resolve().parent
WALL_LIMIT = 3600.0
MAX_TOKENS = 64
# `execute` keeps none of the stand-in's replies, since they are no programs, and so the run ends.
KEPT_NONE = 4

SEED = {
    "question": "A farmer has 12 boxes with 8 apples each and sells 30 apples. How many apples are left?",
    "answer": "There are 12*8=<<12*8=96>>96 apples. After the sale 96-30=<<96-30=66>>66 are left.\n#### 66",
}

CONFIG = """\
version: 1
name: calls
seed: {seed}
stages: {{skip: [reverse, solve, judge, train, evaluate]}}
seeds: [{{path: seeds.jsonl, format: gsm8k, source: calls, licence: Apache-2.0, domain: math}}]
models: {{teacher: {{kind: server, base_url: "{url}", model: stand-in, max_in_flight: {in_flight}}}}}
unify: {{method: calculator}}
sample: {{model: teacher, method: {method}, count: {count}, sampling: {{max_tokens: {max_tokens}}}}}
execute: {{python: [], workers: 1}}
"""


class StandIn:
    """The server without a model, in a process of its own whose CPU counts for neither side."""

    def __init__(self, program: str, words: int) -> None:
        command = [program, "--port", "0", "--latency-ms", "0", "--tokens", str(words), "--threads", "1"]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
        self.url = self.process.stdout.readline().strip()
        if not self.url.startswith("http"):
            sys.exit(f"{program} did not start")

    def __enter__(self) -> StandIn:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()


@dataclass
class Stage:
    """What the stage `sample` used: CPU seconds, wall seconds, peak memory in bytes."""

    cpu: float
    wall: float
    memory: int
    rows: int


@dataclass
class Caco:
    """`caco run` up to `execute`, in a folder of its own; a new run every time."""

    program: str
    url: str
    folder: Path
    method: str = "open"

    def sample(self, count: int, in_flight: int, each: Callable[[int, float], None] | None = None, to_end: bool = True) -> tuple[Stage, float | None]:
        """Samples `count` programs. Returns what the stage used, and the CPU of the whole command unless it is cut short.

        `each` gets the process and the share done, about twenty times a second. Without `to_end` the run is killed when
        the stage has ended.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        (self.folder / "seeds.jsonl").write_text(json.dumps(SEED) + "\n", encoding="utf-8")
        config = CONFIG.format(seed=1, url=self.url, in_flight=in_flight, method=self.method, count=count, max_tokens=MAX_TOKENS)
        (self.folder / "caco.yaml").write_text(config, encoding="utf-8")
        command = [self.program, "run", str(self.folder / "caco.yaml"), "-o", str(self.folder / "run")]
        with open(self.folder / "log", "wb") as log:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            try:
                stage = self.follow(process.pid, each)
            finally:
                if not to_end:
                    os.kill(process.pid, signal.SIGKILL)
                _, status, used = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
        if stage is None or stage.rows != count or (to_end and process.returncode != KEPT_NONE):
            tail = (self.folder / "log").read_text(errors="replace")[-2000:]
            sys.exit(f"{' '.join(command)} ended with {process.returncode}, {stage}: {tail}")
        return stage, used.ru_utime + used.ru_stime if to_end else None

    def follow(self, pid: int, each: Callable[[int, float], None] | None) -> Stage | None:
        """Reads the run's events as they come. `None` when it ended without the stage."""
        path, place, begun = self.folder / "run" / "events.jsonl", 0, None
        while True:
            ended = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None
            events, place = whole_lines(path, place)
            for event in events:
                if event["event"] == "stage_started" and event["stage"] == "sample":
                    begun = (cpu_of(pid), event["time"])
                elif event["event"] == "progress" and event["stage"] == "sample" and each:
                    each(pid, event["done"] / event["total"])
                elif event["event"] == "stage_finished" and event["report"]["name"] == "sample" and begun:
                    cpu = cpu_of(pid) - begun[0]
                    return Stage(cpu, event["time"] - begun[1], memory_of(pid)["VmHWM"], event["report"]["kept"])
            if ended:
                return None
            time.sleep(0.005)

    def kept(self) -> dict[str, int]:
        """Bytes on the disk by what they are."""
        run = self.folder / "run"
        sizes = {path.name: path.stat().st_size for path in (run / "calls").iterdir()}
        shards = sum(path.stat().st_size for path in (run / "shards").rglob("*.parquet"))
        return {**sizes, "shards": shards}


def whole_lines(path: Path, place: int) -> tuple[list[dict], int]:
    """The events after a place in the file, and the place after the last whole line."""
    try:
        with open(path, "rb") as file:
            file.seek(place)
            text = file.read()
    except FileNotFoundError:
        return [], place
    text = text[: text.rfind(b"\n") + 1]
    return [json.loads(line) for line in text.splitlines() if line.strip()], place + len(text)


@dataclass
class Peer:
    """distilabel's pipeline (peer.py) with an empty home, so that nothing of an earlier run is found in its cache."""

    python: str
    url: str
    folder: Path
    spare: set[int]

    def generate(self, count: int, in_flight: int):
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "home").mkdir(parents=True)
        env = {**os.environ, "HOME": str(self.folder / "home"), "HF_HUB_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1"}
        command = [self.python, str(HERE / "peer.py"), self.url, str(count), str(in_flight), str(MAX_TOKENS)]
        used = watch(command, self.folder / "log", WALL_LIMIT, self.spare, env)
        if used.code != 0 or f"replies: {count}\n" not in used.tail:
            sys.exit(f"{' '.join(command)} ended with {used.code}: {used.tail}")
        return used
