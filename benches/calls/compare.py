#!/usr/bin/env python3
"""Times calls through `caco run` against calls through a peer's pipeline, to a server that answers at once.

The unit is rows per CPU-second, user and system time of all processes of a side; the server's is counted for neither.
The sides take turns, round after round, at each number of calls in flight:

    stage    the stage `sample` of `caco run`, from its first event to its last
    command  `caco run` from start to end, `execute` of every reply included, less the same command on a few rows
    peer     distilabel: LoadDataFromDicts and TextGeneration (peer.py), less the same script on a few rows

The README beside this file says how to get the peer.

Usage:
    compare.py --caco target/release/caco --standin target/release/examples/standin --peer-python VENV/bin/python --rounds 3
"""

from __future__ import annotations

import argparse
import collections
import json
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from sides import Caco, Peer, StandIn
from watching import MIB, adopt_orphans

# Rows of the runs that measure start-up.
FEW = 8
# Rows for each number of calls in flight, so that every run takes seconds of CPU.
ROWS = {1: (5_000, 200), 64: (20_000, 8_000), 1024: (50_000, 12_288)}
WAYS = ("stage", "command", "peer")


@dataclass
class Measured:
    """What was measured at one number of calls in flight, by way; CPU and wall in seconds, memory in bytes."""

    rows: dict[str, int]
    cpu: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    start: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    wall: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    memory: dict[str, list[int]] = field(default_factory=lambda: collections.defaultdict(list))

    def rates(self, way: str) -> list[float]:
        """Rows per CPU-second of each round, start-up taken off by its median."""
        rows, off = self.rows[way], 0.0
        if self.start[way]:
            rows, off = rows - FEW, statistics.median(self.start[way])
        return [rows / (cpu - off) for cpu in self.cpu[way]]


def one_round(caco: Caco, peer: Peer | None, in_flight: int, measured: Measured) -> None:
    for count, whole in ((FEW, measured.start), (measured.rows["stage"], measured.cpu)):
        stage, command = caco.sample(count, in_flight)
        whole["command"].append(command)
        if count == FEW:
            continue
        measured.cpu["stage"].append(stage.cpu)
        measured.wall["stage"].append(stage.wall)
        measured.memory["stage"].append(stage.memory)
    if peer is None:
        return
    few, many = (peer.generate(count, in_flight) for count in (FEW, measured.rows["peer"]))
    measured.start["peer"].append(few.cpu)
    measured.cpu["peer"].append(many.cpu)
    measured.wall["peer"].append(many.wall - few.wall)
    measured.memory["peer"].append(many.memory)


def spread(values: list[float], form: str = ",.0f") -> str:
    """Median and, in brackets, least and most."""
    if not values:
        return "-"
    return f"{statistics.median(values):{form}} ({min(values):{form}} - {max(values):{form}})"


def ratio(one: list[float], other: list[float]) -> str:
    """The ratio of the medians and, in brackets, the least and the most that single rounds give."""
    if not one or not other:
        return "-"
    each = [a / b for a, b in zip(one, other)]
    return f"{statistics.median(one) / statistics.median(other):.0f} x ({min(each):.0f} - {max(each):.0f})"


def table(everything: dict[int, Measured]) -> str:
    lines = [
        "| in flight | rows: ours, peer | stage | command | peer | stage / peer | command / peer |",
        "|---|---|---|---|---|---|---|",
    ]
    for in_flight, measured in everything.items():
        rates = {way: measured.rates(way) for way in WAYS}
        rows = f"{measured.rows['stage']:,}, {measured.rows['peer']:,}"
        ratios = [ratio(rates[way], rates["peer"]) for way in ("stage", "command")]
        lines.append("| " + " | ".join([str(in_flight), rows, *(spread(rates[way]) for way in WAYS), *ratios]) + " |")
    return "\n".join(lines)


def remarks(everything: dict[int, Measured]) -> str:
    lines = [
        "| in flight | start-up: command, peer (CPU-seconds) | peak memory: ours, peer (MiB) | rows a second of wall time: stage, peer |",
        "|---|---|---|---|",
    ]
    for in_flight, measured in everything.items():
        start = ", ".join(spread(measured.start[way], ".2f") for way in ("command", "peer"))
        memory = ", ".join(spread([value / MIB for value in measured.memory[way]]) for way in ("stage", "peer"))
        walls = {way: [(measured.rows[way] - (FEW if way == "peer" else 0)) / wall for wall in measured.wall[way]] for way in ("stage", "peer")}
        wall = ", ".join(spread(walls[way]) for way in ("stage", "peer"))
        lines.append(f"| {in_flight} | {start} | {memory} | {wall} |")
    return "\n".join(lines)


def versions(python: str) -> str:
    names = "('distilabel', 'openai', 'httpx', 'datasets')"
    program = f"import importlib.metadata as m, platform; print('CPython ' + platform.python_version(), *(f'{{n}} {{m.version(n)}}' for n in {names}), sep=', ')"
    return subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caco", default="target/release/caco")
    parser.add_argument("--standin", default="target/release/examples/standin")
    parser.add_argument("--peer-python", help="a Python that has distilabel[openai]; without it ours is measured alone")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--in-flight", default="1,64,1024", help=f"of {sorted(ROWS)}")
    parser.add_argument("--method", default="open", choices=["open", "chat"], help="of our stage: one raw prompt, or a message with seed programs")
    parser.add_argument("--words", type=int, default=16, help="words in each reply")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the numbers of rows")
    parser.add_argument("--folder", type=Path, help="where runs and caches lie; a temporary folder by default")
    parser.add_argument("--json", type=Path, help="write everything measured there")
    options = parser.parse_args()
    if not adopt_orphans():
        sys.exit("this system does not hand orphans over, so their CPU would be missing")
    everything = {}
    for in_flight in map(int, options.in_flight.split(",")):
        ours, peers = (max(2 * FEW, round(rows * options.scale)) for rows in ROWS[in_flight])
        everything[in_flight] = Measured({"stage": ours, "command": ours, "peer": peers})
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, StandIn(options.standin, options.words) as server:
        caco = Caco(options.caco, server.url, Path(folder) / "caco", options.method)
        peer = None
        if options.peer_python:
            peer = Peer(options.peer_python, server.url, Path(folder) / "peer", {server.process.pid})
        for number in range(options.rounds):
            for in_flight, measured in everything.items():
                one_round(caco, peer, in_flight, measured)
                rates = ", ".join(f"{way} {measured.rates(way)[-1]:,.0f}" for way in WAYS if measured.cpu[way])
                print(f"round {number + 1}, {in_flight} in flight: {rates} rows per CPU-second", file=sys.stderr, flush=True)
    if options.peer_python:
        print(f"peer: {versions(options.peer_python)}\n")
    print(f"rows per CPU-second over {options.rounds} rounds: median (least - most)\n")
    print(table(everything), "\n")
    print(remarks(everything))
    if options.json:
        kept = {key: {name: dict(value) for name, value in vars(measured).items()} for key, measured in everything.items()}
        options.json.write_text(json.dumps(kept, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
