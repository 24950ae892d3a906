# Isolation layers. Every layer is probed; what holds is listed, and a child that cannot enter a listed layer refuses to
# run the program. Nothing here is visible to programs as a module: the sources are joined and run as one.
import builtins
globals().update(vars(builtins))  # a program that patches builtins changes nothing for the code below
import errno, fcntl, os, platform, resource, select, signal, socket, struct, sys, time
try:
    import ctypes
    LIBC = ctypes.CDLL(None, use_errno=True)
    LIBC.syscall.restype = ctypes.c_long
except Exception:
    ctypes = LIBC = None

LINUX = sys.platform == "linux" and LIBC is not None
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 1, 4, 36, 38
NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
SYS_CLOSE_RANGE, SYS_MOUNT_SETATTR = 436, 442
SYS_LANDLOCK_CREATE, SYS_LANDLOCK_ADD, SYS_LANDLOCK_RESTRICT = 444, 445, 446


def sys_call(number, *args):
    args = [ctypes.c_long(a) if isinstance(a, int) else a for a in args]
    return LIBC.syscall(ctypes.c_long(number), *args)


def prctl(option, value):
    return LINUX and LIBC.prctl(option, ctypes.c_ulong(value), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)) == 0


# ---- namespaces ---------------------------------------------------------------------------------------------------
def enter_namespaces(flags):
    """Unshares; in a user namespace the own uid and gid keep their numbers."""
    uid, gid = os.geteuid(), os.getegid()
    if LIBC.unshare(flags) != 0:
        return False
    if flags & NEWUSER:
        try:
            with open("/proc/self/setgroups", "w") as f:
                f.write("deny")
            with open("/proc/self/uid_map", "w") as f:
                f.write("%d %d 1" % (uid, uid))
            with open("/proc/self/gid_map", "w") as f:
                f.write("%d %d 1" % (gid, gid))
        except OSError:
            return False
    return True


def choose_namespaces():
    """The first set that a throw-away process could enter, with a child of its own in it; 0 if none."""
    if not LINUX:
        return 0
    all_of, some = NEWPID | NEWNET | NEWIPC | NEWUTS, NEWPID | NEWNET
    ladder = [NEWUSER | all_of, NEWUSER | some, NEWUSER | NEWPID]
    if os.geteuid() == 0:
        ladder += [all_of, some, NEWPID]
    for flags in ladder:
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                if enter_namespaces(flags):
                    inner = os.fork()
                    if inner == 0:
                        os._exit(0 if os.getpid() == 1 else 1)
                    code = 0 if os.waitpid(inner, 0)[1] == 0 else 1
            finally:
                os._exit(code)
        if os.waitpid(pid, 0)[1] == 0:
            return flags
    return 0


def read_only_tree():
    """A private mount namespace in which everything mounted is read-only and set-id bits are ignored."""
    if not LINUX or LIBC.unshare(NEWNS) != 0:
        return False
    MS_REC, MS_PRIVATE = 0x4000, 0x40000
    if LIBC.mount(None, b"/", None, ctypes.c_ulong(MS_REC | MS_PRIVATE), None) != 0:
        return False
    attr = struct.pack("QQQQ", 0x1 | 0x2, 0, 0, 0)  # read-only, nosuid
    return sys_call(SYS_MOUNT_SETATTR, -100, ctypes.c_char_p(b"/"), 0x8000, ctypes.c_char_p(attr), len(attr)) == 0


# ---- Landlock -----------------------------------------------------------------------------------------------------
def landlock_ruleset(readable):
    """A descriptor of a ruleset that allows reading below `readable` and nothing else; -1 where there is no Landlock."""
    if not LINUX:
        return -1
    abi = sys_call(SYS_LANDLOCK_CREATE, None, 0, 1)
    if abi < 1:
        return -1
    fs = (1 << 13) - 1
    if abi >= 2:
        fs |= 1 << 13  # refer
    if abi >= 3:
        fs |= 1 << 14  # truncate
    if abi >= 5:
        fs |= 1 << 15  # ioctl on devices
    attr = struct.pack("QQQ", fs, 3 if abi >= 4 else 0, 3 if abi >= 6 else 0)
    attr = attr[: 8 if abi < 4 else 16 if abi < 6 else 24]
    ruleset = sys_call(SYS_LANDLOCK_CREATE, ctypes.c_char_p(attr), len(attr), 0)
    if ruleset < 0:
        return -1
    for path in readable:
        try:
            fd = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue
        rights = 1 << 2 | (1 << 3 if os.path.isdir(path) else 0)  # read a file, list a folder
        if path == "/dev/null":
            rights |= 1 << 1
        rule = struct.pack("=Qi", rights, fd)
        sys_call(SYS_LANDLOCK_ADD, ruleset, 1, ctypes.c_char_p(rule), 0)
        os.close(fd)
    high = fcntl.fcntl(ruleset, fcntl.F_DUPFD_CLOEXEC, 10)  # away from the number that a child's result takes
    os.close(ruleset)
    return high


def readable_paths(cwd):
    """The interpreter, its packages, the system libraries, four devices and the program's own empty folder."""
    paths = {"/usr", "/lib", "/lib64", "/lib32", "/etc/ld.so.cache", "/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", cwd}
    for p in [sys.prefix, sys.base_prefix, sys.exec_prefix, sys.base_exec_prefix] + sys.path:
        if p:
            paths.update((os.path.abspath(p), os.path.realpath(p)))
    return sorted(p for p in paths if p != "/")


# ---- seccomp ------------------------------------------------------------------------------------------------------
# Numbers on x86_64, then on aarch64 (None: the call does not exist there).
DENIED = """
socket 41 198|connect 42 203|accept 43 202|accept4 288 242|bind 49 200|listen 50 201|ptrace 101 117
process_vm_readv 310 270|process_vm_writev 311 271|tkill 200 130|rt_sigqueueinfo 129 138|rt_tgsigqueueinfo 297 240
pidfd_send_signal 424 424|pidfd_open 434 434|pidfd_getfd 438 438|fork 57 -|vfork 58 -|execve 59 221|execveat 322 281
mount 165 40|umount2 166 39|pivot_root 155 41|chroot 161 51|unshare 272 97|setns 308 268|bpf 321 280|perf_event_open 298 241
keyctl 250 219|add_key 248 217|request_key 249 218|userfaultfd 323 282|io_uring_setup 425 425|io_uring_enter 426 426
io_uring_register 427 427|memfd_create 319 279|memfd_secret 447 447|init_module 175 105|finit_module 313 273
delete_module 176 106|kexec_load 246 104|kexec_file_load 320 294|reboot 169 142|swapon 167 224|swapoff 168 225
personality 135 92|open_by_handle_at 304 265|name_to_handle_at 303 264|symlink 88 -|symlinkat 266 36|link 86 -|linkat 265 37
iopl 172 -|ioperm 173 -|modify_ldt 154 -|syslog 103 116|quotactl 179 60|acct 163 89|settimeofday 164 170
clock_settime 227 112|adjtimex 159 171|clock_adjtime 305 266|sethostname 170 161|setdomainname 171 162|setpriority 141 140
sched_setparam 142 118|sched_setscheduler 144 119|sched_setaffinity 203 122|sched_setattr 314 274|ioprio_set 251 30
shmget 29 194|msgget 68 186|semget 64 190|mq_open 240 180|open_tree 428 428|move_mount 429 429|fsopen 430 430
fsconfig 431 431|fsmount 432 432|fspick 433 433|mount_setattr 442 442|migrate_pages 256 238|move_pages 279 239
process_madvise 440 440|process_mrelease 448 448|kcmp 312 272|fanotify_init 300 262|chmod 90 -|fchmod 91 52|fchmodat 268 53
fchmodat2 452 452|chown 92 -|fchown 93 55|lchown 94 -|fchownat 260 54|utime 132 -|utimes 235 -|futimesat 261 -
utimensat 280 88|setxattr 188 5|lsetxattr 189 6|fsetxattr 190 7|removexattr 197 14|lremovexattr 198 15|fremovexattr 199 16
truncate 76 45|mknod 133 -|mknodat 259 33|setxattrat 463 463|removexattrat 466 466|open_tree_attr 467 467
file_setattr 469 469
"""
ARCHES = {"x86_64": (0xC000003E, 1), "aarch64": (0xC00000B7, 2)}
OWN_PID = 0x7C0FFEE1  # stands for the child's own number until it is known
ALLOW, REFUSE, NO_SUCH, KILL = 0x7FFF0000, 0x00050000 | errno.EPERM, 0x00050000 | errno.ENOSYS, 0x80000000


def filter_program():
    """The filter's instructions with OWN_PID in place of the child's number; None where it cannot be."""
    if not LINUX or platform.machine() not in ARCHES or sys.maxsize < 1 << 32:
        return None
    arch, column = ARCHES[platform.machine()]
    x86 = column == 1
    ins = [(0x20, 0, 0, 4), (0x15, 1, 0, arch), (0x06, 0, 0, KILL), (0x20, 0, 0, 0)]
    if x86:
        ins += [(0x35, 0, 1, 0x40000000), (0x06, 0, 0, REFUSE)]  # the x32 table
    special = [(56 if x86 else 220, 0x45, 0x10000),       # clone: threads only
               (62 if x86 else 129, 0x15, OWN_PID),       # kill: oneself only
               (234 if x86 else 131, 0x15, OWN_PID),      # tgkill: oneself only
               (302 if x86 else 261, 0x15, 0)]            # prlimit64: oneself only
    for number, test, value in special:
        ins += [(0x15, 0, 4, number), (0x20, 0, 0, 16), (test, 0, 1, value), (0x06, 0, 0, ALLOW), (0x06, 0, 0, REFUSE)]
    ins += [(0x15, 0, 1, 435), (0x06, 0, 0, NO_SUCH)]      # clone3: libc falls back to clone
    # prctl: not to make itself dumpable, since a core that is piped somewhere ignores the limit on cores
    ins += [(0x15, 0, 4, 157 if x86 else 167), (0x20, 0, 0, 16), (0x15, 0, 1, PR_SET_DUMPABLE), (0x06, 0, 0, REFUSE), (0x06, 0, 0, ALLOW)]
    # fcntl and ioctl: not to have signals sent to others by way of who owns a pipe or a socket pair
    for number, refused in ((72 if x86 else 25, (8, 10, 15)), (16 if x86 else 29, (0x8901, 0x8902))):
        count = len(refused)
        ins += [(0x15, 0, count + 3, number), (0x20, 0, 0, 24)]
        ins += [(0x15, count - i, 0, value) for i, value in enumerate(refused)] + [(0x06, 0, 0, ALLOW), (0x06, 0, 0, REFUSE)]
    numbers = [entry.split()[column] for line in DENIED.split("\n") for entry in line.split("|") if entry]
    numbers = [int(n) for n in numbers if n != "-"]
    for i, number in enumerate(numbers):
        ins.append((0x15, len(numbers) - i, 0, number))
    ins += [(0x06, 0, 0, ALLOW), (0x06, 0, 0, REFUSE)]
    return ins


def pack_filter(ins):
    return b"".join(struct.pack("HBBI", *i) for i in ins)


def install_filter(packed, pid):
    code = ctypes.create_string_buffer(packed.replace(struct.pack("I", OWN_PID), struct.pack("I", pid)))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(packed) // 8, ctypes.addressof(code)))
    return LIBC.prctl(22, ctypes.c_ulong(2), ctypes.byref(head), ctypes.c_ulong(0), ctypes.c_ulong(0)) == 0


# ---- one child ----------------------------------------------------------------------------------------------------
def drop_capabilities():
    head = ctypes.create_string_buffer(struct.pack("Ii", 0x20080522, 0))
    none = ctypes.create_string_buffer(24)
    return LIBC.capset(ctypes.byref(head), ctypes.byref(none)) == 0


def limit_resources(memory_bytes, cpu_seconds):
    wanted = [("RLIMIT_AS", memory_bytes), ("RLIMIT_CPU", cpu_seconds), ("RLIMIT_FSIZE", 0), ("RLIMIT_NOFILE", 64),
              ("RLIMIT_CORE", 1), ("RLIMIT_STACK", 64 << 20), ("RLIMIT_NPROC", 64), ("RLIMIT_MEMLOCK", 0), ("RLIMIT_MSGQUEUE", 0)]
    for name, value in wanted:
        which = getattr(resource, name, None)
        if which is None or (name == "RLIMIT_AS" and sys.platform == "darwin"):
            continue
        hard = resource.getrlimit(which)[1]
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        soft = value
        if name == "RLIMIT_STACK":
            soft = min(value, 8 << 20)
        elif name == "RLIMIT_AS":
            soft = max(value - MEMORY_TO_REPORT, value // 2)
        resource.setrlimit(which, (soft, value))


# What a program cannot have, so that there is room to say that it ran out of memory.
MEMORY_TO_REPORT = 16 << 20


def lift_memory(setrlimit=resource.setrlimit, getrlimit=resource.getrlimit, which=getattr(resource, "RLIMIT_AS", None)):
    if which is not None:
        hard = getrlimit(which)[1]
        setrlimit(which, (hard, hard))


def bound_threads():
    """The number of processes and threads in this pid namespace, on kernels where each namespace has its own bound: the limit on
    processes does not bind root. Elsewhere the file is the machine's, and is left alone."""
    try:
        if tuple(int(n) for n in platform.release().split("-")[0].split(".")[:2]) >= (6, 14):
            with open("/proc/sys/kernel/pid_max", "w") as f:
                f.write("400")
            return True
    except (OSError, ValueError):
        pass
    return False
