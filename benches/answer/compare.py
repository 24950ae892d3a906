#!/usr/bin/env python3
"""Times the comparison of answers against math-verify on the same pairs, and lays the verdicts side by side.

The unit is pairs per CPU-second: pairs over the user and system time of the process as `wait4` reports it, less that of
the same command on no pairs (ours) or on one pair (the peer), so that start-up and imports do not count. The ways take
turns, round after round:

    library   the function `compare`, called in a loop (crates/answer/examples/pairs.rs)
    command   `caco answer compare`: JSON in, verdicts with reasons and both sides as read out, one worker
    boxed     math-verify, both sides in \\boxed{}
    latex     the same, with program text first turned into LaTeX by sympy

Usage:
    compare.py --caco target/release/caco --library target/release/examples/pairs --peer-python VENV/bin/python \\
        --data ../shared/data/answer_equivalence_dev.jsonl --rounds 3
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
from pathlib import Path

HERE = Path(__file__).resolve().parent


def cpu(command: list[str], stdout: Path | None = None) -> float:
    """The CPU seconds of a command and of the children that it waits for; ends with its message where it fails."""
    with open(stdout or os.devnull, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE)
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))} ended with {process.returncode}: {said.decode(errors='replace')[-2000:]}")
    return used.ru_utime + used.ru_stime


class Bench:
    """The pairs in files, and one method for each way; each returns (pairs per CPU-second, median µs or None)."""

    def __init__(self, options: argparse.Namespace, rows: list[dict], folder: Path) -> None:
        self.options, self.rows, self.folder = options, rows, folder
        self.pairs = folder / "pairs.jsonl"
        self.many = folder / "many.jsonl"
        self.none = folder / "none.jsonl"
        text = "".join(json.dumps(row) + "\n" for row in rows)
        self.pairs.write_text(text, encoding="utf-8")
        self.none.write_text("", encoding="utf-8")
        with open(self.many, "w", encoding="utf-8") as many:
            for _ in range(options.copies):
                many.write(text)
        self.verdicts: dict[str, list] = {}

    def library(self) -> tuple[float, float | None]:
        out, repeats = self.folder / "library.json", self.options.repeats
        command = [self.options.library, str(self.pairs)]
        start = cpu([*command, "0", "benchmark"], out)
        used = cpu([*command, str(repeats), "benchmark"], out)
        said = json.loads(out.read_text(encoding="utf-8"))
        self.verdicts["ours"] = said["verdicts"]
        # The verdicts are computed once more for the report.
        return len(self.rows) * (repeats + 1) / (used - start), said["median_ns"] / 1000

    def command(self) -> tuple[float, float | None]:
        out = self.folder / "verdicts.jsonl"
        command = [self.options.caco, "answer", "compare", "--policy", "benchmark", "--workers", "1", "-q", "--force"]
        start = cpu([*command, "--in", str(self.none), "--out", str(out)])
        used = cpu([*command, "--in", str(self.many), "--out", str(out)])
        return len(self.rows) * self.options.copies / (used - start), None

    def peer(self, way: str, extra: list[str]) -> tuple[float, float | None]:
        out = self.folder / f"{way}.json"
        command = [self.options.peer_python, str(HERE / "peer.py"), str(self.pairs), str(out), *extra]
        start = cpu([*command, "--count", "1"])
        used = cpu(command)
        said = json.loads(out.read_text(encoding="utf-8"))
        self.verdicts[way] = said["verdicts"]
        return (len(self.rows) - 1) / (used - start), said["median_s"] * 1e6

    def boxed(self) -> tuple[float, float | None]:
        return self.peer("boxed", [])

    def latex(self) -> tuple[float, float | None]:
        return self.peer("latex", ["--latex"])


WAYS = ("library", "command", "boxed", "latex")


def figure(value: float) -> str:
    """A number with three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def speed_table(measured: dict[str, list[tuple[float, float | None]]]) -> str:
    lines = ["| way | pairs per CPU-second: median (least - most) | median per pair | against boxed | against latex |", "|---|---|---|---|---|"]
    rates = {way: [rate for rate, _ in figures] for way, figures in measured.items()}
    for way, figures in measured.items():
        median = statistics.median(rates[way])
        times = [time for _, time in figures if time is not None]
        time = f"{figure(statistics.median(times))} µs" if times else ""
        against = [f"{figure(median / statistics.median(rates[peer]))} x" for peer in ("boxed", "latex")]
        spread = f"{figure(median)} ({figure(min(rates[way]))} - {figure(max(rates[way]))})"
        lines.append(f"| {way} | {spread} | {time} | {against[0]} | {against[1]} |")
    return "\n".join(lines)


def score_table(rows: list[dict], verdicts: dict[str, list]) -> str:
    """Right, false accepts and false rejects on the pairs whose label is beyond dispute."""
    lines = ["| checker | right of core | false accepts | false rejects | undecided |", "|---|---|---|---|---|"]
    for checker, all_said in verdicts.items():
        right = accepts = rejects = undecided = total = 0
        for row, said in zip(rows, all_said):
            if row["tier"] != "core":
                continue
            equal = said == "equal" if checker == "ours" else said[0]
            undecided += (said == "undecided") if checker == "ours" else not said[1] and not said[0]
            total += 1
            right += equal == row["equal"]
            accepts += equal and not row["equal"]
            rejects += not equal and row["equal"]
        lines.append(f"| {checker} | {right} of {total} | {accepts} | {rejects} | {undecided} |")
    return "\n".join(lines)


def agreement_table(rows: list[dict], ours: list, peer: list) -> str:
    """Verdicts of ours against the peer's, with the label; disagreements by kind."""
    counts: collections.Counter = collections.Counter()
    kinds: dict[tuple, collections.Counter] = collections.defaultdict(collections.Counter)
    for row, our, (accepts, _) in zip(rows, ours, peer):
        key = (row["tier"], our, "accepts" if accepts else "rejects", "equal" if row["equal"] else "different")
        counts[key] += 1
        if (our == "equal") != accepts:
            kinds[key][row["kind"]] += 1
    lines = ["| pairs | ours | math-verify | label | count | kinds where they disagree |", "|---|---|---|---|---|---|"]
    for key, count in sorted(counts.items()):
        named = ", ".join(f"{kind} {n}" for kind, n in kinds[key].most_common())
        lines.append("| " + " | ".join([*key, str(count), named]) + " |")
    return "\n".join(lines)


def listing(rows: list[dict], ours: list, peer: list) -> str:
    """The pairs on which the checkers disagree, one a line."""
    lines = []
    for row, our, (accepts, _) in zip(rows, ours, peer):
        if (our == "equal") != accepts:
            shown = f"{row['gold']!r} | {row['pred']!r}"
            lines.append(f"{row['id']} {row['tier']} {row['kind']}: ours {our}, peer {accepts}, label {row['equal']}: {shown}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--caco", default="target/release/caco")
    parser.add_argument("--library", default="target/release/examples/pairs")
    parser.add_argument("--peer-python", required=True, help="a Python that has math-verify")
    parser.add_argument("--data", required=True, help="labelled pairs: answer_equivalence_dev.jsonl")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--repeats", type=int, default=200, help="times that the library goes over the pairs")
    parser.add_argument("--copies", type=int, default=200, help="copies of the pairs in the command's file")
    parser.add_argument("--json", type=Path, help="write everything measured there")
    parser.add_argument("--disagreements", type=Path, help="write the pairs on which the checkers disagree there")
    options = parser.parse_args()
    with open(options.data, encoding="utf-8") as lines:
        rows = [row for row in map(json.loads, lines) if row["form"] == "bare"]
    versions = subprocess.run(
        [options.peer_python, "-c", "import importlib.metadata as m, platform; print(f'CPython {platform.python_version()}', *(f'{p} {m.version(p)}' for p in ('math-verify', 'latex2sympy2_extended', 'sympy')), sep=', ')"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()
    measured: dict[str, list[tuple[float, float | None]]] = {way: [] for way in WAYS}
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, rows, Path(folder))
        for number in range(options.rounds):
            for way in WAYS:
                result = getattr(bench, way)()
                measured[way].append(result)
                print(f"round {number + 1}: {way}: {figure(result[0])} pairs per CPU-second", file=sys.stderr)
    print(f"{len(rows)} pairs, {options.rounds} rounds; peer: {versions}\n")
    print(speed_table(measured), "\n")
    print(score_table(rows, bench.verdicts), "\n")
    print(agreement_table(rows, bench.verdicts["ours"], bench.verdicts["latex"]))
    if options.disagreements:
        options.disagreements.write_text(listing(rows, bench.verdicts["ours"], bench.verdicts["latex"]), encoding="utf-8")
    if options.json:
        options.json.write_text(json.dumps({"measured": measured, "verdicts": bench.verdicts, "peer": versions}), encoding="utf-8")


if __name__ == "__main__":
    main()
