#!/usr/bin/env python3
"""Times a pass that finds near-duplicate problems against peers, on rows with planted near duplicates.

The unit is rows per CPU-second: rows over user and system time of a process that reads the rows from a file and writes down
which go. Start-up is taken off: the same process on 100 rows. The ways take turns, round after round. Recall is the share of
planted copies found, by their similarity; precision looks at every row that goes.

The README beside this file says how to get the peers.

Usage:
    compare.py --pass target/release/examples/near_pass --rows target/release/examples/near_rows --data ../shared/data \\
        --peer-python VENV/bin/python --rounds 3
"""

from __future__ import annotations

import argparse
import collections
import json
import os
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
FEW = 100
THRESHOLD = 0.8
MIB = 1024
# Peers by name: arguments of peer.py, and the most rows that they are asked for.
PEERS = {
    "datasketch": (["datasketch"], 100_000),
    "datasketch, 16 bands": (["datasketch", "--bands", "16"], 20_000),
    "datatrove, 14 bands of 8": (["datatrove", "--perms", "112"], 1_000_000),
    "rensa": (["rensa"], 10_000_000),
    "rensa, 16 bands": (["rensa", "--bands", "16"], 1_000_000),
    "rensa, 32 bands": (["rensa", "--bands", "32"], 1_000_000),
    "shingles alone": (["shingles"], 100_000),
}


@dataclass
class Ran:
    cpu: float
    wall: float
    memory: int


def run(command: list[str]) -> Ran:
    """CPU and wall in seconds, highest resident size in KiB."""
    start = os.times().elapsed
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"failed: {' '.join(command)}")
    return Ran(usage.ru_utime + usage.ru_stime, os.times().elapsed - start, usage.ru_maxrss)


@dataclass
class Found:
    """Shares, and the counts that they are of."""

    recall: dict[str, tuple[int, int]]
    wrong: int
    gone: int


BINS = {"0.80 - 0.85": (0.8, 0.85), "0.85 - 0.90": (0.85, 0.9), "0.90 - 1": (0.9, 1.1), "0.80 - 1": (0.8, 1.1)}


def look(truth: Path, out: Path) -> Found:
    """A row goes rightly if it is a planted copy with at least the threshold, or if the way names a similarity that says so."""
    planted = {int(row): float(similarity) for row, _, similarity in map(str.split, truth.open())}
    gone = {int(row): similarity for row, _, _, similarity in map(str.split, out.open())}
    recall = {
        name: (sum(row in gone for row in rows), len(rows))
        for name, (least, most) in BINS.items()
        if (rows := [row for row, similarity in planted.items() if least <= similarity < most])
    }
    exact = lambda row, named: planted.get(row, 0) >= THRESHOLD - 1e-6 or (named != "-" and float(named) >= THRESHOLD)
    return Found(recall, sum(not exact(*item) for item in gone.items()), len(gone))


def spread(values: list[float], form: str = ",.0f") -> str:
    return f"{statistics.median(values):{form}} ({min(values):{form}} - {max(values):{form}})"


def measure(options: argparse.Namespace, folder: Path, count: int) -> tuple[dict, dict, dict]:
    texts, truth, few = folder / f"rows-{count}", folder / f"truth-{count}", folder / "few"
    if not truth.exists():
        data = [str(options.data / name) for name in ("gsm8k_train.jsonl.gz", "math_train.jsonl.gz")]
        subprocess.run([options.rows, str(count), "1", texts, truth, *data], check=True)
    with texts.open() as all_rows, few.open("w") as some:
        some.writelines(line for line, _ in zip(all_rows, range(FEW)))
    ways = {"ours": lambda file, out: [str(options.near_pass), str(file), str(THRESHOLD), str(out)]}
    for name, (arguments, most) in PEERS.items():
        if options.peer_python and count <= most and (not options.only or name in options.only):
            way, *rest = arguments
            ways[name] = lambda file, out, way=way, rest=rest: [options.peer_python, str(HERE / "peer.py"), way, str(file), str(THRESHOLD), str(out), *rest]
    rates, memory, found = collections.defaultdict(list), collections.defaultdict(list), {}
    rounds = 1 if count > 1_000_000 else options.rounds
    for turn in range(rounds):
        for name, command in ways.items():
            out = folder / "out"
            start, whole = run(command(few, out)), run(command(texts, out))
            rates[name].append((count - FEW) / (whole.cpu - start.cpu))
            memory[name].append(whole.memory)
            found[name] = look(truth, out)
            print(f"{count} rows, round {turn + 1}, {name}: {whole.cpu:.2f} s of CPU, {whole.wall:.2f} s, {whole.memory / MIB:.0f} MiB", file=sys.stderr)
    return rates, memory, found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pass", dest="near_pass", default="target/release/examples/near_pass")
    parser.add_argument("--rows", default="target/release/examples/near_rows")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="folder with gsm8k_train.jsonl.gz and math_train.jsonl.gz")
    parser.add_argument("--peer-python", help="a Python that has datasketch and rensa; without it ours is measured alone")
    parser.add_argument("--only", action="append", help=f"of {list(PEERS)}")
    parser.add_argument("--counts", default="20000,100000,1000000,10000000")
    parser.add_argument("--rounds", type=int, default=3, help="above a million rows there is one")
    parser.add_argument("--folder", type=Path, help="where the rows lie, and are kept; a temporary folder by default (10 million take 2.3 GB)")
    parser.add_argument("--json", type=Path, help="write everything measured there")
    options = parser.parse_args()
    # The same number of threads for all: one. Rensa takes as many as there are, so its CPU time would have idle threads in it.
    os.environ["RAYON_NUM_THREADS"] = "1"
    everything = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        print("| rows | way | rows per CPU-second | ours / it | peak MiB | " + " | ".join(f"recall at {name}" for name in BINS) + " | wrong of gone |")
        print("|---" * (6 + len(BINS)) + "|")
        for count in map(int, options.counts.split(",")):
            rates, memory, found = measure(options, folder, count)
            for name, values in rates.items():
                each = [ours / other for ours, other in zip(rates["ours"], values)]
                ratio = f"{statistics.median(rates['ours']) / statistics.median(values):.0f} x ({min(each):.0f} - {max(each):.0f})"
                one = found[name]
                recall = [f"{hit / all_rows:.3f}" if one.gone else "-" for hit, all_rows in one.recall.values()]
                cells = [f"{count:,}", name, spread(values), ratio, spread([value / MIB for value in memory[name]]), *recall, f"{one.wrong} of {one.gone:,}"]
                print("| " + " | ".join(cells) + " |", flush=True)
            everything[count] = {"rates": rates, "memory": memory, "found": {name: vars(one) for name, one in found.items()}}
    if options.json:
        options.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
