//! Time, memory, threads, descriptors and output: used up.

use crate::case::{Case, Expect, case, plain};
use caco_sandbox::Status;

const CPU: (Status, &str) = (Status::Timeout, "CpuTime");
const WALL: (Status, &str) = (Status::Timeout, "WallTime");
const FULL: (Status, &str) = (Status::Memory, "MemoryError");
const FLOOD: (Status, &str) = (Status::OutputLimit, "");

const fn ends(name: &'static str, program: &'static str, how: (Status, &'static str)) -> Case {
    plain(name, program).fails(how.0, how.1)
}

pub const CASES: &[Case] = &[
    ends("a busy loop", "while True: pass\n", CPU).short(),
    ends(
        "a loop that catches everything",
        "while True:\n    try:\n        while True: pass\n    except BaseException: pass\n",
        CPU,
    )
    .short(),
    ends(
        "a loop that ignores every signal",
        r#"
import signal
for n in range(1, 65):
    try: signal.signal(n, signal.SIG_IGN)
    except (OSError, ValueError): pass
signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 65))
while True: pass
"#,
        CPU,
    )
    .short(),
    ends(
        "a loop that cancels every timer",
        r#"
import signal, resource
signal.alarm(0)
for which in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF): signal.setitimer(which, 0)
resource.setrlimit(resource.RLIMIT_CPU, resource.getrlimit(resource.RLIMIT_CPU))
while True: pass
"#,
        CPU,
    )
    .short(),
    ends("one long call in C", "x = 7 ** (10 ** 8)\n", CPU).short(),
    ends("the text of a long number", "x = len(str(3 ** 3000000))\n", CPU).short(),
    ends("a factorial", "import math\nx = math.factorial(10 ** 7)\n", CPU).short(),
    ends(
        "a pattern that goes back and forth",
        "import re\nre.match('(a+)+$', 'a' * 60 + 'b')\n",
        CPU,
    )
    .short()
    .sibling("import re\noutput = bool(re.match('(a+)+$', 'a' * 60))\n", "True"),
    ends(
        "membership in an endless count",
        "import itertools\nx = -1 in itertools.count()\n",
        CPU,
    )
    .short(),
    ends("a sum that never ends", "import itertools\nx = sum(itertools.repeat(0))\n", CPU).short(),
    ends("sleep", "import time\ntime.sleep(10000)\n", WALL).short(),
    ends(
        "waiting for a lock that nobody gives",
        "import threading\nlock = threading.Lock()\nlock.acquire()\nlock.acquire()\n",
        WALL,
    )
    .short(),
    plain("waiting for input", "x = input()\n").fails(Status::Error, "EOFError"),
    ends(
        "threads that spin",
        r#"
import threading
def f():
    while True: pass
for _ in range(4): threading.Thread(target=f).start()
f()
"#,
        CPU,
    )
    .short(),
    case(
        "as many threads as there may be",
        r#"
import threading
threading.stack_size(32768)
stop, count = threading.Event(), 0
try:
    while count < 500:
        threading.Thread(target=stop.wait, daemon=True).start()
        count += 1
except RuntimeError:
    pass
output = "done: %d" % count if count >= 500 else "blocked: %d" % count
"#,
    )
    .behind("pid_max|cgroup_pids", Expect::Blocked, Expect::Contained),
    case(
        "threads made by machine code, without stacks",
        r#"
import mmap
if COLUMN:
    output = "blocked: written for another machine"
else:
    room = mmap.mmap(-1, 4096, prot=7)
    # clone(VM | FS | FILES | SIGHAND | THREAD | SYSVSEM); the new thread pauses for ever
    room.write(bytes.fromhex("bf000f050031f631d24d31d24d31c0b8380000000f0585c07401c3b8220000000f05ebf7"))
    clone = ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(room)))
    count = 0
    while count < 3000 and clone() > 0: count += 1
    output = "done: %d" % count if count == 3000 else "blocked: %d" % count
"#,
    )
    // They share one stack, so that it may well end in a crash of its own. Where `pid_max` holds, a hundred or so can be made.
    .expect(Expect::Contained),
    ends(
        "a hang when a value goes",
        "class A:\n    def __del__(self):\n        while True: pass\na = A()\ndel a\noutput = 1\n",
        CPU,
    )
    .short(),
    plain(
        "a hang when the interpreter goes",
        "import atexit\nclass A:\n    def __del__(self):\n        while True: pass\nkept = A()\natexit.register(A.__del__, kept)\noutput = 2\n",
    )
    .answer("2"),
    ends(
        "a hang at import",
        r#"
import sys
class Finder:
    def find_spec(self, name, path=None, target=None):
        while True: pass
sys.meta_path.insert(0, Finder())
import nothing_like_it
"#,
        CPU,
    )
    .short(),
    ends(
        "a hang when the answer is read",
        "class A:\n    def __str__(self):\n        while True: pass\noutput = A()\n",
        CPU,
    )
    .short(),
    ends(
        "a hang when the message is read",
        "class E(Exception):\n    def __str__(self):\n        while True: pass\nraise E()\n",
        CPU,
    )
    .short(),
    ends(
        "a hang when output is flushed",
        "import sys\nclass S:\n    def flush(self):\n        while True: pass\nsys.stdout = S()\noutput = 1\n",
        CPU,
    )
    .short(),
    ends("a list beyond memory", "x = [0] * 10**10\n", FULL),
    ends("an integer beyond memory", "x = 1 << (1 << 40)\n", FULL),
    ends("bytes beyond memory", "x = bytearray(10**12)\n", FULL),
    ends(
        "a list that grows by large values",
        "x = []\nwhile True: x.append(' ' * 10**6)\n",
        FULL,
    )
    .small(),
    ends("a list that grows by small values", "x = []\nwhile True: x.append([])\n", FULL).small(),
    ends(
        "a list that grows in a function",
        "def f():\n    x = []\n    while True: x.append(object())\nf()\n",
        FULL,
    )
    .small(),
    ends("a dictionary that grows", "x, i = {}, 0\nwhile True:\n    x[i] = str(i)\n    i += 1\n", FULL).small(),
    ends("a chain of tuples", "x = None\nwhile True: x = (x,)\n", FULL).small(),
    ends("a string that doubles", "x = 'x'\nwhile True: x += x\n", FULL).small(),
    ends("a padded string", "x = 'x'.rjust(10**11)\n", FULL),
    ends(
        "products of a range",
        "import itertools\nx = list(itertools.product(range(1000), repeat=4))\n",
        FULL,
    )
    .small(),
    plain(
        "memory that is refused is asked for again",
        r#"
x = []
while True:
    try: x.append(bytearray(10**6))
    except MemoryError: pass
"#,
    )
    .short()
    .fails(Status::Timeout, "CpuTime"),
    plain(
        "a mapping beyond memory",
        "import mmap\nx = mmap.mmap(-1, 10**11)\n",
    )
    .fails(Status::Memory, ""),
    case(
        "a file in memory",
        r#"
def fill():
    fd = os.memfd_create("x")
    return os.posix_fallocate(fd, 0, 1 << 30)
output = tried(fill)
"#,
    )
    .blocked("seccomp", Expect::NotDone),
    case(
        "shared memory that outlives its maker",
        "output = tried(lambda: raw('shmget', 0x0CAC0, 4096, 0o600))\n",
    )
    .behind("seccomp", Expect::Blocked, Expect::NotDone),
    plain(
        "an array that is touched",
        "import numpy as np\nx = np.zeros(10**10)\nx += 1\n",
    )
    .with_module("numpy")
    .fails(Status::Memory, ""),
    plain(
        "arrays that are kept",
        "import numpy as np\nx = []\nwhile True: x.append(np.ones(2 * 10**7))\n",
    )
    .with_module("numpy")
    .fails(Status::Memory, ""),
    ends(
        "an expansion that explodes",
        "import sympy\nx = sympy.symbols('a:z')\nsympy.expand(sum(x) ** 40)\n",
        CPU,
    )
    .with_module("sympy")
    .short(),
    ends("deep recursion", "def f(n): return f(n + 1)\nf(0)\n", (Status::Error, "RecursionError")),
    plain(
        "deep recursion in C",
        r#"
import sys
sys.setrecursionlimit(10**9)
class A:
    def __getattr__(self, name): return getattr(self, name + "x")
str(A().y)
"#,
    )
    .contained(),
    plain(
        "deep recursion in a comparison",
        r#"
import sys
sys.setrecursionlimit(10**9)
a, b = [], []
for _ in range(10**5): a, b = [a], [b]
output = a == b
"#,
    )
    .contained(),
    case(
        "every descriptor is taken",
        r#"
def take():
    taken = []
    while len(taken) < 5000: taken.append(os.open("/dev/null", os.O_RDONLY))
output = tried(take)
"#,
    )
    .expect(Expect::NotDone)
    .sibling("import os\noutput = os.open('/dev/null', os.O_RDONLY) > 0\n", "True"),
    case(
        "pipes are filled",
        r#"
import fcntl
def fill():
    while True:
        r, w = os.pipe()
        try: fcntl.fcntl(w, 1031, 1 << 20)
        except OSError: pass
        os.set_blocking(w, False)
        try:
            while True: os.write(w, bytes(65536))
        except BlockingIOError: pass
output = tried(fill)
"#,
    )
    .expect(Expect::NotDone),
    case(
        "locked memory",
        r#"
room = ctypes.create_string_buffer(1 << 20)
output = tried(lambda: checked(LIBC.mlock(room, len(room))))
"#,
    )
    .expect(Expect::NotDone),
    ends("a flood on stdout", "while True: print('x' * 10000)\n", FLOOD),
    ends(
        "a flood on stdout that catches everything",
        "while True:\n    try: print('x' * 10000)\n    except BaseException: pass\n",
        FLOOD,
    ),
    ends("a flood on stderr", "import os\nwhile True: os.write(2, b'e' * 60000)\n", FLOOD),
    ends(
        "a flood of single bytes",
        "import os\nwhile True: os.write(1, b'x')\n",
        FLOOD,
    ),
    ends("a very long line", "print('x' * 200_000_000)\noutput = 1\n", FLOOD),
    ends("a flood by a thread", "import threading, os\ndef f():\n    while True: os.write(1, b'x' * 4096)\nthreading.Thread(target=f).start()\nwhile True: pass\n", FLOOD),
    plain("a number of five thousand digits", "print(10**5000)\noutput = len(str(10**5000))\n")
        .answer("5001"),
    plain(
        "stdout that does not block",
        "import os\nos.set_blocking(1, False)\ntry:\n    while True: os.write(1, b'x' * 4096)\nexcept BlockingIOError: pass\noutput = 1\n",
    )
    .contained(),
];
