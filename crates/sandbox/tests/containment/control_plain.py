import bisect, calendar, collections, copy, datetime, decimal, fractions, functools, heapq, itertools, json, math, operator
import random, re, statistics, string, textwrap, time
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple


class Point(NamedTuple):
    x: int
    y: int = 2


class Shape:
    sides = 3

    def __repr__(self):
        return "Shape(%d)" % self.sides


def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)


def without_end(n):
    return without_end(n + 1)


def met(action):
    try:
        return action()
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


@functools.lru_cache(None)
def ways(n):
    return 1 if n < 2 else ways(n - 1) + ways(n - 2)


rows = [
    math.pi, math.e, math.tau, math.sqrt(2), math.factorial(10), math.gcd(12, 18), math.comb(5, 2), math.floor(2.5),
    str(Fraction(3, 9)), repr(Fraction(1, 3) + Fraction(1, 6)), fractions.Fraction("0.125").limit_denominator(4), hash(Fraction(1, 3)),
    str(Decimal(1) / Decimal(3)), str(Decimal("2.675").quantize(Decimal("0.01"))), met(lambda: Decimal(1) / 0),
    decimal.getcontext().prec, decimal.getcontext().rounding, random.random(), random.randint(1, 100), random.sample(range(50), 3),
    re.sub("(a)(b)", r"\2\1", "abab"), re.findall(r"\d+", "12 apples, 30 pears"), json.dumps({"b": [1, 2.5, None]}), json.loads("[1, 2.0]"),
    statistics.mean([1, 2, 3, 4]), statistics.stdev([1, 2, 3, 4]), list(itertools.accumulate([1, 2, 3])),
    list(itertools.permutations("ab")), functools.reduce(operator.add, [1, 2, 3]), ways(30),
    collections.Counter("abca").most_common(1), collections.OrderedDict(a=1), dict(collections.defaultdict(int, a=1)),
    datetime.date(2024, 2, 29).strftime("%a %d %b %Y"), str(datetime.timedelta(days=1, hours=2)), calendar.firstweekday(),
    calendar.weekheader(2), calendar.month_name[2], string.digits, string.ascii_lowercase, textwrap.fill("a b c d", 3),
    copy.deepcopy([[1], {2: 3}]), heapq.nsmallest(2, [3, 1, 2]), bisect.bisect([1, 2, 3], 2), time.localtime(0).tm_hour,
    len("abc"), sum([1, 2, 3]), sorted([3, 1, 2]), max(1, 2), min(1, 2), abs(-3), round(2.675, 2), divmod(7, 2), pow(2, 10, 1000),
    all([1, 0]), any([1, 0]), list(map(str, range(3))), list(zip([1], [2])), list(reversed([1, 2])), list(enumerate("a")),
    int("12"), float("2.5"), bool(0), bin(5), ord("a"), chr(98), "%.3f" % 2.5, f"{1234567.891:,.2f}", str(1e16), 0.1 + 0.2,
    "stra\u00dfe".upper(), "a,b".split(","), list({"a", "b", "c", "d"}), {1: "x"}.get(1), isinstance(True, int), 2 ** 100, -7 // 2,
    repr(Shape()), Point(1), Point(1)._replace(y=3), depth(500), met(lambda: without_end(0)), len(str(10 ** 5000)),
    met(lambda: int("x")), met(lambda: [][1]), met(lambda: {}["a"]), met(lambda: undefined), met(lambda: 1 / 0), 250 + 6, "out" + "put",
]
for row in rows:
    print(row)
output = rows
