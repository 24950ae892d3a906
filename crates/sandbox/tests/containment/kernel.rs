//! The kernel, asked by number for what a program that computes has no need of. Where nothing refuses these calls they are
//! made in a form that changes nothing.

use crate::case::{Case, Expect, case};
use caco_sandbox::Status;

/// Refused by the filter; without it the kernel's own answer, which depends on the machine.
macro_rules! call {
    ($name:literal, $call:literal) => {
        case($name, concat!("output = tried(lambda: ", $call, ")\n"))
            .blocked("seccomp", Expect::Tried)
    };
}

/// Refused everywhere, since it needs a capability.
macro_rules! privileged {
    ($name:literal, $call:literal) => {
        case($name, concat!("output = tried(lambda: ", $call, ")\n")).behind(
            "seccomp",
            Expect::Blocked,
            Expect::NotDone,
        )
    };
}

pub const CASES: &[Case] = &[
    call!("a user namespace", "raw('unshare', 0x10000000)"),
    call!("a user namespace with a process", "child_of(raw('clone', 0x10000000 | 17, 0, 0, 0, 0))"),
    privileged!("a mount namespace", "raw('unshare', 0x20000)"),
    privileged!("a network namespace", "raw('unshare', 0x40000000)"),
    privileged!("another's namespace", "raw('setns', 0, 0)"),
    privileged!("mount", "raw('mount', b'none', b'/mnt', b'tmpfs', 0, None)"),
    privileged!("a mount made writable", "raw('mount', None, b'/', None, 0x20 | 0x1000, None)"),
    privileged!("umount", "raw('umount2', b'/proc', 2)"),
    privileged!("pivot_root", "raw('pivot_root', b'.', b'.')"),
    privileged!("attributes of a mount", "raw('mount_setattr', -100, b'/', 0, (ctypes.c_uint64 * 4)(0, 1), 32)"),
    call!("a copy of a mount", "raw('open_tree', -100, b'/', 1)"),
    case(
        "a copy of a mount by the newer call",
        "output = tried(lambda: raw('open_tree_attr', -100, b'/', 1, (ctypes.c_uint64 * 4)(0, 1), 32))\n",
    )
    .expect(Expect::NotDone),
    privileged!("a file system is opened", "raw('fsopen', b'tmpfs', 0)"),
    privileged!("a mount is moved", "raw('move_mount', -100, b'/', -100, b'/', 0)"),
    call!("bpf", "raw('bpf', 0, None, 0)"),
    call!("the key of the session", "raw('keyctl', 0, -3, 0)"),
    call!("a key is added", "raw('add_key', b'user', b'caco', b'x', 1, -2)"),
    call!("a key is asked for", "raw('request_key', b'user', b'caco-none', None, 0)"),
    call!("performance counters", "raw('perf_event_open', (ctypes.c_uint32 * 32)(1, 128), 0, -1, -1, 0)"),
    call!("page faults for oneself", "raw('userfaultfd', 0)"),
    call!("io_uring", "raw('io_uring_setup', 1, ctypes.create_string_buffer(120))"),
    call!("io_uring without a ring", "raw('io_uring_enter', 3, 1, 0, 0, None, 0)"),
    call!("io_uring's restrictions", "raw('io_uring_register', -1, 0, None, 0)"),
    call!("personality", "raw('personality', 0xffffffff)"),
    call!("a comparison of processes", "raw('kcmp', os.getpid(), os.getppid(), 2, 0, 0)"),
    call!("pages are moved", "raw('move_pages', 0, 0, None, None, None, 0)"),
    call!("pages are migrated", "raw('migrate_pages', 0, 0, None, None)"),
    call!("advice for another's memory", "raw('process_madvise', -1, None, 0, 4, 0)"),
    call!("another's memory is reclaimed", "raw('process_mrelease', -1, 0)"),
    call!("memory that the kernel cannot see", "raw('memfd_secret', 0)"),
    call!("a message queue by name", "raw('mq_open', b'caco-none', 0, 0, None)"),
    call!("a semaphore of others", "raw('semget', 0x0CAC0, 1, 0)"),
    call!("a message queue of others", "raw('msgget', 0x0CAC0, 0)"),
    call!("a watch on the file system", "raw('fanotify_init', 0, 0)"),
    privileged!("reboot", "raw('reboot', 0, 0, 0, None)"),
    privileged!("another kernel", "raw('kexec_load', 0, 1, None, 0)"),
    privileged!("another kernel from a file", "raw('kexec_file_load', -1, -1, 0, None, 0)"),
    privileged!("a module", "raw('init_module', None, 0, b'')"),
    privileged!("a module from a file", "raw('finit_module', -1, b'', 0)"),
    privileged!("a module is removed", "raw('delete_module', b'caco_none', 0o4000)"),
    privileged!("accounting", "raw('acct', b'/nonexistent/caco')"),
    privileged!("swap on", "raw('swapon', b'/nonexistent/caco', 0)"),
    privileged!("swap off", "raw('swapoff', b'/nonexistent/caco')"),
    privileged!("quotas", "raw('quotactl', 0x800002 << 8, b'/nonexistent/caco', 0, None)"),
    case("quotas by descriptor", "output = tried(lambda: raw('quotactl_fd', 0, 0x80000700, 0, None))\n")
        .expect(Expect::NotDone),
    privileged!("the name of the machine is set", "raw('sethostname', os.uname().nodename.encode(), len(os.uname().nodename))"),
    privileged!("the domain is set", "raw('setdomainname', b'(none)', 6)"),
    case("the time is set", "import time\noutput = tried(lambda: time.clock_settime(time.CLOCK_REALTIME, time.time()))\n")
        .expect(Expect::Blocked),
    call!("the clock is adjusted", "raw('clock_adjtime', 0, ctypes.create_string_buffer(256))"),
    call!("the kernel's log", "raw('syslog', 10, None, 0)"),
    case("the terminal is hung up", "output = tried(lambda: raw('vhangup'))\n").expect(Expect::Blocked),
    case("ports of the machine", "output = tried(lambda: raw('iopl', 3))\n").expect(Expect::NotDone),
    case("one port of the machine", "output = tried(lambda: raw('ioperm', 0x80, 1, 1))\n")
        .expect(Expect::NotDone),
    case("a segment of its own", "output = tried(lambda: raw('modify_ldt', 0, None, 0))\n")
        .behind("seccomp", Expect::NotDone, Expect::Tried),
    case(
        "keystrokes into a terminal",
        "import fcntl\noutput = tried(lambda: [fcntl.ioctl(fd, 0x5412, b'x') for fd in (0, 1, 2)])\n",
    )
    .expect(Expect::NotDone),
    case("another user", "output = tried(lambda: os.setresuid(12345, 12345, 12345))\n")
        .expect(Expect::NotDone),
    case("another group", "output = tried(lambda: os.setgroups([12345]))\n").expect(Expect::NotDone),
    case(
        "capabilities are taken back",
        r#"
head = (ctypes.c_uint32 * 2)(0x20080522, 0)
all_of = (ctypes.c_uint32 * 6)(*[0xffffffff] * 2, 0, 0xffffffff, 0xffffffff, 0)
output = tried(lambda: raw("capset", head, all_of))
"#,
    )
    .expect(Expect::Blocked),
    case(
        "an ambient capability",
        "output = tried(lambda: checked(LIBC.prctl(47, 2, 21, 0, 0)))\n",
    )
    .expect(Expect::Blocked),
    case(
        "new privileges are asked for",
        r#"
met = tried(lambda: checked(LIBC.prctl(38, 0, 0, 0, 0)))
output = "blocked" if met.startswith("failed") and LIBC.prctl(39, 0, 0, 0, 0) == 1 else met
"#,
    )
    .expect(Expect::Blocked),
    case(
        "a set-id program",
        "output = tried(lambda: os.execv('/bin/su', ['su', '-c', 'true']))\n",
    )
    .behind("seccomp", Expect::NotDone, Expect::Contained),
    case(
        "a filter of the program's own",
        r#"
code = (ctypes.c_uint64 * 1)(0x7fff000000000006)
head = (ctypes.c_uint64 * 2)(1, ctypes.addressof(code))
output = tried(lambda: checked(LIBC.prctl(22, 2, ctypes.addressof(head), 0, 0)))
"#,
    )
    .expect(Expect::Tried),
    case(
        "a filter that makes every write succeed",
        r#"
import struct
number = int(NUMBERS["kill"]) if COLUMN else 1
write = 1 if COLUMN == 0 else 64
code = b"".join(struct.pack("HBBI", *i) for i in [(0x20, 0, 0, 0), (0x15, 0, 1, write), (6, 0, 0, 0x50000), (6, 0, 0, 0x7fff0000)])
room = ctypes.create_string_buffer(code)
head = (ctypes.c_uint64 * 2)(4, ctypes.addressof(room))
checked(LIBC.prctl(22, 2, ctypes.addressof(head), 0, 0))
output = 1
"#,
    )
    .short()
    .contained(),
    case("strict mode", "output = tried(lambda: raw('seccomp', 0, 0, None))\n").contained(),
    case(
        "Landlock once more",
        "output = tried(lambda: raw('landlock_create_ruleset', None, 0, 1))\n",
    )
    .expect(Expect::Tried),
    case(
        "calls of the 32-bit table",
        r#"
import mmap
if COLUMN:
    output = "blocked: no such table here"
else:
    room = mmap.mmap(-1, 4096, prot=7)
    room.write(bytes.fromhex("b814000000cd80c3"))  # getpid there
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    print("tried", flush=True)
    got = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    output = "done" if got == os.getpid() else "blocked: %d" % got
"#,
    )
    .behind("seccomp", Expect::Fails(Status::Crash, ""), Expect::Contained),
    case(
        "calls of the x32 table",
        r#"
def call():
    if COLUMN: raise OSError(1, "no such table here")
    return checked(LIBC.syscall(ctypes.c_long(0x40000000 | 39)))
output = tried(call)
"#,
    )
    .behind("seccomp", Expect::Blocked, Expect::Tried),
    case(
        "calls by number from machine code",
        r#"
import mmap
if COLUMN:
    output = "blocked: written for another machine"
else:
    room = mmap.mmap(-1, 4096, prot=7)
    room.write(bytes.fromhex("b839000000" "0f05" "85c0" "7507" "b83c000000" "0f05" "c3"))  # fork; the child leaves
    address = ctypes.addressof(ctypes.c_char.from_buffer(room))
    got = ctypes.CFUNCTYPE(ctypes.c_int)(address)()
    output = "done" if got > 0 else "blocked: %d" % got
"#,
    )
    .blocked("seccomp", Expect::Done),
    case(
        "numbers that no kernel knows",
        r#"
met = set()
for number in (100000, 0x3fffffff, -1):
    try: checked(LIBC.syscall(ctypes.c_long(number)))
    except OSError as error: met.add(error.errno)
output = "done" if not met else "failed: %s" % sorted(met)
"#,
    )
    .expect(Expect::NotDone),
    case(
        "time and randomness are still there",
        "import time\noutput = tried(lambda: (time.time() > 0, len(os.urandom(4))))\n",
    )
    .answer("done: (True, 4)"),
];
