# Says whether two answers are the same, with sympy. Runs in the sandbox, behind a line that sets `input`.
#
# Nothing in an answer is evaluated as code: its text is parsed into Python's syntax tree, and the tree is turned into
# sympy's objects node by node; a node or a name that is not listed here makes the answer one that is not understood.
import ast
import re
import sympy
from sympy import S

REAL = {}
NAMES = {
    "pi": S.Pi, "e": S.Exp1, "E": S.Exp1, "i": S.ImaginaryUnit, "I": S.ImaginaryUnit, "oo": S.Infinity,
    "inf": S.Infinity, "infinity": S.Infinity, "GoldenRatio": S.GoldenRatio, "EmptySet": S.EmptySet, "Reals": S.Reals,
    "Integers": S.Integers, "Naturals": S.Naturals, "Naturals0": S.Naturals0, "true": S.true, "false": S.false,
}
FUNCTIONS = {
    name: getattr(sympy, name)
    for name in (
        "sqrt cbrt root exp log ln sin cos tan cot sec csc asin acos atan acot asec acsc atan2 sinh cosh tanh coth asinh "
        "acosh atanh Abs sign floor ceiling factorial binomial gcd lcm Max Min re im conjugate arg gamma zeta Rational "
        "Integer Float Pow Mul Add Mod Interval Union Intersection FiniteSet Complement Matrix Tuple Eq Ne Lt Le Gt Ge And "
        "Or Not Sum Product Integral Derivative Limit Piecewise"
    ).split()
}
FUNCTIONS.update(
    abs=sympy.Abs, ceil=sympy.ceiling, arcsin=sympy.asin, arccos=sympy.acos, arctan=sympy.atan, max=sympy.Max,
    min=sympy.Min, choose=sympy.binomial, Fraction=sympy.Rational, ImmutableMatrix=sympy.Matrix,
    ImmutableDenseMatrix=sympy.Matrix,
)


def ranged(function):
    """sum(body, k, 1, n) beside Sum(body, (k, 1, n))."""
    return lambda body, *rest: function(body, rest) if len(rest) == 3 else function(body, *rest)


FUNCTIONS.update(
    sum=ranged(sympy.Sum), product=ranged(sympy.Product), integral=ranged(sympy.Integral), limit=sympy.Limit,
    derivative=sympy.Derivative,
)
INTERVALS = {name: getattr(sympy.Interval, name) for name in ("open", "Lopen", "Ropen")}
BINARY = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b, ast.Div: lambda a, b: a / b,
    ast.Pow: lambda a, b: a**b, ast.Mod: lambda a, b: a % b, ast.FloorDiv: lambda a, b: sympy.floor(a / b),
}
COMPARED = {ast.Eq: sympy.Eq, ast.NotEq: sympy.Ne, ast.Lt: sympy.Lt, ast.LtE: sympy.Le, ast.Gt: sympy.Gt, ast.GtE: sympy.Ge}


class NotUnderstood(Exception):
    pass


def name(text):
    if text in NAMES:
        return NAMES[text]
    if text.startswith("_") or len(text) > 20:
        raise NotUnderstood(text)
    return REAL.setdefault(text, sympy.Symbol(text, real=True))


def joined(a, b, sets, conditions):
    both = [isinstance(x, (sympy.Set, set)) for x in (a, b)]
    return (sets if all(both) else conditions)(a, b)


class Builder:
    def __init__(self, text):
        self.text = text

    def of(self, node):
        return getattr(self, type(node).__name__, self.other)(node)

    def all(self, nodes):
        return [self.of(node) for node in nodes]

    def other(self, node):
        raise NotUnderstood(type(node).__name__)

    def Expression(self, node):
        return self.of(node.body)

    def Constant(self, node):
        if node.value is True or node.value is False:
            return sympy.S(node.value)
        if isinstance(node.value, int):
            return sympy.Integer(node.value)
        if isinstance(node.value, float):
            return sympy.Rational(ast.get_source_segment(self.text, node))
        if isinstance(node.value, complex):
            return sympy.Rational(ast.get_source_segment(self.text, node)[:-1]) * S.ImaginaryUnit
        return self.other(node)

    def Name(self, node):
        return name(node.id)

    def UnaryOp(self, node):
        value = self.of(node.operand)
        if isinstance(node.op, ast.USub):
            return -value
        if isinstance(node.op, ast.UAdd):
            return value
        return sympy.Not(value)

    def BinOp(self, node):
        a, b = self.of(node.left), self.of(node.right)
        if isinstance(node.op, ast.BitOr):
            return joined(a, b, sympy.Union, sympy.Or)
        if isinstance(node.op, ast.BitAnd):
            return joined(a, b, sympy.Intersection, sympy.And)
        if type(node.op) not in BINARY:
            return self.other(node)
        return BINARY[type(node.op)](a, b)

    def BoolOp(self, node):
        return (sympy.And if isinstance(node.op, ast.And) else sympy.Or)(*self.all(node.values))

    def Compare(self, node):
        sides = self.all([node.left] + node.comparators)
        parts = []
        for op, a, b in zip(node.ops, sides, sides[1:]):
            if type(op) not in COMPARED:
                return self.other(node)
            parts.append(COMPARED[type(op)](a, b))
        return sympy.And(*parts) if len(parts) > 1 else parts[0]

    def Call(self, node):
        at = node.func
        if isinstance(at, ast.Name) and at.id in FUNCTIONS:
            function = FUNCTIONS[at.id]
        elif isinstance(at, ast.Attribute) and isinstance(at.value, ast.Name) and at.value.id == "Interval" and at.attr in INTERVALS:
            function = INTERVALS[at.attr]
        elif isinstance(at, ast.Name) and len(at.id) == 1 and not node.keywords:
            return sympy.Function(at.id)(*self.all(node.args))
        else:
            raise NotUnderstood("a call")
        keywords = {}
        for keyword in node.keywords:
            if keyword.arg not in ("left_open", "right_open", "evaluate"):
                raise NotUnderstood("a keyword")
            keywords[keyword.arg] = bool(self.of(keyword.value))
        return function(*[self.plain(x) for x in self.all(node.args)], **keywords)

    def plain(self, value):
        return sympy.Tuple(*value) if isinstance(value, tuple) else value

    def Tuple(self, node):
        return tuple(self.all(node.elts))

    def List(self, node):
        return self.all(node.elts)

    def Set(self, node):
        return sympy.FiniteSet(*[self.plain(x) for x in self.all(node.elts)])

    def Dict(self, node):
        return sympy.FiniteSet(*[sympy.Eq(k, v) for k, v in zip(self.all(node.keys), self.all(node.values))])


END = r"\s*([^\[\](),|&]+)\s*"


def intervals(text):
    """Intervals as they are written: `[0, 1)`, and where sets are joined `(0, 1)` and `[0, 1]` too."""
    text = re.sub(r"\[" + END + "," + END + r"\)", r"Interval.Ropen(\1, \2)", text)
    text = re.sub(r"(?<![A-Za-z])\(" + END + "," + END + r"\]", r"Interval.Lopen(\1, \2)", text)
    if "∪" in text or "∩" in text:
        text = re.sub(r"(?<![A-Za-z])\(" + END + "," + END + r"\)", r"Interval.open(\1, \2)", text)
        text = re.sub(r"\[" + END + "," + END + r"\]", r"Interval(\1, \2)", text)
    return text


def read(texts):
    """The first of some spellings of an answer that can be understood."""
    for text in texts:
        text = intervals((text or "").strip()).replace("^", "**").replace("∞", "oo").replace("π", "pi").replace("−", "-")
        text = text.replace("·", "*").replace("∪", "|").replace("∩", "&").replace("≤", "<=").replace("≥", ">=").replace("≠", "!=")
        text = re.sub(r"(?<![<>!=])=(?!=)", "==", text)
        text = re.sub(r"(?<![A-Za-z_0-9])(\d+(?:\.\d+)?)(?=[A-Za-z(])(?![eE][-+]?\d)", r"\1*", text)
        text = re.sub(r"\)\s*(?=[A-Za-z0-9(])", ")*", text)
        if not text or len(text) > 10000:
            continue
        try:
            value = Builder(text).of(ast.parse(text, mode="eval"))
        except (NotUnderstood, SyntaxError, ValueError, TypeError, AttributeError):
            continue
        return value
    raise NotUnderstood


def finished(value):
    return value.doit() if isinstance(value, sympy.Basic) else value


def settle(gold, pred):
    try:
        sides = [finished(read(texts)) for texts in (gold, pred)]
    except NotUnderstood:
        return ["undecided", "sympy does not understand a side"]
    return same(*sides)


def same(a, b):
    if isinstance(a, (tuple, sympy.Tuple)) and isinstance(b, (tuple, sympy.Tuple)) or isinstance(a, list) and isinstance(b, list):
        if len(a) != len(b):
            return ["different", "%d elements against %d" % (len(a), len(b))]
        for x, y in zip(a, b):
            verdict = same(x, y)
            if verdict[0] != "equal":
                return verdict
        return ["equal", "element by element"]
    if isinstance(a, sympy.MatrixBase) and isinstance(b, sympy.MatrixBase):
        if a.shape != b.shape:
            return ["different", "matrices of different shape"]
        return same(list(a), list(b))
    if isinstance(a, sympy.Set) or isinstance(b, sympy.Set):
        return sets(a, b)
    if isinstance(a, sympy.Expr) and isinstance(b, sympy.Expr):
        return expressions(a, b)
    if isinstance(a, sympy.Eq) and isinstance(b, sympy.Eq):
        return equations(a, b)
    logic = (sympy.logic.boolalg.Boolean, sympy.core.relational.Relational)
    if isinstance(a, logic) and isinstance(b, logic):
        return sets(a, b)
    return ["undecided", "the sides are of different kinds"]


def as_set(value):
    if isinstance(value, sympy.Set):
        return value
    if isinstance(value, sympy.logic.boolalg.Boolean) and len(value.free_symbols) == 1:
        return value.as_set()
    return None


def sets(a, b):
    a, b = as_set(a), as_set(b)
    if a is None or b is None:
        return ["undecided", "the sides are of different kinds"]
    if isinstance(a, sympy.FiniteSet) and isinstance(b, sympy.FiniteSet):
        rest = list(b)
        for x in a:
            found = [y for y in rest if same(x, y)[0] == "equal"]
            if not found:
                decided = all(same(x, y)[0] == "different" for y in rest)
                return ["different" if decided else "undecided", "an element has no partner"]
            rest.remove(found[0])
        return ["different", "an element has no partner"] if rest else ["equal", "the same elements"]
    within = [a.is_subset(b), b.is_subset(a)]
    if within == [True, True]:
        return ["equal", "each set holds the other"]
    if False in within:
        return ["different", "one set does not hold the other"]
    return ["undecided", "sympy cannot compare the sets"]


POINTS = [sympy.Rational(*p) for p in ((17, 13), (-23, 11), (71, 29), (5, 37), (-3, 41), (301, 97))]


def expressions(a, b):
    if a == b:
        return ["equal", "the same expression"]
    if a in (S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN) or b in (S.Infinity, S.NegativeInfinity, S.ComplexInfinity, S.NaN):
        return ["different", "a finite and an infinite value"]
    difference = a - b
    names = sorted(difference.free_symbols, key=str)
    agreed = 0
    for shift in range(len(POINTS) - 1):
        point = {x: POINTS[(shift + i) % len(POINTS)] + i for i, x in enumerate(names)}
        gap = difference.subs(point).evalf(50, maxn=400)
        size = abs(a.subs(point).evalf(20)) + 1
        if not (gap.is_number and size.is_number and gap.is_finite and size.is_finite):
            continue
        if abs(gap) > size * sympy.Rational(1, 10**12):
            return ["different", "their values differ"]
        agreed += 1
        if not names:
            break
    if sympy.simplify(difference) == 0:
        return ["equal", "their difference simplifies to 0"]
    if agreed >= (3 if names else 1):
        return ["equal", "their values agree in 12 digits and more" + (" at several points" if names else "")]
    return ["undecided", "sympy cannot compare the expressions"]


def equations(a, b):
    one, other = a.lhs - a.rhs, b.lhs - b.rhs
    ratio = sympy.simplify(one / other)
    if ratio.is_number and ratio.is_finite and ratio != 0:
        return ["equal", "the same equation up to a factor"]
    return ["undecided", "sympy cannot compare the equations"] if ratio.is_number else ["different", "different equations"]


output = settle(**input)
