//! Into the next program: whatever one program leaves in the interpreter that another may meet. The controls look at far more
//! than an ordinary program does; most cases first show that they would spoil one of them in their own program.

use crate::case::{Case, Expect, plain};
use crate::runner::Control;
use caco_sandbox::Status;

pub const CONTROLS: [Control; 2] = [
    Control {
        program: include_str!("control_plain.py"),
        answer: "",
        module: None,
    },
    Control {
        program: include_str!("control_system.py"),
        answer: "",
        module: None,
    },
];

/// For what the numeric packages keep.
pub const NUMERIC_CONTROLS: [Control; 1] = [Control {
    program: include_str!("control_numeric.py"),
    answer: "",
    module: Some("numpy, sympy"),
}];

/// Leaves something that a control sees.
macro_rules! leave {
    ($name:literal, $program:literal) => {
        plain($name, concat!($program, "\noutput = 'done'\n"))
            .done()
            .bites()
    };
}

/// Leaves something that works later or that no control sees in its own program.
macro_rules! lurk {
    ($name:literal, $program:literal) => {
        plain($name, concat!($program, "\noutput = 'done'\n")).done()
    };
}

pub const CASES: &[Case] = &[
    leave!("pi", "import math\nmath.pi = 3"),
    leave!("a function of math", "import math\nmath.sqrt = lambda x: 1"),
    leave!("pi by setattr", "import math\nsetattr(math, 'p' + 'i', 3)"),
    leave!("pi by the module's dictionary", "import math\nvars(math).update(pi=3)"),
    leave!("pi by an alias", "import math as m\nn = m\nn.pi = 3"),
    leave!("pi by a loop target", "import math\nfor math.pi in [3]: pass"),
    leave!("pi by a with target", "import math, contextlib\nwith contextlib.nullcontext(3) as math.pi: pass"),
    leave!("pi by unpacking", "import math\n(math.pi, x), = [(3, 4)]"),
    leave!("a name of math is deleted", "import math\ndel math.comb"),
    leave!("a name in math is an import target", "import math\nimport random\nglobals()['math'].tau = 6"),
    leave!("print", "import builtins\nbuiltins.print = lambda *a, **k: None"),
    leave!("len", "import builtins\nbuiltins.len = lambda x: 7"),
    leave!("sum by the builtins' dictionary", "__builtins__.__dict__['sum'] = max if hasattr(__builtins__, '__dict__') else None"),
    leave!("a name among the builtins", "import builtins\nbuiltins.undefined = 1"),
    leave!("a builtin is deleted", "import builtins\ndel builtins.reversed"),
    leave!("the builder of classes", "import builtins\nbuilt = builtins.__build_class__\nbuiltins.__build_class__ = lambda f, n, *b, **k: type(n, (), {'__repr__': lambda s: 'spoilt', '_replace': len})"),
    leave!("the import function", "import builtins\ntrue = builtins.__import__\nbuiltins.__import__ = lambda *a, **k: print('imported') or true(*a, **k)"),
    leave!("a method of a builtin class", "import gc\ngc.get_referents(str.__dict__)[0]['upper'] = lambda s: 'spoilt'\ntype('x', (str,), {})"),
    leave!("a class attribute of Fraction", "from fractions import Fraction\nFraction.__repr__ = Fraction.__str__ = lambda self: 'spoilt'"),
    leave!("a method of Fraction", "from fractions import Fraction\nFraction.__add__ = lambda a, b: a"),
    leave!("a class of collections", "import collections\ncollections.Counter.most_common = lambda self, n=None: []"),
    leave!("a class in a module", "import datetime\nclass date(datetime.date):\n    def strftime(self, f): return 'spoilt'\ndatetime.date = date"),
    leave!("a constant of string", "import string\nstring.digits = '012'"),
    leave!("a list within a module", "import calendar\ncalendar.month_name = ['x'] * 13"),
    leave!("the first day of the week", "import calendar\ncalendar.setfirstweekday(6)"),
    leave!("the decimal context", "import decimal\ndecimal.getcontext().prec = 5"),
    leave!("the default decimal context", "import decimal\ndecimal.setcontext(decimal.Context(prec=4, rounding=decimal.ROUND_UP))"),
    leave!("the decimal traps", "import decimal\ndecimal.getcontext().traps[decimal.DivisionByZero] = False"),
    leave!("the state of random", "import random\nrandom.seed(12345)"),
    leave!("random moves on", "import random\nfor _ in range(10): random.random()"),
    leave!("the generator of random", "import random\nrandom._inst.random = random.random = lambda: 0.5"),
    leave!("a patched json", "import json\njson.dumps = lambda *a, **k: 'spoilt'"),
    leave!("the default encoder of json", "import json\njson._default_encoder.encode = lambda o: 'spoilt'"),
    leave!("the cache of patterns", "import re, types\nre.compile(r'\\d+')\nfor cache in (re._cache, getattr(re, '_cache2', {})):\n    for key in list(cache): cache[key] = re.compile('spoilt')"),
    leave!("patterns made anew", "import re\nre.findall = lambda *a: []"),
    leave!("a cached function of the library", "import fractions, functools\nfractions.gcd = None\nimport statistics\nstatistics.mean = functools.lru_cache(lambda x: 0)\nstatistics.mean(1)"),
    leave!("a method of a shared object", "import textwrap\ntextwrap.TextWrapper.fill = lambda self, text: 'spoilt'"),
    leave!("copy's table", "import copy\ncopy._deepcopy_dispatch[list] = lambda x, memo: 'spoilt'"),
    leave!("heapq's functions", "import heapq\nheapq.nsmallest = heapq.nlargest"),
    leave!("a default argument of the library", "import json\njson.dumps.__kwdefaults__['separators'] = ('~', '~')"),
    leave!("the code of the library", "import statistics\ndef mean(data): return 0\nstatistics.mean.__code__ = mean.__code__"),
    leave!("the globals of the library", "import statistics\nstatistics.mean.__globals__['sqrt'] = statistics.mean.__globals__['_ss'] = lambda *a, **k: (int, 9, 9, 9)\nstatistics.stdev = lambda d: 9"),
    leave!("a closure of the library", "import collections\ncollections.namedtuple.__kwdefaults__.clear()\ncollections.namedtuple = None"),
    leave!("a base class of the library", "import typing\ntyping.NamedTuple = lambda *a: None\ntyping.NamedTuple.__mro_entries__ = lambda b: (list,)"),
    leave!("a hook for subclasses", "class Mixin:\n    def __init_subclass__(cls): cls.sides = 9\nimport builtins\ntrue = builtins.__build_class__\nbuiltins.__build_class__ = lambda f, n, *b, **k: true(f, n, *(b or (Mixin,)), **k)"),
    leave!("an entry among the modules", "import sys, types\nfake = types.ModuleType('math')\nfake.pi = 3\nsys.modules['math'] = fake"),
    leave!("a module that was not there", "import sys, types\nsys.modules['colour'] = types.ModuleType('colour')"),
    leave!("a module is forgotten", "import sys\nsys.modules['json'] = None"),
    leave!("the path of modules", "import sys\nsys.path.insert(0, '/nowhere')"),
    leave!("a finder of modules", "import sys\nclass Finder:\n    @staticmethod\n    def find_spec(name, path=None, target=None): return None\nsys.meta_path.insert(0, Finder)"),
    leave!("a hook for paths", "import sys\nsys.path_hooks.append(lambda path: None)"),
    leave!("the recursion limit", "import sys\nsys.setrecursionlimit(120)"),
    leave!("a higher recursion limit", "import sys\nsys.setrecursionlimit(5000)"),
    leave!("the limit of digits", "import sys\nsys.set_int_max_str_digits(1000)"),
    leave!("the locale", "import locale\nlocale.setlocale(locale.LC_ALL, 'C')\nlocale.localeconv = lambda: {'decimal_point': ','}"),
    leave!("the time zone", "import os, time\nos.environ['TZ'] = 'XXX-9'\ntime.tzset()"),
    leave!("the environment", "import os\nos.environ['LEFT'] = '1'"),
    leave!("a trace function", "import sys\nsys.settrace(lambda *a: print('traced') if a[1] == 'call' else None)"),
    leave!("a profile function", "import sys\nsys.setprofile(lambda *a: None)"),
    leave!("a trace function for threads", "import threading\nthreading.settrace(print)"),
    leave!("an audit hook", "import sys\nsys.addaudithook(lambda event, arguments: print(event))"),
    leave!("the exception hook", "import sys\nsys.excepthook = print"),
    leave!("the display hook", "import sys\nsys.displayhook = print"),
    leave!("the hook for what cannot be raised", "import sys\nsys.unraisablehook = print"),
    leave!("the exception hook of threads", "import threading\nthreading.excepthook = print"),
    leave!("hooks of asynchronous generators", "import sys\nsys.set_asyncgen_hooks(print, print)"),
    leave!("the switch interval", "import sys\nsys.setswitchinterval(1.0)"),
    leave!("filters of warnings", "import warnings\nwarnings.simplefilter('error')"),
    leave!("a handler of a signal", "import signal\nsignal.signal(signal.SIGUSR1, print)"),
    leave!("signals are blocked", "import signal\nsignal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])"),
    leave!("an alarm", "import signal\nsignal.alarm(1000)"),
    leave!("a timer that strikes soon", "import signal\nsignal.setitimer(signal.ITIMER_REAL, 0.02)\nfor i in range(10): pass"),
    leave!("the collector is off", "import gc\ngc.disable()\ngc.set_threshold(1)"),
    leave!("a call from the collector", "import gc\ngc.callbacks.append(lambda *a: print('collected'))"),
    leave!("the collector's debugging", "import gc\ngc.set_debug(gc.DEBUG_STATS)\ngc.collect()"),
    leave!("stdout is another", "import sys\nclass Quiet:\n    encoding = errors = line_buffering = None\n    def write(self, text): pass\n    def flush(self): pass\nsys.stdout = Quiet()"),
    leave!("stdout is set up otherwise", "import sys\nsys.stdout.reconfigure(encoding='ascii', errors='replace', line_buffering=True)"),
    leave!("stdout is closed", "import sys\nsys.stdout.close()"),
    leave!("descriptor one is another", "import os\nos.dup2(os.open('/dev/null', os.O_WRONLY), 1)"),
    leave!("an open file", "import os\nkept = os.open('/dev/null', os.O_RDONLY)"),
    leave!("the folder", "import os\nos.chdir('/usr')"),
    leave!("the mask of modes", "import os\nos.umask(0o777)"),
    leave!("lower limits", "import resource\nresource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))"),
    leave!("a stack size of threads", "import threading\nthreading.stack_size(65536)"),
    leave!("a thread that waits", "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"),
    lurk!("a thread that prints", "import threading, time\ndef late():\n    while True:\n        print('late', flush=True)\n        time.sleep(0.001)\nimport sys\nout, print = sys.stdout, __import__('functools').partial(print, file=sys.stderr)\nthreading.Thread(target=late, daemon=True).start()"),
    lurk!("a thread that patches again and again", "import threading, math, time\ndef late():\n    while True:\n        math.pi = 3\n        time.sleep(0.0001)\nthreading.Thread(target=late, daemon=True).start()"),
    lurk!("a call at exit", "import atexit\natexit.register(print, 'late')"),
    lurk!("a call when a value goes", "class Late:\n    def __del__(self):\n        import math\n        math.pi = 3\n        print('late')\nkept = Late()\nkept.itself = kept"),
    lurk!("a call when a module's value goes", "import weakref, math\nclass Late: pass\nkept = Late()\nweakref.finalize(kept, print, 'late')"),
    lurk!("a value hung on a function of the library", "import textwrap\nclass Late:\n    def __del__(self): print('late')\ntextwrap.fill.kept = Late()"),
    lurk!("text that was not flushed", "import sys\nsys.stdout.write('left without an end')"),
    lurk!("text in the raw buffer", "import sys\nsys.stdout.buffer.write(b'left')"),
    lurk!("a generator left in the middle", "def g():\n    try:\n        yield 1\n    finally:\n        print('late')\nkept = g()\nnext(kept)"),
    lurk!("an exception that is being handled", "import sys\ndef g():\n    try:\n        1 / 0\n    except ZeroDivisionError:\n        yield 1\nkept = g()\nnext(kept)"),
    leave!("a codec", "import codecs\ncodecs.register(lambda name: codecs.lookup('utf-8') if name == 'caco_codec' else None)"),
    leave!("a handler of codec errors", "import codecs\ncodecs.register_error('caco_handler', lambda error: ('', error.end))\ncodecs.register_error('replace', lambda error: ('spoilt', error.end))"),
    leave!("a virtual base class", "import collections.abc\ncollections.abc.Hashable.register(list)\nimport abc\nabc.ABC.__subclasshook__ = classmethod(lambda cls, sub: True)"),
    lurk!("a number that is said to be of another kind", "import numbers\nnumbers.Rational.register(float)\nnumbers.Integral.register(str)"),
    leave!("a table of copyreg", "import copyreg\nclass A: pass\ncopyreg.pickle(A, print)"),
    leave!("a handler of logging", "import logging\nlogging.basicConfig(level=1)"),
    leave!("a timeout for sockets", "import socket\nsocket.setdefaulttimeout(1)"),
    leave!("a line cache", "import linecache\nlinecache.cache['<program>'] = (1, None, ['spoilt\\n'], '<program>')"),
    lurk!("a small integer in memory", "import ctypes\nctypes.memset(id(250) + 24, 251, 1)"),
    leave!("a tuple in memory", "import ctypes, calendar, string\ntext = string.digits\nctypes.memset(id(text) + 48, 57, 3)"),
    lurk!("an interned name in memory", "import ctypes\nname = 'undefined'\nctypes.memset(id(name) + 48, 120, 1)"),
    leave!("type flags in memory", "import ctypes, fractions\nfractions.Fraction.__slots__ = ()\nfractions.Fraction.limit_denominator = lambda self, n: 'spoilt'"),
    lurk!("names of the program", "math = len = sum = Fraction = rows = None\n__name__ = 'spoilt'\nfor name in list(globals()):\n    if name not in ('name', '__builtins__'): del globals()[name]"),
    lurk!("annotations and a main module", "import __main__\n__main__.rows = __main__.output = 'spoilt'\n__main__.__builtins__ = {}"),
    lurk!("the main module is another", "import sys, types\nsys.modules['__main__'] = types.ModuleType('spoilt')"),
    lurk!("future features", "from __future__ import annotations\nx: undefined = 1"),
    plain(
        "an answer that spoils while it is read",
        "import math\nclass A:\n    def __str__(self):\n        math.pi = 3\n        print('late')\n        return 'done'\noutput = A()\n",
    )
    .expect(Expect::Done),
    plain(
        "an input that spoils while it is read",
        "import math\nclass A:\n    def __str__(self):\n        math.pi = 3\n        return '1'\ninput = A()\noutput = 'done'\n",
    )
    .expect(Expect::Done),
    plain(
        "an error that spoils while it is read",
        "import math\nclass E(Exception):\n    def __str__(self):\n        math.pi = 3\n        return '1'\nraise E()\n",
    )
    .fails(Status::Error, "E"),
    plain(
        "a program that spoils and then fails",
        "import math, decimal, random\nmath.pi = 3\ndecimal.getcontext().prec = 3\nrandom.seed(1)\n1 / 0\n",
    )
    .fails(Status::Error, "ZeroDivisionError"),
    plain(
        "a program that spoils and then runs out of time",
        "import math, decimal\nmath.pi = 3\ndecimal.getcontext().prec = 3\nwhile True: pass\n",
    )
    .short()
    .fails(Status::Timeout, "CpuTime"),
    plain(
        "a program that spoils and then dies",
        "import math, os\nmath.pi = 3\nos.kill(os.getpid(), 9)\n",
    )
    .fails(Status::Crash, "SIGKILL"),
];

/// What the numeric packages keep.
pub const NUMERIC_CASES: &[Case] = &[
    leave!("numpy's print options", "import numpy as np\nnp.set_printoptions(precision=2, suppress=True)").with_module("numpy, sympy"),
    leave!("numpy's threshold", "import numpy as np\nnp.set_printoptions(threshold=10**6)").with_module("numpy, sympy"),
    leave!("numpy's error state", "import numpy as np\nnp.seterr(all='raise')").with_module("numpy, sympy"),
    leave!("numpy's error call", "import numpy as np\nnp.seterrcall(print)\nnp.seterr(all='call')").with_module("numpy, sympy"),
    leave!("numpy's random state", "import numpy as np\nnp.random.seed(9)").with_module("numpy, sympy"),
    leave!("numpy's pi", "import numpy as np\nnp.pi = 3").with_module("numpy, sympy"),
    leave!("a function of numpy", "import numpy as np\nnp.mean = lambda *a, **k: 0").with_module("numpy, sympy"),
    leave!("mpmath's precision", "import mpmath\nmpmath.mp.dps = 5").with_module("numpy, sympy"),
    leave!("mpmath's pretty printing", "import mpmath\nmpmath.mp.pretty = True\nmpmath.mp.prec = 20").with_module("numpy, sympy"),
    leave!("sympy's settings of printing", "import sympy\nsympy.StrPrinter.set_global_settings(full_prec=False, order='rev-lex', sympy_integers=True)").with_module("numpy, sympy"),
    leave!("a class of sympy", "import sympy\nsympy.Rational.__add__ = lambda a, b: a").with_module("numpy, sympy"),
    leave!("a singleton of sympy", "import sympy\nsympy.S.Infinity.__class__.__str__ = lambda self: 'spoilt'\nsympy.oo = 5").with_module("numpy, sympy"),
    leave!("a cached function of sympy", "import sympy\nsympy.isprime = lambda n: False\nsympy.factorint = lambda n: {}").with_module("numpy, sympy"),
    lurk!("sympy's random state", "import sympy.core.random\nsympy.core.random.seed(9)").with_module("numpy, sympy"),
    lurk!("assumptions of sympy", "import sympy\nsympy.assumptions.global_assumptions.add(sympy.Q.positive(sympy.Symbol('x')))").with_module("numpy, sympy"),
];
