"""Compares pairs with math-verify as its users do: both sides in a box, parsed and verified one pair after the other.

Usage: peer.py PAIRS.jsonl OUT.json [--latex] [--count N]

With --latex a side that is program text (rows with `syntax: code`) is first turned into LaTeX by sympy. sympy's reading of
text evaluates it: give this script pairs that you trust. One pair is compared before the clock starts, so that imports
and the parser's tables are there.
"""

from __future__ import annotations

import argparse
import json
import logging
import statistics
import time

import sympy
from math_verify import parse, verify

logging.disable(logging.CRITICAL)


def as_latex(text: str) -> str:
    """Program text as LaTeX; the text itself where sympy cannot read it."""
    try:
        return sympy.latex(sympy.sympify(text))
    except Exception:  # whatever sympy raises for a text
        return text


def same(gold: str, pred: str) -> tuple[bool, bool]:
    """Whether a pair is accepted, and whether both sides were understood."""
    sides = [parse(f"\\boxed{{{side}}}") for side in (gold, pred)]
    understood = all(any(not isinstance(value, str) for value in side) for side in sides)
    return bool(verify(*sides)), understood


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pairs")
    parser.add_argument("out")
    parser.add_argument("--latex", action="store_true")
    parser.add_argument("--count", type=int, default=None)
    options = parser.parse_args()
    with open(options.pairs, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines][: options.count]
    same("\\frac{1}{2}", "0.5")
    verdicts, times = [], []
    for row in rows:
        started = time.perf_counter()
        gold, pred = row["gold"], row["pred"]
        if options.latex and row["syntax"] == "code":
            pred = as_latex(pred)
        verdicts.append(same(gold, pred))
        times.append(time.perf_counter() - started)
    with open(options.out, "w", encoding="utf-8") as out:
        json.dump(
            {
                "verdicts": verdicts,
                "median_s": statistics.median(times) if times else None,
                "max_s": max(times, default=None),
            },
            out,
        )


if __name__ == "__main__":
    main()
