#!/usr/bin/env python3
"""Samples very many programs through Caco and prints its memory on the way, and what lies on the disk at the end.

Usage:
    memory.py --caco target/release/caco --standin target/release/examples/standin --count 1000000 --in-flight 64
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from sides import Caco, StandIn
from watching import MIB, memory_of

MARKS = 20


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caco", default="target/release/caco")
    parser.add_argument("--standin", default="target/release/examples/standin")
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--in-flight", type=int, default=64)
    parser.add_argument("--words", type=int, default=16, help="words in each reply")
    parser.add_argument("--folder", type=Path, help="where the run lies; a temporary folder by default")
    options = parser.parse_args()
    lines = ["| done | resident MiB | of it anonymous | ledger MiB | write-ahead log MiB |", "|---|---|---|---|---|"]
    with tempfile.TemporaryDirectory(dir=options.folder) as folder, StandIn(options.standin, options.words) as server:
        caco = Caco(options.caco, server.url, Path(folder) / "caco")
        calls = caco.folder / "run" / "calls"

        def each(pid: int, share: float) -> None:
            if share * MARKS + 1e-9 < len(lines) - 2:
                return
            memory = memory_of(pid)
            sizes = [size(calls / name) for name in ("ledger.sqlite", "ledger.sqlite-wal")]
            figures = [memory["VmRSS"], memory["RssAnon"], *sizes]
            lines.append(f"| {share:.0%} | " + " | ".join(f"{value / MIB:.1f}" for value in figures) + " |")
            print(lines[-1], file=sys.stderr, flush=True)

        stage, _ = caco.sample(options.count, options.in_flight, each, to_end=False)
        print("\n".join(lines), "\n")
        print(f"{stage.rows:,} rows, {stage.wall:.0f} s, {stage.cpu:.0f} CPU-seconds, peak {stage.memory / MIB:.1f} MiB")
        print(", ".join(f"{name} {value / MIB:.1f} MiB" for name, value in caco.kept().items()))


def size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


if __name__ == "__main__":
    main()
