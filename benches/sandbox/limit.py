#!/usr/bin/env python3
"""Measures the limit: how fast one warm interpreter compiles and runs programs when nothing protects it.

Every program of a JSON lines file is compiled and executed once, one after the other, with a fresh dictionary of
globals and its standard output kept in memory. The usual modules are imported and typical sympy calls made beforehand.
Only the loop is timed, in CPU seconds of this process. A sandbox on the same interpreter cannot be faster than this.

Rows are `{"id", "code"}`, with `"via"` where the result leaves the program in another way than by the global
`output`: `ans` (that global), `stdout`, `solution()` (it is called and its value taken) or `cells` (their texts joined
are run, no value is taken). Only give it programs that you trust: they run with your rights.

Usage:
    limit.py programs.jsonl
    limit.py programs.jsonl --answers answers.jsonl
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import sys
import time
from pathlib import Path

MODULES = """
    abc bisect builtins calendar cmath collections copy dataclasses datetime decimal enum fractions functools heapq
    itertools json math operator random re statistics string sys textwrap time typing
    mpmath numpy numpy.linalg numpy.polynomial sympy sympy.combinatorics sympy.geometry sympy.ntheory
    sympy.ntheory.modular sympy.solvers.diophantine sympy.stats
""".split()

# What programs with sympy do most. The calls load parts of sympy and numpy that are loaded late, and fill its caches.
TYPICAL = """
from sympy import *
x, y, n = symbols("x y n")
k = symbols("k", integer=True, positive=True)
p = symbols("p", positive=True)
solve(x**2 - 5 * x + 3, x), solve([x + y - 7, x - 2 * y - 1], [x, y]), solve([x**2 + y**2 - 25, x - y - 1], [x, y])
solve(exp(p / 3) - 5, p), solve(p * (p + 3) - 9, p), solveset(x**2 - 4, x, domain=S.Reals)
r, a, b = Symbol("r", real=True), Symbol("a", integer=True), Symbol("b", integer=True)
solve_univariate_inequality((r - 1) * (r + 3) < 0, r, relational=False)
integrate(x**2 * sin(x), x), integrate(p * exp(-2 * p), (p, 0, oo)), integrate(3 * x**2 + 1, (x, 0, 2))
diff(x**3 * cos(x), x, 2), limit(sin(3 * x) / x, x, 0), limit(sqrt(p**2 + p) - p, p, oo)
series(exp(x) * cos(x), x, 0, 5), summation(k**2, (k, 1, n)), summation(Rational(1, 3) ** k, (k, 0, oo))
simplify(sin(x) ** 2 + cos(x) ** 2), trigsimp(2 * sin(x) * cos(x)), radsimp(1 / (sqrt(7) - sqrt(2)))
M = Matrix([[2, 1, 0], [1, 3, 1], [0, 1, 4]])
M.det(), M.inv(), M.eigenvals(), M.rref(), M.nullspace(), M.rank()
factorint(360360), nextprime(1000), isprime(10007), totient(360), divisors(60), binomial(10, 3)
factor(x**3 - x), expand((x + y) ** 4), apart(1 / (x * (x + 1)), x), div(x**3 + 1, x + 1), Poly(x**4 + 1, x)
nsolve(cos(x) - x, x, 1), N(pi, 20), Interval(0, 3), nsimplify(0.25)
f = Function("f")
dsolve(f(x).diff(x) + 2 * f(x), f(x))
Triangle(Point(0, 0), Point(4, 0), Point(0, 3)).area
Circle(Point(0, 0), 2).intersection(Line(Point(0, 0), Point(1, 1)))
from sympy.solvers.diophantine import diophantine
diophantine(3 * a + 5 * b - 40)
str(sqrt(2) * x / 3 + pi), repr(Rational(1, 3))
import numpy
numpy.linalg.solve(numpy.eye(2), numpy.ones(2)), numpy.linalg.eigvals(numpy.eye(2))
numpy.random.default_rng(1).random()
"""


def warm_up() -> None:
    """Imports what programs import and makes the typical calls; what is not installed is left out."""
    for module in MODULES:
        try:
            importlib.import_module(module)
        except ImportError:
            print(f"{module} is not installed", file=sys.stderr)
    exec(compile(TYPICAL, "<typical calls>", "exec"), {"__name__": "typical"})


def prepare(row: dict) -> str:
    """The text to run: that of the row, with a line that leaves the result in `output` where the row does not."""
    source = {"ans": "ans", "solution()": "solution()"}.get(row.get("via"))
    return row["code"] if source is None else f"{row['code'].rstrip()}\n\noutput = {source}\n"


def measure(codes: list[str]) -> tuple[float, list[tuple[dict, io.StringIO, str | None]]]:
    """CPU seconds for all programs, and the globals, the printed text and the error of each."""
    ended = []
    real = sys.stdout
    started = time.process_time()
    try:
        for code in codes:
            namespace: dict = {"__name__": "__main__"}
            sys.stdout = printed = io.StringIO()
            error = None
            try:
                exec(compile(code, "<program>", "exec"), namespace)
            except KeyboardInterrupt:
                raise
            except BaseException as raised:
                error = f"{type(raised).__name__}: {raised}"
            ended.append((namespace, printed, error))
        seconds = time.process_time() - started
    finally:
        sys.stdout = real
    return seconds, ended


def answer(row: dict, namespace: dict, printed: io.StringIO) -> str | None:
    """The result of a program as text: `str` of its value, or what it printed."""
    via = row.get("via") or "contract"
    if via == "stdout":
        return printed.getvalue()
    if via == "cells":
        return None
    return str(namespace["output"]) if "output" in namespace else None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("programs", type=Path, help="JSON lines with `id` and `code`")
    parser.add_argument("--answers", type=Path, help="write id, text and error of each program here")
    options = parser.parse_args()

    with open(options.programs, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines if line.strip()]
    warm_up()
    seconds, ended = measure([prepare(row) for row in rows])
    if options.answers:
        with open(options.answers, "w", encoding="utf-8") as out:
            for row, (namespace, printed, error) in zip(rows, ended):
                text = None if error else answer(row, namespace, printed)
                out.write(json.dumps({"id": row["id"], "text": text, "error": error}) + "\n")
    report = {
        "programs": len(rows),
        "errors": sum(error is not None for _, _, error in ended),
        "cpu_seconds": round(seconds, 6),
        "programs_per_cpu_second": round(len(rows) / seconds, 2) if seconds else None,
        "python": sys.version.split()[0],
    }
    print(json.dumps(report))
    return 0


if __name__ == "__main__":
    sys.exit(main())
