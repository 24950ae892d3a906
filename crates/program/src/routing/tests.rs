use super::*;

fn own(source: &str) -> Option<String> {
    route(source).own
}

#[track_caller]
fn shares(source: &str) {
    assert_eq!(own(source), None, "{source}");
}

#[track_caller]
fn alone(source: &str) {
    assert!(own(source).is_some(), "passes the gate: {source}");
}

#[test]
fn lists_are_sorted_and_disjoint() {
    for list in [
        names::MODULES,
        names::STARRED,
        names::BUILTINS,
        names::ATTRIBUTES,
        names::DUNDER_READS,
        names::DUNDER_DEFINITIONS,
    ] {
        for pair in list.windows(2) {
            assert!(pair[0] < pair[1], "{pair:?}");
        }
    }
    assert!(
        names::STARRED
            .iter()
            .all(|name| names::listed(names::MODULES, name))
    );
    assert!(
        names::ATTRIBUTES
            .iter()
            .all(|name| !names::listed(names::MODULES, name))
    );
}

#[test]
fn ordinary_programs_share() {
    shares(
        "input = {\"a\": 6, \"b\": 7}\n\ndef solve(a, b):\n    return a * b\n\noutput = solve(**input)\nprint(output)\n",
    );
    shares(
        "from math import *\nfrom fractions import Fraction as F\nx = F(1, 3)\nprint(x.numerator, sqrt(2))\n",
    );
    shares("import sympy as sp\nx = sp.symbols('x')\nprint(sp.solve(x**2 - 2, x), sp.S('1/2'))\n");
    shares(
        "import numpy as np\na = np.zeros((2, 2))\na[0, 1] = 3\nprint(np.linalg.det(a), a.T.shape)\n",
    );
    shares(
        "class P:\n    '''A point.'''\n    __slots__ = ('x',)\n    def __init__(self, x):\n        super().__init__()\n        self.x = x\n        self._y = 2\n        \
         self.__z = self._y\n        self.items = {}\n        self.items[1] = 2\n    def __repr__(self):\n        return f'P({self.x})'\n\
         if __name__ == '__main__':\n    print(P(3), type(P(3)) == P)\n",
    );
    shares(
        "from dataclasses import dataclass\n@dataclass\nclass A:\n    x: int = 1\nprint(A().x)\n",
    );
    shares(
        "counts = {}\nfor c in 'abc':\n    counts[c] = counts.get(c, 0) + 1\n    counts['a'] += 2\ndel counts['b']\n",
    );
    shares("import datetime\nprint(datetime.date(2024, 1, 31) + datetime.timedelta(days=1))\n");
    shares("input = {'n': 3}\ninput['n'] = 4\n");
    shares("import decimal\ndecimal.getcontext().prec = 5");
    shares(
        "from decimal import getcontext, localcontext
ctx = getcontext()
ctx.prec = 5
with localcontext() as c:
    c.prec = 9",
    );
}

#[test]
fn what_reaches_out_goes_alone() {
    for source in [
        "import os",
        "import sys\nsys.setrecursionlimit(10)",
        "from os import path",
        "import numpy.f2py",
        "from . import x",
        "from random import _os",
        "from random import *",
        "open('x')",
        "eval('1')",
        "f = exec",
        "getattr(1, 'x')",
        "globals()['x'] = 1",
        "x = __builtins__",
        "__import__('os')",
        "().__class__.__mro__",
        "(lambda: 0).__globals__",
        "x = (i for i in [1])\nx.gi_frame",
        "import statistics\nstatistics.sys",
        "import random\nrandom._os.system('true')",
        "from operator import attrgetter",
        "import operator\noperator.methodcaller('x')",
        "'{0.__class__}'.format(1)",
        "print(f'{1:__x}')",
        "import string\nstring.Formatter()",
        "try:\n    x.y\nexcept AttributeError as e:\n    e.obj",
        "import datetime\ndatetime.datetime.now()",
        "ﬁle = 1\nopеn = 2",
        "x = 1\0",
    ] {
        alone(source);
    }
}

#[test]
fn what_changes_shared_objects_goes_alone() {
    for source in [
        "import math\nmath.pi = 3",
        "import math\ndel math.pi",
        "import math\nfor math.pi in [3]: pass",
        "import math\n[0 for math.pi in [3]]",
        "import math as m\n(m.pi, x) = 3, 4",
        "from fractions import Fraction\nFraction.__str__ = lambda self: '1'",
        "import math\nmath.pi += 1",
        "import calendar\ncalendar.mdays[2] = 30",
        "from calendar import day_name as names\nnames[0] = 'x'",
        "import numpy as np\nnp.seterr(all='raise')",
        "import numpy as np\nnp.random.set_state(np.random.get_state())",
        "import numpy as np\nnp.random.set_bit_generator(np.random.PCG64())",
        "import statistics\nclass A:\n    def f(self): return self.sys\nA.f(statistics)",
        "import random\nclass A:\n    def f(self): return self._os\nA.f(random)",
        "class A:\n    def f(self): return self._getframe",
        "import decimal\ndecimal.DefaultContext.prec = 5",
        "from decimal import DefaultContext as d\nd.prec = 5",
        "class A: pass\ng = A()\ng.prec = 5",
        "import mpmath\nmpmath.mp.dps = 50",
        "from mpmath import mp\nmp.dps = 50",
        "import numbers\nnumbers.Number.register(str)",
        "class A:\n    def __del__(self): pass",
        "class A(metaclass=B): pass",
        "class A(type): pass",
        "T = type('T', (), {})",
        "type = 3\nx = type",
        "async def f(): pass",
        "match x:\n    case A(__class__=y): pass",
        "def __getattr__(name): return 1",
        "__name__ = 'x'\n__builtins__ = {}",
        "lambda __builtins__: 1",
        "import math as __builtins__",
    ] {
        alone(source);
    }
}

#[test]
fn text_that_is_no_python_goes_alone_with_its_line() {
    assert!(own("x = = 1").is_some_and(|why| why.starts_with("line 1")));
    assert!(own(&"(".repeat(100_000)).is_some());
}

#[test]
fn uses_are_told_from_imports_wherever_they_stand() {
    let uses = route("def f():\n    import numpy.linalg\n    from sympy import solve\n").uses;
    assert!(uses.numpy && uses.sympy && !uses.random);
    let uses = route("open('x')\nimport os\ndef f():\n    from statistics import mean\n").uses;
    assert!(uses.random && uses.decimal && !uses.sympy);
    assert!(route("import sympy\nx = = 1").uses.sympy);
    assert_eq!(route("print('numpy')").uses, Uses::default());
}
