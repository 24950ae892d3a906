#!/usr/bin/env python3
"""Writes a repeatable set of Python programs for timing the sandbox.

The programs follow the contract of Caco: a dictionary `input` at module level with every quantity, one or more
functions, `output = f(**input)` and `print(output)`. They are drawn from the templates in `templates/`, one file for
each family:

    std      word problems, number theory, counting, dates, texts, searches, simulations; the standard library only
    sympy    equations, calculus, matrices, number theory, geometry with sympy
    numpy    linear algebra, statistics, simulations with numpy
    hostile  programs that hang, hoard, flood, crash, forge, poison or pry

A template is program text with blanks in guillemets:

    «3..20»               a whole number
    «0.5..9.5:2»          a number with at most two decimals
    «list 4..7 1..50»     four to seven whole numbers, separated by commas
    «distinct 5 0..9»     the same, all different
    «red|green|blue»      one of the texts
    «name=...»            any of these, remembered under a name
    «name»                what was remembered

The same seed, count and family give the same bytes on every machine. Program texts repeat almost never, so that a
runner that recognises duplicates gains nothing.

Usage:
    workload.py --seed 1 --count 1000 --out programs.jsonl
    workload.py --seed 1 --count 300 --family sympy --out sympy.jsonl
    workload.py --check
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import random
import re
import statistics
import sys
import time
from dataclasses import dataclass
from pathlib import Path

TEMPLATES = Path(__file__).resolve().parent / "templates"
ORDINARY = ("std", "sympy", "numpy")
FAMILIES = (*ORDINARY, "hostile")
# Shares of the families in percent. `ordinary` is the same mix without the hostile programs.
MIXES = {
    "mix": {"std": 60, "sympy": 25, "numpy": 10, "hostile": 5},
    "ordinary": {"std": 60, "sympy": 25, "numpy": 10},
}
MINIMUM_CODE_LINES = 6
# How often a text that is there already is drawn again before it is let through.
REDRAWS = 40

BLANK = re.compile(r"«([^»]*)»")
WHOLE = re.compile(r"^(-?\d+)\.\.(-?\d+)$")
DECIMAL = re.compile(r"^(-?\d+\.\d+)\.\.(-?\d+\.\d+):(\d+)$")
NUMBERS = re.compile(r"^(list|distinct) (\d+)(?:\.\.(\d+))? (-?\d+)\.\.(-?\d+)$")
NAMED = re.compile(r"^([a-z]\w*)=(.*)$", re.DOTALL)


@dataclass(frozen=True)
class Template:
    """One program text with blanks."""

    family: str
    name: str
    text: str

    def fill(self, rng: random.Random) -> str:
        """A program: every blank filled, from left to right."""
        remembered: dict[str, str] = {}

        def blank(match: re.Match[str]) -> str:
            spec = match.group(1)
            named = NAMED.match(spec)
            if named:
                remembered[named.group(1)] = draw(named.group(2), rng)
                return remembered[named.group(1)]
            return remembered[spec] if spec in remembered else draw(spec, rng)

        return BLANK.sub(blank, self.text)


def draw(spec: str, rng: random.Random) -> str:
    """What to put for one blank."""
    if match := WHOLE.match(spec):
        return str(rng.randint(int(match[1]), int(match[2])))
    if match := DECIMAL.match(spec):
        places = int(match[3])
        # Drawn as a whole number of the smallest unit, so that the text does not hang on how floats are rounded.
        unit = 10**places
        low, high = round(float(match[1]) * unit), round(float(match[2]) * unit)
        return repr(rng.randint(low, high) / unit)
    if match := NUMBERS.match(spec):
        count = rng.randint(int(match[2]), int(match[3] or match[2]))
        span = range(int(match[4]), int(match[5]) + 1)
        numbers = rng.sample(span, count) if match[1] == "distinct" else [rng.choice(span) for _ in range(count)]
        return ", ".join(map(str, numbers))
    if "|" in spec:
        return rng.choice(spec.split("|"))
    raise ValueError(f"blank not understood: «{spec}»")


def load(family: str) -> list[Template]:
    """The templates of one family, in the order of its file."""
    templates = []
    for part in (TEMPLATES / f"{family}.txt").read_text(encoding="utf-8").split("=== ")[1:]:
        name, _, text = part.partition("\n")
        templates.append(Template(family, name.strip(), text.rstrip() + "\n"))
    return templates


def quotas(count: int, shares: dict[str, int]) -> dict[str, int]:
    """How many of `count` programs each family gets; the remainder goes to the largest fractions."""
    total = sum(shares.values())
    exact = {family: count * share / total for family, share in shares.items()}
    given = {family: int(value) for family, value in exact.items()}
    by_fraction = sorted(shares, key=lambda family: (given[family] - exact[family], family))
    for family in by_fraction[: count - sum(given.values())]:
        given[family] += 1
    return given


def generate(seed: int, count: int, family: str = "mix") -> list[dict[str, str]]:
    """`count` programs of a family or of a mix (see `MIXES`), shuffled where there are several families."""
    shares = MIXES.get(family) or {family: 1}
    rows, seen = [], set()
    for name, wanted in quotas(count, shares).items():
        rng = random.Random(f"{seed}/{name}")
        templates = load(name)
        deck: list[Template] = []
        for _ in range(wanted):
            if not deck:
                # Every template once before any comes again.
                deck = rng.sample(templates, len(templates))
            template = deck.pop()
            for _ in range(REDRAWS):
                code = template.fill(rng)
                if code not in seen:
                    break
            seen.add(code)
            rows.append({"family": name, "template": template.name, "code": code})
    random.Random(f"{seed}/order").shuffle(rows)
    return [{"id": f"{row['family']}-{number:06d}", **row} for number, row in enumerate(rows)]


def write(rows: list[dict], path: Path) -> None:
    """Writes rows as JSON lines."""
    with open(path, "w", encoding="utf-8") as out:
        for row in rows:
            out.write(json.dumps(row, ensure_ascii=False) + "\n")


def code_lines(code: str) -> int:
    """Lines that are neither blank nor comments nor start with `import`: how the published executor counts them."""
    lines = (line.strip() for line in code.splitlines())
    return sum(1 for line in lines if line and not line.startswith(("#", "import")))


def faults(code: str, namespace: dict) -> list[str]:
    """What a program that has run breaks of the contract."""
    found = []
    if code_lines(code) < MINIMUM_CODE_LINES:
        found.append(f"only {code_lines(code)} code lines")
    if not isinstance(namespace.get("input"), dict):
        return [*found, "no dictionary `input`"]
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    found += [f"input key {key!r} is not used as a name" for key in namespace["input"] if key not in names]
    if namespace.get("output") is None:
        found.append("no `output`")
    elif re.search(r" at 0x[0-9a-f]+>", str(namespace["output"])):
        found.append("the output shows an address")
    return found


def run(code: str) -> tuple[dict, float]:
    """Runs a program in this process: its globals and the CPU seconds that it took."""
    namespace: dict = {"__name__": "__main__"}
    before = time.process_time()
    with contextlib.redirect_stdout(io.StringIO()):
        exec(compile(code, "<program>", "exec"), namespace)
    return namespace, time.process_time() - before


def check(seed: int, repeats: int) -> int:
    """Fills every ordinary template `repeats` times, runs it twice, and reports what fails. Returns the failures.

    Hostile templates are filled and compiled only.
    """
    failures = 0
    for family in FAMILIES:
        times, sizes, lines = [], [], []
        templates = load(family)
        for template in templates:
            for repeat in range(repeats):
                code = template.fill(random.Random(f"{seed}/{template.name}/{repeat}"))
                sizes.append(len(code.encode()))
                lines.append(code.rstrip().count("\n") + 1)
                try:
                    if family == "hostile":
                        compile(code, template.name, "exec")
                        continue
                    namespace, seconds = run(code)
                    times.append((seconds, template.name))
                    found = faults(code, namespace)
                    again, _ = run(code)
                    if str(again.get("output")) != str(namespace.get("output")):
                        found.append(f"does not repeat: {namespace.get('output')} and {again.get('output')}")
                except Exception as error:
                    found = [f"{type(error).__name__}: {error}"]
                if found:
                    failures += 1
                    print(f"{family}/{template.name}: {'; '.join(found)}\n{code}", file=sys.stderr)
        typical = f"{statistics.median(lines):.0f} lines, {statistics.median(sizes):.0f} bytes"
        print(f"{family}: {len(templates)} templates, {typical} at the median", end="")
        if times:
            seconds = [t for t, _ in times]
            slowest = ", ".join(f"{name} {1000 * t:.0f} ms" for t, name in sorted(times, reverse=True)[:4])
            print(
                f", CPU median {1000 * statistics.median(seconds):.2f} ms, mean {1000 * statistics.mean(seconds):.2f}"
                f" ms, slowest {slowest}",
                end="",
            )
        print()
    print(f"{failures} failures")
    return failures


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="another seed, other programs (default 1)")
    parser.add_argument("--count", type=int, default=1000, help="how many programs (default 1000)")
    parser.add_argument(
        "--family", choices=(*FAMILIES, *MIXES), default="mix", help="one family or a mix (default mix)"
    )
    parser.add_argument("--out", type=Path, help="the file to write, JSON lines")
    parser.add_argument("--check", action="store_true", help="run every ordinary template here instead, and report")
    parser.add_argument("--repeats", type=int, default=1, help="with --check: fillings of each template (default 1)")
    options = parser.parse_args()
    if options.check:
        return 1 if check(options.seed, options.repeats) else 0
    if options.out is None:
        parser.error("--out is needed")
    rows = generate(options.seed, options.count, options.family)
    write(rows, options.out)
    distinct = len({row["code"] for row in rows})
    print(f"{len(rows)} programs, {distinct} distinct texts")
    return 0


if __name__ == "__main__":
    sys.exit(main())
