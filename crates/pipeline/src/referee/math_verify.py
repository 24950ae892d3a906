# Says whether two answers are the same, with math-verify. Runs in the sandbox, behind a line that sets `input`.
import re

import sympy
import math_verify


def is_program(text):
    # sqrt(2) and x**2 are products of letters for it.
    return "\\" not in text and re.search(r"\*\*|[A-Za-z]{2}\(", text)


def settle(gold, pred):
    # The limits of the sandbox stand in for its own.
    sides = [math_verify.parse("\\boxed{%s}" % texts[0], parsing_timeout=None) for texts in (gold, pred)]
    if not all(sides):
        return ["undecided", "math-verify does not understand a side"]
    if math_verify.verify(*sides, timeout_seconds=None):
        return ["equal", "math-verify accepts it"]
    if is_program(gold[0]) or is_program(pred[0]):
        return ["undecided", "math-verify does not accept it, and does not read program text"]
    if all(any(not isinstance(x, str) for x in side) for side in sides):
        return ["different", "math-verify does not accept it"]
    return ["undecided", "math-verify compares text only"]


output = settle(**input)
