//! Forging: written frames, printed answers, patched tools, and answers that lie when they are looked at.

use crate::case::{Case, Expect, plain};
use caco_sandbox::Status;

const CRASH: Status = Status::Crash;

pub const CASES: &[Case] = &[
    plain(
        "a frame to every descriptor, and out",
        r#"
import os, struct
body = b'{"status":"ok","has_output":true,"output":1,"text":"1"}'
for fd in range(3, 64):
    try: os.write(fd, b"0" * 32 + struct.pack("<I", len(body)) + body)
    except OSError: pass
os._exit(0)
"#,
    )
    .fails(CRASH, "ForgedResult"),
    plain(
        "a frame to every descriptor, and on",
        r#"
import os, struct
body = b'{"status":"ok","has_output":true,"output":1,"text":"1"}'
for fd in range(3, 64):
    try: os.write(fd, b"0" * 32 + struct.pack("<I", len(body)) + body)
    except OSError: pass
output = 5
"#,
    )
    .fails(CRASH, "ForgedResult"),
    plain(
        "a frame with a huge length, cut short",
        "import os\nos.write(3, b'0' * 32 + b'\\xff\\xff\\xff\\xff{')\nos._exit(0)\n",
    )
    .fails(CRASH, "ForgedResult"),
    plain(
        "half a frame before the true one",
        "import os\nos.write(3, b'0' * 16)\noutput = 1\n",
    )
    .fails(CRASH, "ForgedResult"),
    plain(
        "a frame larger than the channel takes",
        "import os\nfor _ in range(200): os.write(3, b'0' * 60000)\nos._exit(0)\n",
    )
    .fails(Status::OutputLimit, ""),
    plain(
        "a thread that writes to the channel all the time",
        r#"
import os, threading
def flood():
    while True: os.write(3, b"x")
threading.Thread(target=flood, daemon=True).start()
output = list(range(1000))
"#,
    )
    .contained(),
    plain(
        "a true frame sent twice",
        r#"
import os, struct, sys
frame = sys._getframe()
while frame is not None and "nonce" not in frame.f_locals: frame = frame.f_back
nonce = frame.f_locals["nonce"] if frame else b"0" * 32
body = b'{"status":"ok","has_output":true,"output":1,"text":"1"}'
whole = nonce + struct.pack("<I", len(body)) + body
os.write(3, whole + whole)
os._exit(0)
"#,
    )
    .fails(CRASH, ""),
    plain(
        "a frame that blames the machine",
        r#"
import os, struct, sys
frame = sys._getframe()
while frame is not None and "nonce" not in frame.f_locals: frame = frame.f_back
nonce = frame.f_locals["nonce"] if frame else b"0" * 32
body = b'{"status":"host","message":"no"}'
os.write(3, nonce + struct.pack("<I", len(body)) + body)
os._exit(0)
"#,
    )
    .fails(CRASH, ""),
    plain(
        "a frame with a message and a class beyond all bounds",
        r#"
import os, struct, sys
frame = sys._getframe()
while frame is not None and "nonce" not in frame.f_locals: frame = frame.f_back
nonce = frame.f_locals["nonce"] if frame else b"0" * 32
body = b'{"status":"error","class":"%s","message":"%s"}' % (b"C" * 9000, b"m" * 9000)
os.write(3, nonce + struct.pack("<I", len(body)) + body)
os._exit(0)
"#,
    )
    .contained(),
    plain(
        "a frame with an answer beyond its budget",
        r#"
import os, struct, sys
frame = sys._getframe()
while frame is not None and "nonce" not in frame.f_locals: frame = frame.f_back
nonce = frame.f_locals["nonce"] if frame else b"0" * 32
body = b'{"status":"ok","has_output":true,"output":1,"text":"%s"}' % (b"7" * 100000)
body = nonce + struct.pack("<I", len(body)) + body
while body: body = body[os.write(3, body):]
os._exit(0)
"#,
    )
    .contained(),
    plain(
        "the channel is closed",
        "import os\nos.close(3)\noutput = 1\n",
    )
    .fails(CRASH, ""),
    plain(
        "every descriptor is closed",
        "import os\nos.closerange(0, 1000)\noutput = 1\n",
    )
    .fails(CRASH, ""),
    plain(
        "the channel is turned to stdout",
        "import os\nos.dup2(1, 3)\noutput = 1\n",
    )
    .fails(CRASH, ""),
    plain(
        "stdout is turned to the channel",
        "import os\nos.dup2(3, 1)\nprint('x', flush=True)\noutput = 1\n",
    )
    .fails(CRASH, "ForgedResult"),
    plain(
        "the channel never blocks",
        "import os\nos.set_blocking(3, False)\noutput = 'x' * 60000\n",
    )
    .contained(),
    plain(
        "a printed answer in the wire form",
        "print('{\"status\":\"ok\",\"has_output\":true,\"output\":1,\"text\":\"1\"}')\noutput = 2\n",
    )
    .answer("2"),
    plain(
        "a printed answer, and out",
        "import os\nprint('{\"status\":\"ok\",\"has_output\":true,\"output\":1,\"text\":\"1\"}', flush=True)\nos._exit(0)\n",
    )
    .fails(CRASH, "os._exit"),
    plain(
        "builtins and modules patched to lie",
        r#"
import builtins, json, os, struct, sys
def lie(*a, **k): return '1'
output = 2
json.dumps = os.write = os._exit = struct.pack = lie
for name in ("str", "len", "isinstance", "repr", "type", "sorted", "all", "list", "dict", "int", "float", "bool", "tuple", "set", "range"):
    setattr(builtins, name, lie)
"#,
    )
    .answer("2"),
    plain(
        "the encoder of strings is patched",
        "import json.encoder\njson.encoder.encode_basestring_ascii = lambda text: '\"spoilt\"'\noutput = 'true'\n",
    )
    .answer("true"),
    plain(
        "streams that lie and raise",
        r#"
import sys
class Stream:
    def write(self, text): raise SystemExit(0)
    def flush(self): raise SystemExit(0)
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = Stream()
output = 2
"#,
    )
    .answer("2"),
    plain("streams are closed", "import sys\nsys.stdout.close()\nsys.stderr.close()\noutput = 2\n")
        .answer("2"),
    plain(
        "every module is forgotten",
        "import sys\nsys.modules.clear()\nsys.path.clear()\noutput = 2\n",
    )
    .answer("2"),
    plain(
        "the program's builtins are taken away",
        "output = 2\n__builtins__ = {}\n__name__ = None\n",
    )
    .answer("2"),
    plain(
        "a name that only seems to be output",
        r#"
class Name(str):
    def __hash__(self): return hash("output")
    def __eq__(self, other): return True
globals()[Name("anything")] = 1
print(5)
"#,
    )
    .contained(),
    plain(
        "a class that shadows an answer at exit",
        r#"
import atexit
output = 2
def later():
    global output
    output = 3
    print("later")
atexit.register(later)
"#,
    )
    .answer("2"),
    plain(
        "an answer whose text ends the process",
        "import os\nclass A:\n    def __str__(self): os._exit(0)\noutput = A()\n",
    )
    .fails(CRASH, "os._exit"),
    plain(
        "an answer whose text asks for the end",
        "import sys\nclass A:\n    def __str__(self): sys.exit(0)\noutput = A()\n",
    )
    .fails(Status::Error, "SystemExit"),
    plain(
        "an answer whose text writes to the channel",
        "import os\nclass A:\n    def __str__(self):\n        os.write(3, b'x' * 40)\n        return '1'\noutput = A()\n",
    )
    .fails(CRASH, "ForgedResult"),
    plain(
        "an answer whose text changes the answer",
        r#"
class A:
    def __str__(self):
        global output
        output = 7
        return "3"
    __repr__ = __str__
output = A()
"#,
    )
    .contained(),
    plain(
        "an answer whose text is no text",
        "class A:\n    def __str__(self): return 5\noutput = A()\n",
    )
    .fails(Status::Error, "TypeError"),
    plain(
        "an answer whose text is a subclass that lies",
        r#"
class Text(str):
    def __str__(self): return self
    def __len__(self): return 0
    def encode(self, *a): return b"spoilt"
    def __getitem__(self, i): return "spoilt"
class A:
    def __str__(self): return Text("2")
output = A()
"#,
    )
    .answer("2"),
    plain(
        "an answer whose text is beyond its budget",
        "class A:\n    def __str__(self): return 'x' * 10**8\noutput = A()\n",
    )
    .fails(Status::OutputLimit, ""),
    plain(
        "an answer with hostile comparison, hash, length and truth",
        r#"
class A:
    def no(self, *a): raise SystemExit("no")
    __eq__ = __hash__ = __len__ = __bool__ = __iter__ = __format__ = __contains__ = __getattr__ = __index__ = __int__ = no
    def __str__(self): return "2"
output = A()
"#,
    )
    .answer("2"),
    plain(
        "an answer that runs code when it is pickled",
        r#"
import os
class A:
    def __reduce__(self): return (os._exit, (7,))
    __reduce_ex__ = __getstate__ = __copy__ = __deepcopy__ = lambda self, *a: os._exit(7)
    def __str__(self): return "2"
output = [1, A()]
output[1].__class__.__repr__ = A.__str__
"#,
    )
    .answer("[1, 2]"),
    plain(
        "an integer that lies about itself",
        r#"
class Lie(int):
    def __str__(self): return "5"
    __repr__ = __str__
    def bit_length(self): return 0
output = Lie(7)
"#,
    )
    .answer("5"),
    plain(
        "a string that lies about itself",
        "class Lie(str):\n    def __str__(self): return '5'\n    def __len__(self): return -1\noutput = Lie('7')\n",
    )
    .answer("5"),
    plain(
        "a list that never ends",
        "class Lie(list):\n    def __iter__(self):\n        while True: yield 1\n    def __len__(self): return 0\noutput = Lie([7])\n",
    )
    .answer("[7]"),
    plain(
        "a dictionary that lies about its items",
        "class Lie(dict):\n    def items(self): raise SystemExit\n    keys = values = __iter__ = items\noutput = Lie(a=7)\n",
    )
    .answer("{'a': 7}"),
    plain(
        "an answer that claims to be a dictionary",
        "class A:\n    __class__ = dict\n    def __str__(self): return '2'\noutput = A()\n",
    )
    .expect(Expect::Answer("2")),
    plain(
        "an answer whose class claims to be numpy's",
        r#"
import sys, types
name = "num" + "py"  # in one piece it would start the other interpreter
fake = types.ModuleType(name)
class Meta(type):
    def __instancecheck__(cls, thing): return True
class Array(metaclass=Meta): pass
fake.ndarray = fake.generic = Array
sys.modules[name] = fake
class A:
    dtype = "x"
    def tolist(self): return [1]
    def item(self): return 1
output = A()
"#,
    )
    .contained(),
    plain(
        "a class whose name is no name",
        r#"
class Meta(type):
    @property
    def __name__(cls): raise SystemExit
class A(metaclass=Meta): pass
output = A()
"#,
    )
    .contained(),
    plain(
        "a class whose module is no text",
        "class A:\n    __module__ = '\\ud800\"},{'\n    def __str__(self): return '2'\noutput = A()\n",
    )
    .answer("2"),
    plain(
        "an exception whose text is no text",
        "raise ValueError('\\ud800')\n",
    )
    .fails(Status::Error, "ValueError"),
    plain(
        "a line number below zero",
        "raise SyntaxError('x', ('<program>', -5, 0, ''))\n",
    )
    .fails(Status::Error, "SyntaxError"),
    plain(
        "an exception with a long message while its answer is read",
        "class A:\n    def __str__(self): raise ValueError('x' * 10**6)\noutput = A()\n",
    )
    .fails(Status::Error, "ValueError"),
    plain(
        "an exception whose message cannot be made",
        "class E(Exception):\n    def __str__(self): raise self\nraise E()\n",
    )
    .fails(Status::Error, "E"),
    plain(
        "an exception that is called like a refusal",
        "class PermissionError(Exception): errno = 1\nraise PermissionError(1, 'no')\n",
    )
    .fails(Status::Error, "PermissionError"),
    plain(
        "an exception that claims another class",
        r#"
class E(Exception):
    @property
    def __class__(self): return MemoryError
raise E("x")
"#,
    )
    .contained(),
    plain(
        "an exception whose class has a hostile name",
        r#"
class Meta(type):
    @property
    def __name__(cls): raise SystemExit
class E(Exception, metaclass=Meta): pass
raise E("x")
"#,
    )
    .contained(),
    plain(
        "a traceback that goes in a circle",
        r#"
try:
    1 / 0
except ZeroDivisionError as error:
    first = error
a, b = ValueError("a"), ValueError("b")
a.__cause__, b.__cause__ = b, a
a.__context__ = a.__cause__
raise a
"#,
    )
    .fails(Status::Error, "ValueError"),
    plain(
        "numbers that are none",
        "output = [float('nan'), float('inf'), -float('inf')]\n",
    )
    .answer("[nan, inf, -inf]"),
    plain("a list that holds itself", "output = []\noutput.append(output)\n")
        .fails(Status::OutputLimit, ""),
    plain(
        "a list nested too deeply",
        "output = []\nfor _ in range(100000): output = [output]\n",
    )
    .contained()
    .sibling("output = []\nfor _ in range(3): output = [output]\n", "[[[[]]]]"),
    plain(
        "a small graph with a huge text",
        "output = [1]\nfor _ in range(40): output = [output, output]\n",
    )
    .fails(Status::OutputLimit, ""),
    plain("an integer beyond its budget", "output = 7 ** 100000\n")
        .fails(Status::OutputLimit, "")
        .sibling("output = len(str(7 ** 10000))\n", "8451"),
    plain(
        "text that would end the frame",
        "output = 'x\"},\\n\\0\\x1b[2J{\"status\":\"ok\"'\n",
    )
    .contained(),
    plain(
        "bytes on stdout that are no text",
        "import os\nos.write(1, b'\\xff\\x00\\x1b[2J\\r\\n')\nprint('\\ud800')\noutput = 2\n",
    )
    .answer("2"),
    plain(
        "a refusal that nobody uttered",
        "raise PermissionError(1, 'Operation not permitted')\n",
    )
    .fails(Status::Denied, "PermissionError"),
    plain("an end by sys.exit", "output = 1\nimport sys\nsys.exit(0)\n")
        .fails(Status::Error, "SystemExit"),
    plain("an end by os._exit", "import os\noutput = 1\nos._exit(0)\n")
        .fails(CRASH, "os._exit"),
    plain("an end by a signal", "import os\noutput = 1\nos.kill(os.getpid(), 9)\n")
        .fails(CRASH, "SIGKILL"),
    plain("an end by abort", "import os\noutput = 1\nos.abort()\n").fails(CRASH, "SIGABRT"),
    plain(
        "an end by the signal of the CPU limit, too early",
        "import os, signal\noutput = 1\nos.kill(os.getpid(), signal.SIGXCPU)\n",
    )
    .fails(CRASH, "SIGXCPU"),
];
