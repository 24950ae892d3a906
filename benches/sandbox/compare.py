#!/usr/bin/env python3
"""Times `caco sandbox exec` against the published executor of the Caco paper and against the limit.

The unit is programs per CPU-second: programs over user and system CPU of the whole process tree, which other work on
the machine disturbs less than wall time. Three ways of running are timed in turn on the same files, round after round:

    ours   caco sandbox exec, 2 workers, all protections that the machine offers
    peer   data_process/extract_io.py of LHL3341/Caco, its function process_jsonl_file with 2 workers
    limit  limit.py: compile and exec in one warm interpreter, no protection; start-up is not counted

Start-up of ours and peer (imports, warming) is measured as the same command on a few trivial programs of each kind, so
that every worker starts what it needs, and rates are given with it and without it. The README beside this file says how to get the peer and the interpreter.

Usage:
    compare.py --caco target/release/caco --python /path/to/venv/bin/python --peer /path/to/peer --rounds 3
"""

from __future__ import annotations

import argparse
import collections
import gzip
import json
import random
import shlex
import shutil
import statistics
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import limit as limit_module
import report
import workload
from measuring import Usage, adopt_orphans, measure

HERE = Path(__file__).resolve().parent
WORKERS = 2
SETS = ("std", "numpy", "sympy", "ordinary", "mix", "programs_dev")
KINDS = {"std": ["std"], "numpy": ["numpy"], "sympy": ["sympy"]}
# Packages that the programs of programs_dev may import besides the standard library.
PACKAGES = {"numpy", "sympy", "mpmath"}

TRIVIAL = {
    "std": "import math\n",
    "numpy": "import numpy as np\n",
    "sympy": "import sympy as sp\n",
}
# While one worker starts its interpreter for the first of these, the others take the rest.
TRIVIAL_OF_A_KIND = 2 * WORKERS
TRIVIAL_BODY = """
input = {"a": 2, "b": NUMBER}

def add(a, b):
    total = a
    total += b
    return total

output = add(**input)
print(output)
"""

# Runs the peer as its own main does: start method fork, then its function on the whole file.
PEER = f"""
import multiprocessing, sys
sys.path.insert(0, sys.argv[1])
from extract_io import process_jsonl_file
multiprocessing.set_start_method("fork")
process_jsonl_file(sys.argv[2], sys.argv[3], False, max_workers={WORKERS})
"""

# Around the peer where it is given hostile programs: processes and network of its own, and bounded memory. It protects no files.
CONFINED = ["unshare", "--user", "--map-root-user", "--pid", "--net", "--fork", "--mount-proc", "--kill-child"]
CONFINED += ["prlimit", "--as=3000000000"]


# ---- the three ways of running ------------------------------------------------------------------------------------


@dataclass
class Ours:
    """`caco sandbox exec`. Options and field names of its interface stand here and nowhere else."""

    caco: str
    timeout: float
    extra: list[str]
    name: str = "ours"

    def command(self, programs: Path, outcomes: Path) -> list[str]:
        options = ["--in", str(programs), "--out", str(outcomes), "--workers", str(WORKERS)]
        options += ["--timeout", f"{self.timeout:g}", "--no-progress", "--quiet", "--force"]
        return [self.caco, "sandbox", "exec", *options, *self.extra]

    @staticmethod
    def status(row: dict) -> str:
        return row["status"]

    @staticmethod
    def text(row: dict):
        return row.get("output_text")

    @staticmethod
    def protection(row: dict) -> str:
        return json.dumps({"tier": row.get("tier"), "isolation": row.get("isolation")}, sort_keys=True)


@dataclass
class Peer:
    """The published executor, from the folder where the user put it."""

    python: str
    folder: str
    around: list[str]
    name: str = "peer"

    def command(self, programs: Path, outcomes: Path) -> list[str]:
        return [*self.around, self.python, "-c", PEER, self.folder, str(programs), str(outcomes)]

    @staticmethod
    def status(row: dict) -> str:
        error = row.get("error")
        if not error:
            return "ok"
        if error.startswith("Timeout"):
            return "timeout"
        return "error"


@dataclass
class Limit:
    """The warm interpreter without protection. It times itself, since only its loop counts."""

    python: str
    name: str = "limit"

    def command(self, programs: Path, outcomes: Path) -> list[str]:
        return [self.python, str(HERE / "limit.py"), str(programs), "--answers", str(outcomes)]


# ---- the sets -----------------------------------------------------------------------------------------------------


@dataclass
class Set:
    """Programs under a name, as files for each way of running, and what was measured on them."""

    name: str
    rows: list[dict]
    kinds: list[str]
    ways: list[str]
    seconds: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    startup: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    walls: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))
    statuses: dict[str, collections.Counter] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    compared: int = 0
    differences: list[str] = field(default_factory=list)
    hostile: collections.Counter = field(default_factory=collections.Counter)
    protections: collections.Counter = field(default_factory=collections.Counter)
    families: dict[str, list[float]] = field(default_factory=lambda: collections.defaultdict(list))

    def rates(self, way: str, with_startup: bool) -> list[float]:
        """Programs per CPU-second of each round.

        Without start-up, the median CPU of the start-up run is taken off, and its programs from the count.
        """
        total, off = len(self.rows), 0.0
        if not with_startup and self.startup[way]:
            total, off = total - len(self.kinds) * TRIVIAL_OF_A_KIND, statistics.median(self.startup[way])
        return [total / (seconds - off) for seconds in self.seconds[way] if seconds > off]


def trivial(kinds: list[str]) -> list[dict]:
    """A few trivial programs of each kind, each with a number of its own, since the same text is run once."""
    return [
        {"id": f"trivial-{kind}-{number}", "code": TRIVIAL[kind] + TRIVIAL_BODY.replace("NUMBER", str(number))}
        for kind in kinds
        for number in range(TRIVIAL_OF_A_KIND)
    ]


def synthetic(name: str, count: int, seed: int, peer_on_mix: bool) -> Set:
    """A set drawn from the templates. The whole mix is for ours alone, and for the peer where that is asked for."""
    rows = workload.generate(seed, count, name)
    kinds = KINDS.get(name, ["std", "numpy", "sympy"])
    of_mix = ["ours", "peer"] if peer_on_mix else ["ours"]
    return Set(name, rows, kinds, of_mix if name == "mix" else ["ours", "peer", "limit"])


def programs_dev(path: Path, count: int, seed: int, longest: float) -> Set:
    """Programs that language models wrote: those that all three ways run in full.

    Kept are rows that ended ok in the reference run, every cell of a notebook, and within `longest` seconds (the peer
    cuts at five), have the six code lines that the peer asks for, and import nothing but the standard library, numpy,
    sympy and mpmath.
    """
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    allowed = set(sys.stdlib_module_names) | PACKAGES
    rows = [
        row
        for row in rows
        if row["ref_status"] == "ok"
        and not any(row.get("ref_cell_errors") or [])
        and row["ref_seconds"] <= longest
        and workload.code_lines(row["code"]) >= workload.MINIMUM_CODE_LINES
        and {name.split(".")[0] for name in row["imports"]} <= allowed
    ]
    if count and count < len(rows):
        rows = random.Random(f"{seed}/programs_dev").sample(rows, count)
    return Set("programs_dev", rows, ["std", "numpy", "sympy"], ["ours", "peer", "limit"])


def write_for(way: str, rows: list[dict], path: Path) -> None:
    """Writes the rows as one way of running wants them: ours gets `via` and `cells`, the others one text.

    The peer fails where there is no dictionary `input`, after the program has run and before it takes the result. Rows
    of programs_dev get an empty one, so that it does all of its work.
    """
    if way == "ours":
        keys = ("id", "code", "via", "cells")
        rows = [{key: row[key] for key in keys if row.get(key) is not None} for row in rows]
    elif way == "peer":
        empty = {None: "", "contract": ""}
        rows = [
            {"id": row["id"], "code": limit_module.prepare(row) + empty.get(row.get("via"), "\n\ninput = {}\n")}
            for row in rows
        ]
    else:
        rows = [{key: row[key] for key in ("id", "code", "via") if row.get(key) is not None} for row in rows]
    workload.write(rows, path)


def read_rows(path: Path) -> list[dict]:
    """The rows of a JSON lines file; none where there is no such file."""
    if not path.exists():
        return []
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines if line.strip()]


# ---- the rounds ---------------------------------------------------------------------------------------------------


def one_round(runner, current: Set, folder: Path, wall_limit: float) -> bool:
    """Runs one way on one set: start-up, then the set. Returns whether it went well."""
    way = runner.name
    programs = folder / f"{current.name}.{way}.jsonl"
    outcomes = folder / f"{current.name}.{way}.out.jsonl"
    log = folder / f"{current.name}.{way}.log"
    if way != "limit":
        first = folder / f"{current.name}.{way}.trivial.jsonl"
        write_for(way, trivial(current.kinds), first)
        usage = measure(runner.command(first, folder / "trivial.out.jsonl"), log, wall_limit)
        if usage.code != 0:
            return failed(way, f"{current.name} (start-up)", usage)
        current.startup[way].append(usage.cpu)

    write_for(way, current.rows, programs)
    outcomes.unlink(missing_ok=True)
    usage = measure(runner.command(programs, outcomes), log, wall_limit)
    if usage.code != 0:
        note(f"{way} on {current.name}: {len(read_rows(outcomes))} of {len(current.rows)} outcomes written")
        return failed(way, current.name, usage)
    if usage.orphans:
        note(f"{way} on {current.name}: {usage.orphans} processes left running")
    current.walls[way].append(usage.wall)
    rows = read_rows(outcomes)
    if way == "limit":
        timed = json.loads(usage.tail.strip().splitlines()[-1])
        current.seconds[way].append(timed["cpu_seconds"])
        current.statuses[way] = collections.Counter("error" if row["error"] else "ok" for row in rows)
        current.answers = {row["id"]: row["text"] for row in rows}
        return True
    current.seconds[way].append(usage.cpu)
    current.statuses[way] = collections.Counter(runner.status(row) for row in rows)
    if len(rows) < len(current.rows):
        current.statuses[way]["missing"] = len(current.rows) - len(rows)
    if way == "ours":
        compare_answers(runner, current, rows)
    return True


def failed(way: str, where: str, usage: Usage) -> bool:
    """Says that a command did not end well."""
    note(f"{way} on {where} ended with code {usage.code} after {usage.wall:.0f} s, {usage.cpu:.1f} CPU s\n{usage.tail}")
    return False


def expected_answers(current: Set, python: str, folder: Path, wall_limit: float) -> None:
    """Runs the ordinary programs of a set through the limit once, for their answers alone."""
    ordinary = [row for row in current.rows if row.get("family") != "hostile"]
    programs, answers = folder / f"{current.name}.answers.in.jsonl", folder / f"{current.name}.answers.jsonl"
    write_for("limit", ordinary, programs)
    usage = measure(Limit(python).command(programs, answers), folder / "answers.log", wall_limit)
    if usage.code != 0:
        failed("limit", current.name, usage)
    current.answers = {row["id"]: row["text"] for row in read_rows(answers)}


def compare_answers(ours: Ours, current: Set, rows: list[dict]) -> None:
    """Compares our outcomes with the answers of the limit; of programs_dev with those of its reference run."""
    wanted = {row["id"]: row for row in current.rows}
    compared, differences = 0, []
    current.hostile.clear()
    current.protections.clear()
    current.families.clear()
    for row in rows:
        asked = wanted[row["id"]]
        current.protections[ours.protection(row)] += 1
        current.families[asked.get("family") or current.name].append(row["cpu_ms"] / 1000)
        if asked.get("family") == "hostile":
            current.hostile[f"{asked['template']}: {ours.status(row)}"] += 1
            continue
        expected = asked["ref_value"] if "ref_value" in asked else current.answers.get(row["id"])
        if expected is None:
            continue
        compared += 1
        if ours.status(row) != "ok" or not same(ours.text(row), expected):
            got = f"{ours.status(row)} {ours.text(row)!r}"
            name = asked.get("template") or asked.get("via")
            differences.append(f"{row['id']} ({name}): {got[:200]}, expected {str(expected)[:200]!r}")
    current.compared, current.differences = compared, differences


def same(text, expected) -> bool:
    """Whether two results, texts or lists of texts, are the same but for white space at their ends."""
    if isinstance(text, list) and isinstance(expected, list):
        return len(text) == len(expected) and all(same(a, b) for a, b in zip(text, expected))
    return str(text).strip() == str(expected).strip()


def note(text: str) -> None:
    """Progress and trouble go to standard error; standard output is the report alone."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--caco", default="target/release/caco", help="the command (default target/release/caco)")
    parser.add_argument("--caco-options", default="", help="further options for `caco sandbox exec`, as one text")
    parser.add_argument("--timeout", type=float, default=10, help="seconds a program may take with ours (default 10)")
    parser.add_argument("--python", default=sys.executable, help="interpreter with numpy, sympy and tqdm")
    parser.add_argument("--peer", help="folder with extract_io.py; without it the peer is left out")
    parser.add_argument("--confine-peer", action="store_true", help="give the peer the mix too, within unshare and prlimit")
    parser.add_argument("--programs-dev", type=Path, help="programs_dev.jsonl.gz; without it that set is left out")
    parser.add_argument("--dev-count", type=int, default=1000, help="rows of programs_dev, 0 for all (default 1000)")
    parser.add_argument("--dev-longest", type=float, default=2, help="seconds of its longest rows (default 2)")
    parser.add_argument("--count", type=int, default=300, help="programs in each other set (default 300)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds (default 3)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other programs (default 1)")
    parser.add_argument("--sets", default=",".join(SETS), help=f"which of {','.join(SETS)}, separated by commas")
    parser.add_argument("--ways", default="ours,peer,limit", help="which of ours,peer,limit, separated by commas")
    parser.add_argument("--wall-limit", type=float, default=1800, help="seconds after which a command is killed")
    parser.add_argument("--json", type=Path, help="write everything measured here")
    parser.add_argument("--keep", type=Path, help="keep programs, outcomes and logs in this folder")
    options = parser.parse_args()

    names, ways = options.sets.split(","), options.ways.split(",")
    if unknown := set(names) - set(SETS):
        parser.error(f"no such set: {', '.join(sorted(unknown))}")
    if unknown := set(ways) - {"ours", "peer", "limit"}:
        parser.error(f"no such way: {', '.join(sorted(unknown))}")
    runners = [Limit(options.python)]
    if options.peer:
        runners.append(Peer(options.python, options.peer, CONFINED if options.confine_peer else []))
    runners.append(Ours(options.caco, options.timeout, shlex.split(options.caco_options)))
    runners = [runner for runner in runners if runner.name in ways]
    if "ours" in ways and not shutil.which(options.caco):
        parser.error(f"no command {options.caco}: build it, or name it with --caco, or leave it out with --ways")

    sets = []
    for name in names:
        if name != "programs_dev":
            sets.append(synthetic(name, options.count, options.seed, options.confine_peer))
        elif options.programs_dev:
            sets.append(programs_dev(options.programs_dev, options.dev_count, options.seed, options.dev_longest))

    if not adopt_orphans():
        note("CPU of processes that outlive their parents cannot be counted here")
    broken = set()
    with tempfile.TemporaryDirectory(prefix="sandbox-bench-") as scratch:
        folder = options.keep or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for number_of_round in range(1, options.rounds + 1):
            for current in sets:
                if "ours" in ways and not current.answers and current.name != "programs_dev":
                    if "limit" not in current.ways or "limit" not in ways:
                        expected_answers(current, options.python, folder, options.wall_limit)
                for runner in runners:
                    if runner.name not in current.ways or (runner.name, current.name) in broken:
                        continue
                    note(f"round {number_of_round}: {runner.name} on {current.name} ({len(current.rows)} programs)")
                    if not one_round(runner, current, folder, options.wall_limit):
                        broken.add((runner.name, current.name))

    print(f"{report.machine(options.python)}; {options.rounds} rounds, {WORKERS} workers, seed {options.seed}\n")
    print("Programs per CPU-second, median (min to max), start-up included:\n")
    print(report.table(sets, True))
    print("\nThe same with start-up taken off:\n")
    print(report.table(sets, False))
    print("\nHow the last round went, CPU and wall at the median:\n")
    print(report.details(sets))
    if compared := report.answers(sets):
        print(f"\nAnswers:\n\n{compared}")
    if options.json:
        options.json.write_text(json.dumps(report.as_json(sets), indent=2) + "\n", encoding="utf-8")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
