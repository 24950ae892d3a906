# What happens in a child of the zygote. The order matters: descriptors, limits, layers, then programs.
# Descriptors: 1 and 2 are the pipes of stdout and stderr, 3 takes results, 4 gives programs.
RESULT, JOBS = 3, 4
HEAD = struct.Struct("<IIHH16s")  # bytes of the program, bytes of its stdin, via, uses, nonce
HEAD_SIZE = HEAD.size
BUILTINS = None
# New objects between two collections. The default of 700 costs sympy a tenth of its time, and no answer depends on it.
GC_THRESHOLD = 20_000


PACK_LENGTH = struct.Struct("<I").pack


def send(data):
    while data:
        count = write(RESULT, data)
        if count <= 0:
            exit_now(98)
        data = data[count:]


def frame(nonce, fields):
    body = ("{" + fields + "}").encode("utf-8", "backslashreplace")
    return nonce + PACK_LENGTH(len(body)) + body


def contain(fds, job, layers):
    """Enters every layer that `layers` lists; raises where one refuses, so that a claim is never untrue."""
    jobs, result, out, err = [fcntl.fcntl(fd, fcntl.F_DUPFD, 16) for fd in fds]
    dup2(out, 1)
    dup2(err, 2)
    dup2(result, RESULT)
    dup2(jobs, JOBS)
    if layers["subreaper"]:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setpgid(0, 0)
    if layers["memory_group"]:  # where its processes use too much together, this one goes and not the zygote
        with open("/proc/self/oom_score_adj", "w") as f:
            f.write("1000")
    ruleset = layers["ruleset"]
    if ruleset >= 0 and sys_call(SYS_LANDLOCK_RESTRICT, ruleset, 0) != 0:
        raise OSError("landlock")
    if not LINUX or sys_call(SYS_CLOSE_RANGE, JOBS + 1, 0xFFFFFFFF, 0) != 0:
        os.closerange(JOBS + 1, 1024)
    limit_resources(job["memory_bytes"], int(job["cpu_seconds"]) + 3)
    if layers["capabilities"] and not drop_capabilities():
        raise OSError("capset")
    if layers["filter"] and not install_filter(layers["filter"], os.getpid()):
        raise OSError("seccomp")


class Inbox:
    """Programs as they come over the pipe."""

    def __init__(self):
        self.bytes, self.at = b"", 0

    def fill(self):
        more = read(JOBS, 1 << 18)
        if not more:
            return False
        self.bytes, self.at = self.bytes[self.at:] + more, 0
        return True


def next_program(inbox, idle):
    """(source, stdin, via, uses, nonce), or None at the end; `idle` is called before a wait."""
    while len(inbox.bytes) - inbox.at < HEAD_SIZE:
        idle()
        if not inbox.fill():
            return None
    length, given, via, uses, nonce = HEAD.unpack_from(inbox.bytes, inbox.at)
    size = HEAD_SIZE + length + given
    while len(inbox.bytes) - inbox.at < size:
        idle()
        if not inbox.fill():
            return None
    text = inbox.at + HEAD_SIZE
    rest = text + length
    inbox.at += size
    return inbox.bytes[text:rest].decode("utf-8", "replace"), inbox.bytes[rest:inbox.at], via, uses, nonce


def depth():
    """Frames of this harness below the caller."""
    count, at = 0, sys._getframe(1)
    while at is not None:
        count, at = count + 1, at.f_back
    return count


def open_streams():
    """stdout and stderr as they are in a script whose output goes to a pipe; those of the zygote were made for something else."""
    global STDOUT, STDERR
    STDOUT = sys.stdout = sys.__stdout__ = io.open(1, "w", encoding="utf-8", errors="backslashreplace", closefd=False)
    STDERR = sys.stderr = sys.__stderr__ = io.open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)


def alone(job):
    """The one program of this child."""
    source, given, via, _, nonce = next_program(Inbox(), lambda: None)
    os.close(JOBS)
    open_streams()
    sys.stdin = io.TextIOWrapper(io.BytesIO(given), encoding="utf-8", errors="replace")
    seed_everything()
    gc.set_threshold(GC_THRESHOLD, 10, 10)
    gc.enable()
    fields = run_program(source, via, job["answer_bytes"], 1000 + depth())
    flush()
    send(frame(nonce, fields))


def child(fds, job, layers):
    try:
        try:
            contain(fds, job, layers)
        except BaseException as error:
            send(frame(b"host-refuses----", '"status":"host","message":%s' % quote(repr(error)[:200])))
            exit_now(1)
        if job["batch"]:
            together(job, layers)
        else:
            alone(job)
        exit_now(0)
    except BaseException:
        pass
    finally:
        exit_now(98)
