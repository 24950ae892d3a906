//! Processes: made, left behind, and others' hurt.
//!
//! What would reach beyond the pool where nothing holds it is not run there.

use crate::case::{Case, Expect, case, plain};
use caco_sandbox::Status;

const REACHES_OUT: Expect = Expect::NotRun("it would reach every process of this user");
const SLOW: Expect = Expect::NotRun("the pool gives a stopped interpreter half a minute");
const LOST: Expect = Expect::Fails(Status::Crash, "InterpreterLost");

pub const CASES: &[Case] = &[
    plain(
        "a fork bomb",
        "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass\n",
    )
    .short()
    .behind("seccomp", Expect::Fails(Status::Timeout, "CpuTime"), REACHES_OUT),
    case(
        "some forks that sleep",
        r#"
def forks():
    for _ in range(20):
        if os.fork() == 0:
            signal.pause()
    return 20
output = tried(forks)
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "a survivor, forked twice, in a session of its own",
        r#"
def survive():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for n in range(1, 32):
                try: signal.signal(n, signal.SIG_IGN)
                except (OSError, ValueError): pass
            while True: signal.pause()
        os._exit(0)
    return "survivor"
output = tried(survive)
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "children that nobody waits for",
        "def zombies():\n    for _ in range(5):\n        if os.fork() == 0: os._exit(0)\noutput = tried(zombies)\n",
    )
    .blocked("seccomp", Expect::Done),
    case("fork by number", "output = tried(lambda: child_of(raw('fork')))\n")
        .behind("seccomp", Expect::NotDone, Expect::Tried),
    case("vfork by number", "output = tried(lambda: raw('vfork'))\n").behind(
        "seccomp",
        Expect::NotDone,
        Expect::NotRun("both would run on one stack"),
    ),
    case(
        "clone of a process",
        "output = tried(lambda: child_of(raw('clone', 17, 0, 0, 0, 0)))\n",
    )
    .blocked("seccomp", Expect::Done),
    case(
        "clone of a process beside oneself",
        "output = tried(lambda: raw('clone', 0x8000 | 17, 0, 0, 0, 0) or os._exit(0))\n",
    )
    .blocked("seccomp", Expect::Done),
    case(
        "clone of a process that shares the memory",
        "output = tried(lambda: raw('clone', 0x100 | 0x4000 | 17, 0, 0, 0, 0) or os._exit(0))\n",
    )
    .blocked("seccomp", Expect::NotRun("both would run on one stack")),
    case(
        "clone3 of a process",
        r#"
words = (ctypes.c_uint64 * 8)(0, 0, 0, 0, 17, 0, 0, 0)
output = tried(lambda: child_of(raw("clone3", words, 64)))
"#,
    )
    .behind("seccomp", Expect::NotDone, Expect::Tried),
    case("exec in place", "output = tried(lambda: os.execv('/bin/true', ['true']))\n").blocked(
        "seccomp",
        Expect::Fails(Status::Crash, "os._exit"),
    ),
    case(
        "exec of the interpreter with the channel kept",
        r#"
os.set_inheritable(3, True)
text = "import os; os.write(3, b'x' * 50)"
output = tried(lambda: os.execv(sys.executable, [sys.executable, "-c", text]))
"#,
    )
    .blocked("seccomp", Expect::Fails(Status::Crash, "ForgedResult")),
    case(
        "exec of a file that exists in memory only",
        r#"
def run():
    fd = raw("memfd_create", b"x", 0)
    with open("/bin/true", "rb") as f: os.write(fd, f.read(64))
    return raw("execveat", fd, b"", None, None, 0x1000)
output = tried(run)
"#,
    )
    .behind("seccomp", Expect::NotDone, Expect::Contained),
    case(
        "execveat by number",
        r#"
words = (ctypes.c_char_p * 2)(b"true", None)
output = tried(lambda: raw("execveat", -100, b"/bin/true", words, None, 0))
"#,
    )
    .blocked("seccomp", Expect::Contained),
    case(
        "posix_spawn of a shell",
        r#"
def spawn():
    pid = os.posix_spawn("/bin/sh", ["sh", "-c", "exit 0"], {})
    return os.waitpid(pid, 0)[1]
output = tried(spawn)
"#,
    )
    .behind("seccomp", Expect::NotDone, Expect::Done),
    case(
        "subprocess",
        r#"
import subprocess
output = tried(lambda: subprocess.run(["/bin/sh", "-c", "exit 0"]).returncode)
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "a shell by os.system and popen",
        r#"
import subprocess
code = os.system("exit 5")
first = "done" if code == 5 << 8 else "blocked"
second = tried(lambda: os.popen("exit 0").read())
output = first if first == second[:len(first)] else [first, second]
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "a pool of multiprocessing",
        r#"
import multiprocessing
def work(): pass
def start():
    p = multiprocessing.get_context("fork").Process(target=work)
    p.start()
    p.join()
output = tried(start)
"#,
    )
    .blocked("seccomp", Expect::Done),
    case("the parent is killed", "output = tried(lambda: os.kill(os.getppid(), 9))\n")
        .blocked("seccomp", LOST),
    case("the parent is stopped", "output = tried(lambda: os.kill(os.getppid(), 19))\n")
        .blocked("seccomp", SLOW),
    case(
        "a survivor, and the interpreter that would sweep it away is killed",
        r#"
import time
def survive():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: time.sleep(3)
        os._exit(0)
    os.wait()
    os.kill(os.getppid(), 9)
    time.sleep(5)
output = tried(survive)
"#,
    )
    .behind("seccomp|pidns", Expect::NotDone, LOST),
    case(
        "a survivor that runs another program, and the interpreter is killed",
        r#"
def survive():
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0: os.execve("/bin/sleep", ["sleep", "3"], {})
        os._exit(0)
    os.wait()
    os.kill(os.getppid(), 9)
    signal.pause()
output = tried(survive)
"#,
    )
    .behind("seccomp|pidns", Expect::NotDone, LOST),
    case(
        "a survivor, and both the interpreter and its keeper are killed",
        r#"
import time
def parent_of(pid):
    with open("/proc/%d/stat" % pid) as f: return int(f.read().rpartition(")")[2].split()[1])
def survive():
    parent = os.getppid()
    keeper = parent_of(parent)
    if keeper == {SUPERVISOR}: raise OSError(1, "it has no keeper")
    if os.fork() == 0:
        os.setsid()
        checked(LIBC.prctl(1, 0, 0, 0, 0))
        if os.fork() == 0: time.sleep(3)
        os._exit(0)
    os.wait()
    os.kill(keeper, 9)
    os.kill(parent, 9)
    time.sleep(5)
output = tried(survive)
"#,
    )
    .behind("seccomp|pidns", Expect::NotDone, LOST),
    case(
        "a survivor for each of many, and the interpreter is killed at once",
        r#"
import time
def survive():
    for _ in range(8):
        if os.fork() == 0:
            os.setpgid(0, 0)
            checked(LIBC.prctl(1, 0, 0, 0, 0))
            if os.fork() == 0: os.setsid()
            time.sleep(3)
    os.kill(os.getppid(), 9)
    time.sleep(5)
output = tried(survive)
"#,
    )
    .behind("seccomp|pidns", Expect::NotDone, LOST),
    case(
        "the death signal is cancelled and the interpreter killed",
        r#"
import time
checked(LIBC.prctl(1, 0, 0, 0, 0))
output = tried(lambda: os.kill(os.getppid(), 9))
if output.startswith("done"): time.sleep(3)
"#,
    )
    .behind("seccomp|pidns", Expect::NotDone, LOST),
    case("everyone is killed", "output = tried(lambda: os.kill(-1, 9))\n")
        .blocked("seccomp", REACHES_OUT),
    case(
        "the first process is killed",
        "output = tried(lambda: os.kill(1, 9))\n",
    )
    .blocked("seccomp", REACHES_OUT),
    case("the own group is killed", "output = tried(lambda: os.killpg(0, 9))\n")
        .blocked("seccomp", Expect::Fails(Status::Crash, "SIGKILL")),
    case(
        "signals to the parent by all other calls",
        r#"
parent, info = os.getppid(), ctypes.create_string_buffer(128)
calls = [
    lambda: raw("tkill", parent, 0),
    lambda: raw("tgkill", parent, parent, 0),
    lambda: raw("rt_sigqueueinfo", parent, 0, info),
    lambda: raw("rt_tgsigqueueinfo", parent, parent, 0, info),
    lambda: raw("pidfd_send_signal", raw("pidfd_open", parent, 0), 0, None, 0),
]
met = [tried(call) for call in calls]
output = "blocked" if all(text.startswith("blocked") for text in met) else "done: %s" % met
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "a signal to the parent by way of a descriptor's owner",
        r#"
import fcntl
def own():
    r, w = os.pipe()
    fcntl.fcntl(r, fcntl.F_SETOWN, os.getppid())
    fcntl.fcntl(r, 10, signal.SIGKILL)
    fcntl.fcntl(r, fcntl.F_SETFL, fcntl.fcntl(r, fcntl.F_GETFL) | os.O_ASYNC)
    os.write(w, b"x")
output = tried(own)
"#,
    )
    .behind("pidns|landlock", Expect::Tried, LOST),
    case(
        "who is told of data at a pipe and a socket pair",
        r#"
import fcntl, socket, struct
r, w = os.pipe()
pair = socket.socketpair()
me = os.getpid()
calls = [
    lambda: fcntl.fcntl(r, fcntl.F_SETOWN, me),
    lambda: fcntl.fcntl(r, 15, struct.pack("ii", 1, me)),
    lambda: fcntl.fcntl(r, 10, signal.SIGKILL),
    lambda: fcntl.ioctl(pair[0], 0x8901, struct.pack("i", me)),
    lambda: fcntl.ioctl(pair[0], 0x8902, struct.pack("i", me)),
]
met = [tried(call) for call in calls]
output = "blocked" if all(text.startswith("blocked") for text in met) else "done: %s" % met
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "a descriptor of the parent is fetched",
        "output = tried(lambda: raw('pidfd_getfd', raw('pidfd_open', os.getppid(), 0), 0, 0))\n",
    )
    .behind("seccomp", Expect::Blocked, Expect::NotDone),
    case(
        "the parent is traced",
        "output = tried(lambda: raw('ptrace', 16, os.getppid(), 0, 0))\n",
    )
    .behind("seccomp", Expect::Blocked, Expect::NotDone),
    case(
        "the parent is seized",
        "output = tried(lambda: raw('ptrace', 0x4206, os.getppid(), 0, 0))\n",
    )
    .behind("seccomp", Expect::Blocked, Expect::NotDone),
    case("oneself is given up for tracing", "output = tried(lambda: raw('ptrace', 0, 0, 0, 0))\n")
        .blocked("seccomp", Expect::Tried),
    case(
        "memory of the parent is read",
        r#"
room = ctypes.create_string_buffer(16)
here = (ctypes.c_uint64 * 2)(ctypes.addressof(room), 16)
there = (ctypes.c_uint64 * 2)(id(room), 16)
output = tried(lambda: raw("process_vm_readv", os.getppid(), here, 1, there, 1, 0))
"#,
    )
    .behind("seccomp", Expect::Blocked, Expect::NotDone),
    case(
        "memory of the parent is written",
        r#"
room = ctypes.create_string_buffer(16)
here = (ctypes.c_uint64 * 2)(ctypes.addressof(room), 16)
there = (ctypes.c_uint64 * 2)(id(room), 16)
output = tried(lambda: raw("process_vm_writev", os.getppid(), here, 1, there, 1, 0))
"#,
    )
    .behind("seccomp", Expect::Blocked, Expect::NotDone),
    case(
        "memory of the parent through proc",
        "output = tried(lambda: os.open('/proc/%d/mem' % os.getppid(), os.O_RDWR))\n",
    )
    .expect(Expect::NotDone),
    case(
        "limits of the parent are taken away",
        "import resource\noutput = tried(lambda: resource.prlimit(os.getppid(), resource.RLIMIT_NOFILE, (0, 0)))\n",
    )
    .blocked("seccomp", Expect::Tried),
    case(
        "own limits are raised",
        r#"
import resource
met = []
for name in ("AS", "CPU", "FSIZE", "NOFILE", "NPROC", "CORE", "STACK"):
    which = getattr(resource, "RLIMIT_" + name)
    infinity = resource.RLIM_INFINITY
    try:
        resource.setrlimit(which, (infinity, infinity))
        met.append(name)
    except (ValueError, OSError):
        pass
output = "done: %s" % met if met else "blocked"
"#,
    )
    .expect(Expect::Blocked),
    case("own priority is changed", "output = tried(lambda: os.nice(1))\n")
        .blocked("seccomp", Expect::Done),
    case("own priority is raised", "output = tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))\n")
        .expect(Expect::Blocked),
    case(
        "the parent's priority is changed",
        "output = tried(lambda: os.setpriority(os.PRIO_PROCESS, os.getppid(), 19))\n",
    )
    .blocked("seccomp", Expect::Tried),
    case(
        "own cores are chosen",
        "output = tried(lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))\n",
    )
    .blocked("seccomp", Expect::Done),
    case(
        "real-time scheduling",
        r#"
one = ctypes.c_int(1)
output = tried(lambda: raw("sched_setscheduler", 0, 1, ctypes.byref(one)))
"#,
    )
    .expect(Expect::Blocked),
    case(
        "idle scheduling by attributes",
        r#"
words = (ctypes.c_uint32 * 12)(48, 5)
output = tried(lambda: raw("sched_setattr", 0, words, 0))
"#,
    )
    .blocked("seccomp", Expect::Tried),
    case("disk priority", "output = tried(lambda: raw('ioprio_set', 1, 0, 0x6000))\n")
        .blocked("seccomp", Expect::Tried),
    plain(
        "a program that stops itself",
        "import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)\noutput = 1\n",
    )
    .short()
    .fails(Status::Timeout, "WallTime"),
    case(
        "a group and a session of one's own",
        "output = 'done: %s %s' % (tried(lambda: os.setpgid(0, 0)), tried(os.setsid))\n",
    )
    .done(),
    case(
        "core dumps are asked for",
        "output = tried(lambda: checked(LIBC.prctl(4, 1, 0, 0, 0)))\n",
    )
    .blocked("seccomp", Expect::Tried),
    plain(
        "a core after a crash",
        "import resource, os\nresource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))\nos.abort()\n",
    )
    .fails(Status::Crash, "SIGABRT"),
    plain(
        "threads that sleep on after the end",
        r#"
import threading
for daemon in (True, False):
    threading.Thread(target=threading.Event().wait, daemon=daemon).start()
output = "done"
"#,
    )
    .done(),
    case(
        "the main thread ends alone and another spins",
        r#"
import threading
def spin():
    while True: pass
threading.Thread(target=spin).start()
LIBC.syscall.restype = None
raw("exit", 0)
"#,
    )
    .short()
    .fails(Status::Timeout, ""),
    case(
        "the death signal is cancelled",
        "output = tried(lambda: checked(LIBC.prctl(1, 0, 0, 0, 0)))\n",
    )
    .done(),
    case(
        "orphans are gathered",
        "output = tried(lambda: checked(LIBC.prctl(36, 1, 0, 0, 0)))\n",
    )
    .done(),
];
