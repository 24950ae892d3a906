# The wire form of values, written as text by hand so that nothing a program does to the json module matters.
#   null, true, false, strings, lists, dicts with plain string keys   as in JSON
#   int                within 64 bits a number, else {"$int": "digits"}
#   float              a number by repr, else {"$float": "nan" | "inf" | "-inf"}
#   tuple, set, frozenset   {"$tuple": [...]}, {"$set": [...]}, {"$frozenset": [...]} (sets in the order of their wire form)
#   other dicts        {"$dict": [[key, value], ...]}
#   numpy arrays       {"$type": "numpy.ndarray", "dtype": ..., "shape": [...], "value": nested lists}
#   sympy objects      {"$type": "sympy.Rational", "text": str(value), "srepr": ...}: srepr rebuilds it, assumptions included
#   everything else    {"$type": name, "text": str(value)}: for Fraction, Decimal, complex, bytes, numpy's scalars and the
#                      types of datetime, name and text are the whole value
import io, json
from json.encoder import encode_basestring_ascii as quote
MAX_DEPTH = 116  # levels of JSON; readers stop at 128, and a frame and the three levels of a dict are around or within
MODULES = sys.modules


def say(text):
    """A text as JSON; lone surrogates, which JSON for others cannot hold, as escapes."""
    try:
        return quote(text) if text.isascii() else quote(text.encode("utf-8", "backslashreplace").decode())
    except UnicodeError:
        return '"?"'


class AnswerTooLarge(Exception):
    pass


class Encoder:
    """Encodes within a budget of characters; objects met may be hostile, and run nowhere but in this child."""

    def __init__(self, budget):
        self.left = budget
        self.numpy = False  # whether a number or an array of numpy was met

    def spend(self, text):
        self.left -= len(text)
        if self.left < 0:
            raise AnswerTooLarge()
        return text

    def string(self, v):
        if v.isascii() and len(v) < self.left:
            return self.spend(quote(v))
        try:
            v.encode("utf-8")
        except UnicodeEncodeError:
            return self.tagged("str", v.encode("utf-8", "backslashreplace").decode())
        if len(v) > self.left:
            raise AnswerTooLarge()
        return self.spend(quote(v))

    def tagged(self, name, text):
        if len(text) > self.left:
            raise AnswerTooLarge()
        return self.spend('{"$type":%s,"text":%s}' % (say(name), say(text)))

    def integer(self, v):
        if v.bit_length() > 3.4 * self.left + 64:
            raise AnswerTooLarge()
        text = int.__repr__(v)
        return self.spend(text if v.bit_length() < 64 else '{"$int":"%s"}' % text)

    def items(self, values, depth):
        return [self.value(x, depth + 1) for x in values]

    def joined(self, values, depth):
        """The items of a list or tuple, with commas."""
        numbers = numbers_text(values) if 2 * len(values) < self.left else None
        return ",".join(self.items(values, depth)) if numbers is None else self.spend(numbers[1:-1])

    def value(self, v, depth=0):
        kind = type(v)
        if kind is int and -SMALL < v < SMALL:
            return self.spend(int.__repr__(v))
        self.left -= 1
        if depth > MAX_DEPTH or self.left < 0:
            raise AnswerTooLarge()
        if kind is int:
            return self.integer(v)
        if kind is float:
            if v - v != 0.0:
                return self.spend('{"$float":"%s"}' % float.__repr__(v))
            return self.spend(float.__repr__(v))
        if kind is str:
            return self.string(v)
        if kind is list:
            return "[" + self.joined(v, depth) + "]"
        if kind is dict:
            return self.dictionary(v, depth)
        if kind is tuple:
            return '{"$tuple":[' + self.joined(v, depth + 1) + "]}"
        if v is None:
            return "null"
        if kind is bool:
            return "true" if v else "false"
        if kind is set or kind is frozenset:
            return '{"$%s":[%s]}' % (kind.__name__, ",".join(sorted(self.items(v, depth + 1))))
        if issubclass(kind, dict):
            return self.dictionary(v, depth)
        numpy = MODULES.get("numpy")
        if numpy is not None and issubclass(kind, numpy.ndarray):
            self.numpy = True
            shape = ",".join([int.__repr__(n) for n in v.shape])
            return '{"$type":"numpy.ndarray","dtype":%s,"shape":[%s],"value":%s}' % (quote(str(v.dtype)), shape, self.value(v.tolist(), depth + 1))
        if numpy is not None and issubclass(kind, numpy.generic):
            self.numpy = True
        name, text = type_name(kind), text_of(v, False)
        if name[:6] == "sympy.":
            return self.symbolic(name, text, v)
        return self.tagged(name, text)

    def symbolic(self, name, text, v):
        try:
            whole = MODULES["sympy.printing.repr"].srepr(v)
        except Exception:
            return self.tagged(name, text)
        if type(whole) is not str or len(text) + len(whole) > self.left:
            return self.tagged(name, text)
        return self.spend('{"$type":%s,"text":%s,"srepr":%s}' % (say(name), say(text), say(whole)))

    def dictionary(self, v, depth):
        parts, before = [], self.left
        for k, x in dict.items(v):
            if type(k) is not str or k[:1] == "$" or not k.isprintable():
                self.left = before
                return '{"$dict":[' + ",".join(["[%s,%s]" % (self.value(k, depth + 3), self.value(x, depth + 3)) for k, x in dict.items(v)]) + "]}"
            # Most quantities are small integers: they need no further look.
            if type(x) is int and -SMALL < x < SMALL:
                parts.append(self.string(k) + ":" + int.__repr__(x))
                self.left -= 20
            else:
                parts.append(self.string(k) + ":" + self.value(x, depth + 1))
        if self.left < 0:
            raise AnswerTooLarge()
        return "{" + ",".join(parts) + "}"


SMALL = 1 << 62


def numbers_text(values):
    """Python's text of a list or tuple as a list, where that is its wire form too: only small integers, or only finite floats."""
    kinds = set(map(type, values))
    if len(kinds) == 1:
        if int in kinds:
            return list.__repr__(list(values)) if -SMALL < min(values) and max(values) < SMALL else None
        if float in kinds:
            text = list.__repr__(list(values))
            return None if "n" in text else text  # nan, inf
    return None


def type_name(kind):
    name, module = str(kind.__name__), str(kind.__module__).split(".")[0]
    return (name if module in ("builtins", "__main__", "fractions", "decimal", "collections", "datetime") else module + "." + name)[:200]


def has_numpy(v, numpy, depth=0):
    if isinstance(v, (numpy.generic, numpy.ndarray)):
        return True
    if depth > MAX_DEPTH:
        return False
    if type(v) is dict:
        return any(has_numpy(x, numpy, depth + 1) for pair in v.items() for x in pair)
    return type(v) in (list, tuple, set, frozenset) and any(has_numpy(x, numpy, depth + 1) for x in v)


def plain(v, numpy):
    """The same value with numpy's scalars and arrays as Python's own, so that their text is that of numbers."""
    if isinstance(v, numpy.ndarray):
        return v.tolist()
    if isinstance(v, numpy.generic):
        return v.item()
    if type(v) is dict:
        return {plain(k, numpy): plain(x, numpy) for k, x in v.items()}
    if type(v) in (list, tuple, set, frozenset):
        return type(v)([plain(x, numpy) for x in v])
    return v


def text_of(v, met_numpy):
    """Canonical text: str(v), where floats are by repr and numpy's numbers inside containers read as numbers."""
    numpy = MODULES.get("numpy")
    if met_numpy and numpy is not None and not isinstance(v, numpy.generic) and has_numpy(v, numpy):
        v = plain(v, numpy)
    text = str(v)
    return text if type(text) is str else str.__str__(text)
