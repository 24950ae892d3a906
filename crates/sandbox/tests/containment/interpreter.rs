//! Into the interpreter: by frames, objects, memory, names and hooks. What a program breaks there, it breaks for itself.

use crate::case::{Case, Expect, case, plain};
use caco_sandbox::Status;

pub const CASES: &[Case] = &[
    plain(
        "frames below the program are listed and their globals overwritten",
        r#"
import sys
frame, seen = sys._getframe(), 0
while frame is not None:
    scope = frame.f_globals
    for name in [n for n, v in scope.items() if callable(v) and scope is not globals()]:
        scope[name] = lambda *a, **k: '"spoilt"'
        seen += 1
    frame = frame.f_back
output = "done: %d" % seen
"#,
    )
    .contained(),
    plain(
        "frames reached through a traceback",
        r#"
try:
    1 / 0
except ZeroDivisionError as error:
    frame = error.__traceback__.tb_frame
while frame.f_back is not None:
    frame = frame.f_back
    for name in list(frame.f_locals):
        frame.f_locals[name] = None
output = "done: " + frame.f_code.co_name
"#,
    )
    .contained(),
    plain(
        "frames reached through a generator",
        r#"
def walk():
    frame = generator.gi_frame.f_back
    yield sorted(frame.f_back.f_globals)[:1]
generator = walk()
next(generator)
output = "done"
"#,
    )
    .done(),
    plain(
        "frames reached through a coroutine",
        r#"
import types
@types.coroutine
def pause():
    yield coroutine.cr_frame.f_back.f_back.f_code.co_filename
async def walk():
    await pause()
coroutine = walk()
coroutine.send(None)
coroutine.close()
output = "done"
"#,
    )
    .done(),
    plain(
        "frames of all threads",
        r#"
import sys
frames = list(sys._current_frames().values())
names = set()
for frame in frames:
    while frame is not None:
        names.add(frame.f_code.co_name)
        frame.f_globals.pop("send", None)
        frame = frame.f_back
output = "done: %d" % len(names)
"#,
    )
    .contained(),
    plain(
        "every dictionary that the collector knows is emptied",
        r#"
import gc
for thing in gc.get_objects():
    if type(thing) is dict and "nonce" in thing:
        thing.clear()
output = "done"
"#,
    )
    .contained(),
    plain(
        "code of every function of the harness is replaced",
        r#"
import gc, types
def lie(*a, **k): return '"spoilt"'
count = 0
for thing in gc.get_objects():
    if type(thing) is types.FunctionType and thing.__code__.co_filename == "<string>" and not thing.__code__.co_freevars:
        try:
            thing.__code__ = lie.__code__
            count += 1
        except ValueError:
            pass
output = "done: %d" % count
"#,
    )
    .contained(),
    plain(
        "referrers of a value lead to the harness",
        r#"
import gc
holders = gc.get_referrers(globals())
for holder in holders:
    if type(holder) is list:
        holder.clear()
output = "done: %d" % (len(holders) > 0)
"#,
    )
    .contained(),
    case(
        "own memory is read through proc",
        r#"
def read():
    with open("/proc/self/mem", "rb", 0) as f:
        f.seek(id(tried))
        return len(f.read(16))
output = tried(read)
"#,
    )
    .blocked("landlock", Expect::Tried),
    case(
        "own memory is written through proc",
        r#"
def write():
    with open("/proc/self/mem", "r+b", 0) as f:
        f.seek(id(tried))
        return f.write(f.read(8))
output = tried(write)
"#,
    )
    .blocked("landlock|readonly_tree", Expect::Contained),
    plain(
        "a small integer is overwritten in memory",
        r#"
import ctypes
ctypes.memset(id(250) + 24, 7, 1)
output = "done: %d" % (200 + 50)
"#,
    )
    .done(),
    plain(
        "a string of the harness is overwritten in memory",
        r#"
import ctypes
name = "output"
ctypes.memset(id(name) + 48, 120, 1)
output = 1
"#,
    )
    .contained(),
    plain(
        "a wild pointer is read",
        "import ctypes\nctypes.string_at(1)\n",
    )
    .fails(Status::Crash, "SIGSEGV"),
    plain(
        "the interpreter is shut down from inside",
        "import ctypes\nctypes.pythonapi.Py_FinalizeEx()\noutput = 1\n",
    )
    .contained(),
    plain(
        "a C level exit",
        "import ctypes\noutput = 1\nctypes.CDLL(None).exit(0)\n",
    )
    .fails(Status::Crash, "os._exit"),
    case(
        "a dunder chain to a shell",
        r#"
globals_of = [c for c in ().__class__.__base__.__subclasses__() if c.__name__ == "_wrap_close"][0].__init__.__globals__
code = globals_of["system"]("exit 5")
output = "done" if code == 5 << 8 else "blocked: %d" % code
"#,
    )
    .blocked("seccomp", Expect::Done),
    plain(
        "an exception's obj gives the builtins away",
        r#"
try:
    print.nothing
except AttributeError as error:
    module = error.obj.__self__
module.len = module.print = module.str = lambda *a, **k: 3
output = 'done'
"#,
    )
    .done(),
    plain(
        "a format string walks attributes",
        "def f(): pass\ntext = '{0.__class__} {0.__globals__[__builtins__]}'.format(f)\noutput = 'done: %d' % len(text)\n",
    )
    .done(),
    plain(
        "attrgetter walks attributes",
        "from operator import attrgetter\nbase = attrgetter('__class__.__base__')(())\noutput = 'done: ' + base.__name__\n",
    )
    .answer("done: object"),
    plain(
        "names of attributes are put together",
        "base = getattr(getattr((), '__cla' + 'ss__'), '__ba' + 'se__')\noutput = 'done: ' + base.__name__\n",
    )
    .answer("done: object"),
    plain(
        "names of attributes are normalised",
        "base = ().__\u{ff43}lass__.__\u{1d5af}ase__ if False else ().__\u{ff43}lass__\noutput = 'done: ' + base.__name__\n",
    )
    .answer("done: tuple"),
    plain(
        "a match statement reads attributes",
        "match ():\n    case object(__class__=kind):\n        output = 'done: ' + kind.__name__\n",
    )
    .answer("done: tuple"),
    plain(
        "a decorator and a metaclass run code unnamed",
        r#"
class Meta(type):
    def __getitem__(cls, text): return eval(text)
class Run(metaclass=Meta): pass
@Run.__getitem__
class text(str): pass
"#,
    )
    .fails(Status::Error, "TypeError")
    .sibling(
        "class Meta(type):\n    def __getitem__(cls, text): return eval(text)\nclass Run(metaclass=Meta): pass\noutput = Run['6 * 7']\n",
        "42",
    ),
    plain(
        "code is compiled, with its own file name",
        r#"
scope = {}
exec(compile("def f():\n    raise RuntimeError('x')\n", "/usr/lib/python3/os.py", "exec"), scope)
try:
    scope["f"]()
except RuntimeError:
    output = "done"
"#,
    )
    .done(),
    plain(
        "code objects with nonsense in them",
        r#"
def f(): pass
f.__code__ = f.__code__.replace(co_code=bytes([255, 255] * 64), co_consts=(), co_names=(), co_stacksize=1)
f()
output = 1
"#,
    )
    .contained(),
    plain(
        "a code object of one function goes to another",
        "def a(): return 1\ndef b(): return 2\na.__code__ = b.__code__\noutput = 'done: %d' % a()\n",
    )
    .answer("done: 2"),
    plain(
        "modules are exchanged for others",
        r#"
import sys, types
for name in ("json", "struct", "traceback", "os", "gc", "random"):
    sys.modules[name] = types.ModuleType(name)
output = "done"
"#,
    )
    .done(),
    plain(
        "an import hook lies about every module",
        r#"
import sys
class Finder:
    def find_spec(self, name, path=None, target=None): raise MemoryError("no " + name)
sys.meta_path.insert(0, Finder())
sys.path_importer_cache.clear()
output = "done"
"#,
    )
    .done(),
    plain(
        "the import function is exchanged",
        "import builtins\nbuiltins.__import__ = lambda *a, **k: None\noutput = 'done'\n",
    )
    .done(),
    plain(
        "a trace function follows the harness",
        r#"
import sys
def follow(frame, event, what):
    for name in list(frame.f_locals): frame.f_locals[name] = None
    return follow
sys.settrace(follow)
sys._getframe().f_back.f_trace = follow
output = "done"
"#,
    )
    .contained(),
    plain(
        "a profile function raises in the harness",
        r#"
import sys
output = 'done'
def follow(frame, event, what): raise KeyboardInterrupt
sys.setprofile(follow)
"#,
    )
    .contained(),
    plain(
        "an audit hook forbids everything",
        r#"
import sys
def forbid(event, arguments): raise RuntimeError(event)
sys.addaudithook(forbid)
output = 1
"#,
    )
    .contained(),
    plain(
        "the main module is taken for the harness",
        r#"
import __main__
harness = [name for name in vars(__main__) if name in ("send", "Encoder", "contain", "serve")]
output = "done" if not harness else harness
"#,
    )
    .done(),
    plain(
        "a thread asks for an exception in the main thread",
        r#"
import ctypes, threading
main = threading.main_thread().ident
thread = threading.Thread(target=lambda: ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(main), ctypes.py_object(SystemExit)))
thread.start()
thread.join()
for _ in range(1000): pass
output = 1
"#,
    )
    .fails(Status::Error, "SystemExit"),
    plain(
        "a pending call runs in the harness",
        r#"
import ctypes
@ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)
def call(_):
    return 0
ctypes.pythonapi.Py_AddPendingCall(call, None)
output = "done"
"#,
    )
    .done(),
    plain("a program with a null byte", "output = 1\0\n").fails(Status::Error, ""),
    plain(
        "brackets nested too deeply",
        "output = eval('(' * 5000 + ')' * 5000)\n",
    )
    .fails(Status::Error, "SyntaxError"),
    plain(
        "operators nested too deeply",
        "output = eval('-' * 100000 + '1')\n",
    )
    .contained(),
    plain(
        "a syntax tree nested too deeply",
        r#"
import ast
tree = ast.Constant(1)
for _ in range(100000):
    tree = ast.UnaryOp(ast.USub(), tree)
output = eval(compile(ast.fix_missing_locations(ast.Expression(tree)), "x", "eval"))
"#,
    )
    .contained(),
];
