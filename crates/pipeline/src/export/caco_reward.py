"""A reward for verl: 1.0 where the final answer of a reply is the reference answer, else 0.0.

    custom_reward_function.path=caco_reward.py custom_reward_function.name=compute_score

It needs nothing but Python's standard library, evaluates no text as code, and takes bounded time. It decides what most
answers are: numbers in their usual notations, fractions, roots and multiples of pi, tuples and lists of them, intervals,
words. Whatever it cannot decide is worth 0.0. With `reward_kwargs.caco=caco` (or CACO_REWARD_COMMAND=caco) the command
`caco answer compare` decides instead, which reads far more; `compute_score_batched` asks it once for a whole batch.
"""

import json
import math
import os
import re
import subprocess
from fractions import Fraction

LONGEST_ANSWER = 1000
LONGEST_NUMBER = 400
DEEPEST = 30
POLICY = "benchmark"


def compute_score(data_source, solution_str, ground_truth, extra_info=None, caco=None, timeout=10.0, **_):
    """The reward of one reply."""
    return compute_score_batched([data_source], [solution_str], [ground_truth], [extra_info], caco, timeout)[0]


def compute_score_batched(data_sources, solution_strs, ground_truths, extra_infos=None, caco=None, timeout=60.0, **_):
    """The rewards of a batch of replies, in their order."""
    replies = ["" if text is None else str(text) for text in solution_strs]
    truths = ["" if text is None else str(text) for text in ground_truths]
    command = caco or os.environ.get("CACO_REWARD_COMMAND")
    if command:
        scores = _ask(command, replies, truths, timeout)
        if scores is not None:
            return scores
    scores = []
    for reply, truth in zip(replies, truths):
        found = final_answer(reply)
        scores.append(1.0 if found is not None and same(truth, found) is True else 0.0)
    return scores


def _ask(command, replies, truths, timeout):
    """The rewards that `caco answer compare` gives, or None where it cannot be asked."""
    rows = "".join(json.dumps({"gold": truth, "pred": reply}) + "\n" for truth, reply in zip(truths, replies))
    call = [command, "answer", "compare", "--in", "-", "--out", "-", "--form", "response", "--policy", POLICY, "--quiet"]
    try:
        done = subprocess.run(call, input=rows.encode("utf-8", "replace"), capture_output=True, timeout=timeout)
        verdicts = [json.loads(line) for line in done.stdout.splitlines()]
        scores = [1.0 if verdict["equal"] is True else 0.0 for verdict in verdicts]
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError):
        return None
    return scores if len(scores) == len(replies) else None


# --- the final answer of a reply ---------------------------------------------------------------------------------------

_OPENERS = re.compile(r"<think(?:ing)?>|<\|begin_of_thought\|>", re.I)
_CLOSERS = re.compile(r"</think(?:ing)?>|<\|end_of_thought\|>", re.I)
_ENDS = re.compile(r"<\|im_end\|>|<\|eot_id\|>|<\|endoftext\|>|</s>")
_PHRASE = re.compile(
    r"(?:(?:final|correct)\s+)?answer(?:\s+to\s+[^.:\n]{1,80}?)?\s*(?:is|=|:)(?:\s+(?:therefore|thus|approximately|about|just))?\s*:?\s*",
    re.I,
)
_NUMBER = r"[-+\u2212]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:[eE][-+]?\d+)?|[-+\u2212]?\.\d+"


def final_answer(reply):
    """The text of the final answer, or None."""
    thought = list(_CLOSERS.finditer(reply))
    body = reply[thought[-1].end():] if thought else reply
    if _OPENERS.search(body):
        return None
    body = _ENDS.split(body, maxsplit=1)[0]
    boxed = _last_box(body)
    if boxed is not None:
        return boxed
    lower = body.lower()
    end = lower.rfind("</answer>")
    start = lower.rfind("<answer>", 0, max(end, 0))
    if start >= 0 and len(lower) == len(body):
        inner = body[start + len("<answer>"):end]
        phrase = _after_phrase(inner)
        return phrase if phrase is not None else _short(inner)
    hashes = re.findall(r"####[ \t]*([^\n#]+)", body)
    if hashes:
        return _short(hashes[-1])
    phrase = _after_phrase(body)
    if phrase is not None:
        return phrase
    if "Traceback (most recent call last)" in body or "----> " in body:
        return None
    lines = [line for line in body.strip().splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0].split()) == 1:
        return _short(lines[0])
    numbers = re.findall(_NUMBER, body)
    return numbers[-1] if numbers else None


def _last_box(text):
    for start in reversed([match.end() for match in re.finditer(r"\\(?:boxed|fbox)\s*\{", text)]):
        depth = 1
        for end in range(start, len(text)):
            depth += (text[end] == "{") - (text[end] == "}")
            if depth == 0:
                inner = text[start:end]
                return _short(inner)
        return None
    return None


def _after_phrase(text):
    for match in reversed(list(_PHRASE.finditer(text))):
        line = text[match.end():].split("\n", 1)[0].strip()
        if not line:
            line = text[match.end():].strip().split("\n", 1)[0].strip()
        # A sentence ends at a full stop that no digit or letter follows directly.
        line = re.split(r"\.(?:\s|$)|[;!?](?:\s|$)", line, maxsplit=1)[0].strip()
        if line and line.lower() not in ("correct", "right", "wrong", "consistent"):
            return _short(line)
    return None


def _short(text):
    text = text.strip().strip("*").strip().rstrip(".").strip()
    return text if 0 < len(text) <= LONGEST_ANSWER else None


# --- whether two answers are the same ----------------------------------------------------------------------------------

def same(one, other):
    """True, False, or None where it cannot be told."""
    if len(one) > LONGEST_ANSWER or len(other) > LONGEST_ANSWER:
        return None
    one, other = _plain(one), _plain(other)
    if one and one == other:
        return True
    try:
        return _same(one, other, 0)
    except (ArithmeticError, ValueError, RecursionError, MemoryError):
        return None


def _same(one, other, depth):
    if depth > DEEPEST or not one or not other:
        return None
    names = [_NAMED.fullmatch(text) for text in (one, other)]
    if all(names) and names[0].group(1) != names[1].group(1):
        return None
    one, other = (name.group(2).strip() if name else text for name, text in zip(names, (one, other)))
    lists = [_parts(one), _parts(other)]
    # `(1,234)` is a pair, and `1,234` a number.
    numbers = [None if found and found[0] else _number(text) for found, text in zip(lists, (one, other))]
    if all(numbers):
        (left, unit), (right, other_unit) = numbers
        if unit != other_unit and unit and other_unit:
            return None
        verdicts = [_equal(x, y) for x in left for y in right]
        return True if True in verdicts else (None if None in verdicts else False)
    if all(lists):
        return _same_lists(lists[0], lists[1], depth)
    if any(numbers):
        found = lists[0] or lists[1]
        return False if found and len(found[1]) > 1 else None
    one, other = one.casefold().strip(" ."), other.casefold().strip(" .")
    if one == other:
        return True
    sure = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
    if one in sure and other in sure:
        return sure[one] == sure[other]
    letters = [re.fullmatch(r"\(?([a-h])\)?", text) for text in (one, other)]
    if all(letters):
        return letters[0].group(1) == letters[1].group(1)
    return None


def _same_lists(left, right, depth):
    (open_one, items), (open_other, others) = left, right
    ordered = "(" in (open_one[:1], open_other[:1]) or (open_one[:1], open_other[:1]) == ("[", "[")
    kinds = {opening[:1] for opening in (open_one, open_other) if opening}
    if "(" in kinds and len(kinds) > 1 or {"(]", "[)"} & {open_one, open_other} and open_one != open_other:
        return None
    if len(items) != len(others):
        return False
    if ordered:
        verdicts = [_same(x, y, depth + 1) for x, y in zip(items, others)]
        return False if False in verdicts else (None if None in verdicts else True)
    others, unsure = list(others), False
    for item in items:
        for place, candidate in enumerate(others):
            verdict = _same(item, candidate, depth + 1)
            if verdict is True:
                del others[place]
                break
            unsure = unsure or verdict is None
        else:
            return None if unsure else False
    return True


_WRAPPERS = re.compile(r"\\(?:text|mathrm|mathbf|textbf|mathit|operatorname|boxed|mbox|displaystyle)\s*\{([^{}]*)\}")
_REPLACED = [
    ("\u2212", "-"), ("\u2013", "-"), ("\u00d7", "*"), ("\u00b7", "*"), ("\u00f7", "/"), ("\u03c0", " pi "), ("\u221a", " sqrt "),
    ("\u221e", " inf "), ("\u00bd", " 1/2"), ("\u00bc", " 1/4"), ("\u00be", " 3/4"), ("\u00a0", " "), ("\\dfrac", "\\frac"), ("\\tfrac", "\\frac"),
    ("\\cfrac", "\\frac"), ("\\left", ""), ("\\right", ""), ("\\cdot", "*"), ("\\times", "*"), ("\\div", "/"), ("\\pi", " pi "),
    ("\\infty", " inf "), ("\\%", "%"), ("\\$", "$"), ("\\!", ""), ("\\,", " "), ("\\;", " "), ("\\:", " "), ("\\ ", " "), ("~", " "), ("{,}", ","),
    ("\\{", "{"), ("\\}", "}"), ("\\(", ""), ("\\)", ""), ("\\[", ""), ("\\]", ""), ("^\\circ", " degrees "), ("^{\\circ}", " degrees "),
    ("\u00b0", " degrees "),
]


# `x = 5` only names the 5.
_NAMED = re.compile(r"([A-Za-z](?:_\{?\w+\}?)?(?:\([A-Za-z]\))?)\s*=\s*([^=<>]+)")


def _plain(text):
    """Marks without a meaning of their own are taken away."""
    text = text.strip().strip("$").strip()
    for _ in range(4):
        text = _WRAPPERS.sub(r" \1 ", text)
    for mark, plain in _REPLACED:
        text = text.replace(mark, plain)
    text = re.sub(r"\b(?:Fraction|Rational)\((-?\d+), *(\d+)\)", r"(\1/\2)", text)
    text = re.sub(r"\\frac\s*(\d)\s*(\d)", r"\\frac{\1}{\2}", text)
    text = re.sub(r"\s+", " ", text).strip()
    return text if text.endswith("..") else text.rstrip(".").rstrip()


def _parts(text):
    """The brackets and the parts of a list, or None where it is none."""
    inner, opening = text, ""
    if len(text) > 2 and text[0] in "([{" and text[-1] in ")]}" and _closes_at_end(text):
        inner, opening = text[1:-1], text[0] + text[-1]
    if re.fullmatch(_NUMBER, inner.strip()) and "," in inner and not opening:
        return None
    items = _split(inner)
    return (opening, items) if len(items) > 1 or opening[:1] in ("[", "{") else None


def _closes_at_end(text):
    depth = 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0:
            return place == len(text) - 1
    return False


def _split(text):
    items, depth, start = [], 0, 0
    for place, character in enumerate(text):
        depth += (character in "([{") - (character in ")]}")
        if depth == 0 and character in ",;":
            items.append(text[start:place])
            start = place + 1
    items.append(text[start:])
    if len(items) == 1:
        items = re.split(r"\s+and\s+|\s+or\s+", text)
    else:
        items = [re.sub(r"^\s*(?:and|or)\s+", "", item) for item in items]
    return [item.strip() for item in items if item.strip()]


_UNIT = re.compile(r"(.*[\d)}])\s*([A-Za-z]+(?:[ /][A-Za-z]+){0,2}(?:\s?\^?\{?[23]\}?)?)")
# Words behind a number that are no unit: what they say changes the value, or makes it no number.
_NO_UNIT = set(
    "or and to of x y z n k m i e pi inf sqrt mod less more if for least most times hundred thousand million billion trillion dozen".split()
)


def _number(text):
    """The values that a text may stand for, and its unit; None where it is no number. A percentage stands for two values, as
    benchmarks grade."""
    plain = re.sub(r"^([-+]?)\s*[$\u20ac\u00a3]\s*|\s*[$\u20ac\u00a3]$", r"\1", text)
    unit = "$" if plain != text else ""
    percent = re.fullmatch(r"(.*?)\s*(?:%|percent)", plain)
    if percent:
        value = _value(percent.group(1))
        if value is None or unit:
            return None
        hundredth = (None if value[0] is None else value[0] / 100, value[1] / 100, value[2])
        return [value, hundredth], "%"
    value = _value(plain)
    if value is None and not unit:
        found = _UNIT.fullmatch(plain)
        if found and not set(re.split(r"[ /]", found.group(2).lower())) & _NO_UNIT:
            value = _value(found.group(1))
            unit = found.group(2).lower().rstrip("s")
            unit = {"dollar": "$", "usd": "$", "euro": "$"}.get(unit, unit)
    return None if value is None else ([value], unit)


def _equal(one, other):
    (left, x, float_left), (right, y, float_right) = one, other
    if math.isinf(x) or math.isinf(y):
        return x == y
    near = abs(x - y) <= 1e-9 * max(abs(x), abs(y), 1e-300)
    if left is not None and right is not None:
        return left == right or ((float_left or float_right) and near)
    if abs(x - y) <= 1e-12 * max(abs(x), abs(y)):
        return True
    if near:
        return True if float_left or float_right else None
    return False


# --- values: (exact or None, approximation, whether it is written as a float) --------------------------------------------

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d*)?(?:[eE][-+]?\d+(?![\w.]))?|\.\d+)"
    r"|(?P<name>\\?(?:frac|sqrt)|pi|inf)|(?P<op>\*\*|[-+*/^(){}\[\]]))"
)


def _value(text):
    if not text or len(text) > LONGEST_NUMBER:
        return None
    mixed = re.fullmatch(r"([-+]?)\s*(\d+)\s+(?:(\d+)\s*/\s*(\d+)|\\frac\s*\{(\d+)\}\s*\{(\d+)\})", text)
    if not mixed:
        mixed = re.fullmatch(r"([-+]?)\s*(\d+)(\s*)()\\frac\s*\{(\d+)\}\s*\{(\d+)\}", text)
    if mixed:
        sign, whole, top, bottom, top2, bottom2 = mixed.groups()
        top, bottom = int(top2 or top), int(bottom2 or bottom)
        if bottom == 0 or top >= bottom:
            return None
        exact = Fraction(int(whole)) + Fraction(top, bottom)
        return _exact(-exact if sign == "-" else exact)
    tokens, place = [], 0
    while place < len(text):
        match = _TOKEN.match(text, place)
        if not match:
            if text[place:].isspace():
                break
            return None
        tokens.append((match.lastgroup, match.group(match.lastgroup).lstrip("\\")))
        place = match.end()
    try:
        value, rest = _sum(tokens, 0, 0)
    except (ArithmeticError, ValueError, IndexError, RecursionError):
        return None
    return value if rest == len(tokens) and not math.isnan(value[1]) else None


def _exact(fraction, as_float=False):
    if fraction.numerator.bit_length() > 4096 or fraction.denominator.bit_length() > 4096:
        raise OverflowError
    try:
        approximation = float(fraction)
    except OverflowError:
        approximation = math.inf if fraction > 0 else -math.inf
        # Two huge numbers are still compared exactly.
        return (fraction, approximation if abs(fraction) == math.inf else math.copysign(1e308, fraction), as_float)
    return (fraction, approximation, as_float)


def _apply(one, other, exact, rough):
    as_float = one[2] or other[2]
    if one[0] is not None and other[0] is not None:
        return _exact(exact(one[0], other[0]), as_float)
    return (None, rough(one[1], other[1]), as_float)


def _sum(tokens, place, depth):
    value, place = _product(tokens, place, depth)
    while place < len(tokens) and tokens[place] in (("op", "+"), ("op", "-")):
        minus = tokens[place][1] == "-"
        other, place = _product(tokens, place + 1, depth)
        if minus:
            value = _apply(value, other, lambda a, b: a - b, lambda a, b: a - b)
        else:
            value = _apply(value, other, lambda a, b: a + b, lambda a, b: a + b)
    return value, place


def _product(tokens, place, depth):
    value, place = _signed(tokens, place, depth)
    while place < len(tokens):
        kind, text = tokens[place]
        if (kind, text) in (("op", "*"), ("op", "/")):
            other, place = _signed(tokens, place + 1, depth)
            if text == "/":
                value = _apply(value, other, lambda a, b: a / b, lambda a, b: a / b)
                continue
        elif (kind == "name" and text != "frac") or (kind, text) == ("op", "("):
            # `2 sqrt(3)`, `2(3)`: side by side is a product. `0.(3)` is not.
            if tokens[place - 1][1].endswith("."):
                raise ValueError("a recurring decimal")
            other, place = _power(tokens, place, depth)
        else:
            break
        value = _apply(value, other, lambda a, b: a * b, lambda a, b: a * b)
    return value, place


def _signed(tokens, place, depth):
    if tokens[place] == ("op", "-"):
        value, place = _signed(tokens, place + 1, depth + 1)
        return (None if value[0] is None else -value[0], -value[1], value[2]), place
    if tokens[place] == ("op", "+"):
        return _signed(tokens, place + 1, depth + 1)
    return _power(tokens, place, depth)


def _power(tokens, place, depth):
    value, place = _atom(tokens, place, depth)
    if place < len(tokens) and tokens[place] in (("op", "^"), ("op", "**")):
        exponent, place = _signed(tokens, place + 1, depth + 1)
        whole = exponent[0] is not None and exponent[0].denominator == 1
        if value[0] is not None and whole and abs(exponent[0]) <= 512:
            size = max(value[0].numerator.bit_length(), value[0].denominator.bit_length())
            if size * abs(exponent[0]) > 4096:
                raise OverflowError
            value = _exact(value[0] ** int(exponent[0]), value[2])
        else:
            value = (None, math.pow(value[1], exponent[1]), value[2] or exponent[2])
    return value, place


def _atom(tokens, place, depth):
    if depth > DEEPEST:
        raise ValueError("too deep")
    kind, text = tokens[place]
    if kind == "number":
        digits = text.replace(",", "")
        fraction = digits.lower().split("e")[0]
        significant = len(fraction.replace(".", "").lstrip("0"))
        behind = len(fraction.partition(".")[2])
        exponent = re.search(r"[eE]([-+]?\d+)$", digits)
        if exponent and abs(int(exponent.group(1))) > 1000:
            raise OverflowError
        return _exact(Fraction(digits.rstrip(".") or "0"), significant >= 9 and behind >= 6), place + 1
    if kind == "op" and text in "({":
        value, place = _sum(tokens, place + 1, depth + 1)
        if tokens[place] != ("op", ")" if text == "(" else "}"):
            raise ValueError("not closed")
        return value, place + 1
    if text == "pi":
        return (None, math.pi, False), place + 1
    if text == "inf":
        return (None, math.inf, False), place + 1
    if text == "frac":
        top, place = _argument(tokens, place + 1, depth + 1)
        bottom, place = _argument(tokens, place, depth + 1)
        return _apply(top, bottom, lambda a, b: a / b, lambda a, b: a / b), place
    if text == "sqrt":
        place += 1
        if tokens[place] == ("op", "["):
            degree, place = _sum(tokens, place + 1, depth + 1)
            if tokens[place] != ("op", "]") or degree[0] not in (3, 4, 5):
                raise ValueError("a root of another degree")
            value, place = _argument(tokens, place + 1, depth + 1)
            return (None, math.copysign(abs(value[1]) ** (1 / degree[1]), value[1]), value[2]), place
        value, place = _argument(tokens, place, depth + 1)
        if value[0] is not None and value[0] >= 0:
            top, bottom = math.isqrt(value[0].numerator), math.isqrt(value[0].denominator)
            if top * top == value[0].numerator and bottom * bottom == value[0].denominator:
                return _exact(Fraction(top, bottom), value[2]), place
        return (None, math.sqrt(value[1]), value[2]), place
    raise ValueError(text)


def _argument(tokens, place, depth):
    """What stands behind \\frac or \\sqrt: a group, or one digit of a number that stands there without one."""
    kind, text = tokens[place]
    if kind == "number" and len(text) > 1 and text.isdigit():
        tokens[place] = (kind, text[1:])
        return _exact(Fraction(text[0])), place
    return _atom(tokens, place, depth)
