# The process that keeps an interpreter warm and forks children: one of the batch tier, one of the other, or one of each, in
# which case the former waits. It never runs a program itself.
# Control socket, from the supervisor: "R", length, JSON job, with four descriptors (programs, results, stdout, stderr);
# "K" kills the child that has one program, "B" that of the batch tier; "C" asks for the CPU time that the latter has used. To
# the supervisor: length, JSON. When the supervisor goes, by whatever death, the socket ends and so does everything here.
import json
HARNESS = sys.modules["__main__"]  # keeps these globals alive when a program gets the name
STDOUT, STDERR = sys.stdout, sys.stderr


def reply(control, message):
    data = json.dumps(message).encode()
    control.sendall(struct.pack("<I", len(data)) + data)


def receive(control, count):
    parts = []
    while count:
        part = control.recv(min(count, 1 << 20))
        if not part:
            raise EOFError
        parts.append(part)
        count -= len(part)
    return b"".join(parts)


def next_job(control):
    while True:
        kind, fds, _, _ = socket.recv_fds(control, 1, 4)
        if not kind:
            raise EOFError
        if kind == b"R":
            return read_job(control), fds
        if kind == b"C":
            reply(control, {"cpu": -1.0})  # its child has ended meanwhile
        # or a "K" or "B" for a child that has


def read_job(control):
    size, = struct.unpack("<I", receive(control, 4))
    return json.loads(receive(control, size))


def descendants():
    """Numbers of all processes below this one (without a pid namespace of our own)."""
    parent_of = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name) as f:
                    parent_of[int(name)] = int(f.read().rpartition(")")[2].split()[1])
            except (OSError, ValueError, IndexError):
                pass
    found, me = set(), os.getpid()
    grown = True
    while grown:
        below = {p for p, q in parent_of.items() if q == me or q in found}
        grown = not below <= found
        found |= below
    return found


def only_child(threads="/proc/self/task"):
    """Whether this process has just one child, so that nothing else is left: what a process leaves becomes a child of this one.
    Where the kernel does not say, it has more."""
    try:
        count = 0
        for thread in os.listdir(threads):
            with open("%s/%s/children" % (threads, thread)) as f:
                count += len(f.read().split())
        return count == 1
    except OSError:
        return False


def sweep(pid, pid_namespace):
    """Kills and reaps whatever the program left behind; returns once there is nothing."""
    while True:
        if pid_namespace:
            try:
                os.kill(-1, signal.SIGKILL)
            except OSError:
                pass
        else:
            try:
                if pid:
                    os.killpg(pid, signal.SIGKILL)
            except OSError:
                pass
            try:
                for other in descendants():
                    os.kill(other, signal.SIGKILL)
            except OSError:
                pass
        try:
            while os.waitpid(-1, 0 if pid_namespace else os.WNOHANG)[0]:
                pass
            time.sleep(0.001)
        except ChildProcessError:
            return


def cpu_of(pid):
    """CPU seconds used by all threads of a process, read from outside of it."""
    try:
        return time.clock_gettime((~pid << 3) | 2)
    except (OSError, AttributeError):
        return 0.0


def watch(control, one, layers):
    """Waits for a child's end and kills it at a deadline or on request: (why it was killed, or None; None). While that of the
    batch tier waits, another may be asked for: (None, its job and descriptors)."""
    pid, job, start = one
    try:
        life = os.pidfd_open(pid)
    except (OSError, AttributeError):
        life = -1
    poll, cores, killed = select.poll(), os.cpu_count() or 1, None
    poll.register(control, select.POLLIN)
    if life >= 0:
        poll.register(life, select.POLLIN)
    end, batch = start + job["wall_seconds"], job["batch"]
    try:
        while True:
            if batch:  # the supervisor knows which program runs, and judges
                cpu_left = wall_left = 60.0
            else:
                cpu_left, wall_left = job["cpu_seconds"] - cpu_of(pid), end - time.monotonic()
            if killed is None and (cpu_left <= 0 or wall_left <= 0):
                killed = "cpu" if cpu_left <= 0 else "wall"
                os.kill(pid, signal.SIGKILL)
            wait = min(wall_left, max(cpu_left / cores, 0.002)) if killed is None else 60
            ready = [fd for fd, _ in poll.poll(max(1, min(wait * 1000, 60000 if life >= 0 else 2)))]
            if control.fileno() in ready:
                word, fds, _, _ = socket.recv_fds(control, 1, 4)
                if word == b"C":
                    reply(control, {"cpu": cpu_of(pid)})
                elif word == (b"B" if batch else b"K"):
                    killed = killed or "asked"
                    os.kill(pid, signal.SIGKILL)
                elif word == b"R" and batch and layers["beside"]:
                    return None, (read_job(control), fds)
                elif word not in (b"B", b"K"):  # those are for one that has ended
                    raise EOFError
            if life in ready or (life < 0 and os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)):
                return killed, None
    finally:
        if life >= 0:
            os.close(life)


MADV_COLLAPSE = 25
FORKS_THAT_PAY = 32


def use_huge_pages():
    """Moves this process's own memory into huge pages, where the kernel can: a fork then copies a few entries instead of one for
    every 4 KiB, and saves 3 ms of the 6 that it takes here with sympy loaded. It costs as much as 50 forks."""
    if not LINUX:
        return
    try:
        with open("/proc/self/maps") as maps:
            lines = maps.readlines()
        for line in lines:
            fields = line.split()
            if fields[1][:2] != "rw" or fields[4] != "0" or (len(fields) > 5 and fields[5] != "[heap]"):
                continue
            first, last = [int(address, 16) for address in fields[0].split("-")]
            first, last = (first + (1 << 21) - 1) >> 21 << 21, last >> 21 << 21
            if first < last:
                LIBC.madvise(ctypes.c_void_p(first), ctypes.c_size_t(last - first), MADV_COLLAPSE)
    except (OSError, ValueError, IndexError):
        pass


def serve(control, layers):
    forks, waiting = 0, None  # the child of the batch tier
    while True:
        if waiting is None:
            job, fds = next_job(control)
        else:
            killed, more = watch(control, waiting, layers)
            if more is None:
                ended(control, waiting, killed, layers, None)
                waiting = None
                continue
            job, fds = more
        forks += 1
        if forks == FORKS_THAT_PAY:
            use_huge_pages()
        start = time.monotonic()
        try:
            # Here and nowhere deeper, since a program can see how deep it is.
            pid = os.fork()
        except OSError as error:
            pid = -1
            reply(control, {"refused": str(error), "batch": job["batch"]})
        if pid == 0:
            child(fds, job, layers)
        for fd in fds:
            os.close(fd)
        if pid > 0 and job["batch"]:
            waiting = pid, job, start
        elif pid > 0:
            killed, _ = watch(control, (pid, job, start), layers)
            if not ended(control, (pid, job, start), killed, layers, waiting):
                report(control, waiting, "left", signal.SIGKILL, None)
                waiting = None
        del job, fds


def ended(control, one, killed, layers, beside):
    """Reaps a child and whatever it has left, and tells of it; returns whether a child `beside` it lives on."""
    _, status, usage = os.wait4(one[0], 0)
    wall = time.monotonic()
    stays = beside is None or only_child()
    if beside is None or not stays:
        sweep(one[0], layers["pid_namespace"])
    report(control, one, killed, status, usage, wall)
    return stays


def report(control, one, killed, status, usage, now=0.0):
    _, job, start = one
    signalled = os.WIFSIGNALED(status)
    reply(control, {"killed": killed, "signal": os.WTERMSIG(status) if signalled else 0, "batch": job["batch"],
                    "code": 0 if signalled else os.WEXITSTATUS(status), "wall_ms": max(now - start, 0.0) * 1000,
                    "cpu_ms": (usage.ru_utime + usage.ru_stime) * 1000 if usage else 0.0,
                    "peak_kb": usage.ru_maxrss // (1 if sys.platform == "linux" else 1024) if usage else 0})


def warm(modules):
    loaded, missing = [], []
    for name in modules:
        try:
            __import__(name)
            loaded.append(name)
        except Exception:
            missing.append(name)
    if "datetime" in loaded:  # asks for the time zone once
        sys.modules["datetime"].datetime.strptime("2024-01-31", "%Y-%m-%d")
    for name, typical in (("numpy", warm_numpy), ("sympy", warm_sympy)):
        if name in loaded:
            try:
                typical()
            except Exception:
                pass
    return loaded, missing


def warm_numpy():
    """Likewise: a few times, until the interpreter has adapted the functions that numpy has in Python to their arguments."""
    import numpy as n
    for _ in range(8):
        m, v = n.array([[4.0, 1.0], [1.0, 3.0]]), n.array([1.0, 2.0, 4.0])
        n.linalg.solve(m, v[:2]), n.linalg.inv(m), n.linalg.det(m), n.linalg.eigvals(m), n.linalg.eigh(m), n.linalg.matrix_power(m, 3)
        n.linalg.lstsq(m, v[:2], rcond=None), n.linalg.norm(v), n.linalg.matrix_rank(m)
        n.arange(5), n.linspace(0, 1, 5), n.zeros((2, 2)), n.ones(3), n.eye(2), n.full(2, 1), n.diag(v), n.meshgrid(v, v)
        n.sum(v), n.mean(v), n.std(v), n.var(v), n.median(v), n.percentile(v, 30), n.prod(v), n.cumsum(v), n.cumprod(v), n.diff(v)
        n.max(v), n.min(v), n.argmax(v), n.argmin(v), n.sort(v), n.argsort(v), n.unique(v), n.where(v > 1), n.any(v), n.all(v), n.clip(v, 1, 2)
        n.dot(m, m), n.cross(v, v), n.outer(v, v), n.trapezoid(v), n.interp(1.5, v, v), n.convolve(v, v, "valid"), n.round(v, 1), n.sqrt(v)
        n.polyfit(v, v, 1), n.polyval(v, 2), n.roots(v), n.corrcoef(v, v), n.cov(v, v), n.histogram(v, bins=3), n.bincount([1, 2]), n.allclose(v, v)
        n.concatenate([v, v]), n.vstack([v, v]), n.hstack([v, v]), n.reshape(v, (3, 1)), n.transpose(m), n.count_nonzero(v), n.flatnonzero(v)
        n.random.seed(0), n.random.randint(0, 9, 3), n.random.rand(2), n.random.default_rng(0).normal(0, 1, 3), n.random.default_rng(0).integers(1, 7, 3)
        str(v), repr(m), str(v[0]), v.tolist(), v.astype(int), m.sum(axis=0), m @ m, m.T, round(float(v.mean()), 2)


def warm_sympy():
    """Typical calls, once, so that lazy imports and tables are inherited by every child."""
    import sympy as s
    s.Dummy._base_dummy_index = 10**6  # drawn at random at import: the order of dummies should not change between runs
    x, y = s.symbols("x y")
    k = s.symbols("k", integer=True)
    s.solve(x**2 - 5 * x + 6, x)
    s.solve((s.Eq(x + y, 3), s.Eq(x - y, 1)), (x, y))
    s.integrate(x**2 * s.exp(-x) + s.sin(x), (x, 0, 2))
    s.limit(s.sin(x) / x, x, 0)
    s.simplify(s.sin(x) ** 2 + s.cos(x) ** 2)
    s.Matrix([[1, 2], [3, 4]]).eigenvals()
    s.factorint(123456)
    s.summation(1 / k**2, (k, 1, s.oo))
    s.solveset(s.sin(x) - s.S.Half, x, s.Interval(0, 7))
    s.nsolve(s.cos(x) - x, x, 1)
    s.integrate(s.exp(-x**2) * s.log(x), (x, 0, s.oo))
    s.integrate(s.besselj(0, x) * x, x)
    s.summation(x**k / s.factorial(k), (k, 0, s.oo))
    s.lambdify(x, x**2 + 1)(2)
    s.nsimplify(0.5), s.Rational(1, 3), s.expand((x + 1)**3), s.dsolve(s.Function("f")(x).diff(x) - s.Function("f")(x))
    s.solve_univariate_inequality(x**2 - 4 > 0, x, relational=False)
    s.parse_expr("x**2 + 1"), s.latex(x**2), s.binomial(5, 2), s.gcd(12, 18), s.Poly(x**2 - 1, x), s.Point(0, 0).distance(s.Point(3, 4))
    str(s.factor(x**3 - 1)), float(s.sqrt(2)), s.series(s.cos(x), x, 0, 6), s.diff(x**x, x)


def finish(cwd):
    try:
        os.rmdir(cwd)
    except OSError:
        pass
    os._exit(0)


def prepare(setup):
    """Enters the namespaces and leaves this process for a new one; returns the layers in force. The old one is the keeper: it waits
    for the new one, and sweeps up after it where there is no pid namespace, whose end is the end of all in it."""
    flags, names = (choose_namespaces() if setup["namespaces"] else 0), []
    entered = flags and enter_namespaces(flags)
    reaper = not entered and prctl(PR_SET_CHILD_SUBREAPER, 1)
    if entered or reaper:
        inner = os.fork()
        if inner:
            setup["control"].close()
            os.waitpid(inner, 0)
            if reaper:
                sweep(None, False)
            finish(setup["cwd"])
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if entered:
        bounded = flags & NEWPID and bound_threads()
        names = [n for bit, n in ((NEWUSER, "userns"), (NEWPID, "pidns"), (NEWNET, "netns"), (NEWIPC, "ipcns"), (NEWUTS, "utsns")) if flags & bit]
        if bounded:
            names.append("pid_max")
    elif reaper and prctl(PR_SET_CHILD_SUBREAPER, 1):
        names = ["subreaper"]
    return names


def finish_layers(setup, names):
    """After the imports: what would get in their way."""
    if setup["namespaces"] and read_only_tree():
        names.append("readonly_tree")
    ruleset = landlock_ruleset(readable_paths(setup["cwd"])) if setup["landlock"] else -1
    packed = filter_program() if setup["seccomp"] else None
    if prctl(PR_SET_NO_NEW_PRIVS, 1):
        names.append("no_new_privs")
    else:
        ruleset, packed = -1, None
    if ruleset >= 0:
        names.append("landlock")
    if packed:
        packed = pack_filter(packed)
        names.append("seccomp")
    capabilities = LINUX
    if capabilities:
        names.append("no_capabilities")
        prctl(PR_SET_DUMPABLE, 0)
    names.append("rlimits")
    # Two children at a time only where neither can start processes or reach the other.
    apart = all(name in names for name in ("pidns", "landlock", "seccomp", "no_capabilities")) and not setup["memory_group"]
    return {"ruleset": ruleset, "filter": packed, "capabilities": capabilities,
            "beside": apart and os.path.exists("/proc/thread-self/children"),
            "pid_namespace": "pidns" in names, "subreaper": "pidns" not in names,
            "memory_group": setup["memory_group"] and "readonly_tree" not in names}


def version_text(loaded):
    parts = ["%s %s" % (sys.implementation.name, platform.python_version())]
    for name in ("numpy", "sympy"):
        if name in loaded:
            parts.append("%s %s" % (name, MODULES[name].__version__))
    if FROZEN:
        parts.append("clock frozen at %d" % (FROZEN.start // 10**9))
    return ", ".join(parts)


def main():
    global RANDOM_SEED
    setup = json.loads(sys.argv[1])
    RANDOM_SEED = setup["random_seed"]
    sys.argv[:] = [""]
    sys.path[:] = [p for p in sys.path if p] + ([setup["site"]] if setup["site"] else [])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)
    control = socket.socket(fileno=fcntl.fcntl(0, fcntl.F_DUPFD_CLOEXEC, 10))
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1):
        os.dup2(null, fd)
    os.close(null)
    setup["control"], setup["cwd"] = control, os.getcwd()
    STDOUT.reconfigure(encoding="utf-8", errors="backslashreplace", line_buffering=False)
    STDERR.reconfigure(encoding="utf-8", errors="backslashreplace")
    if hasattr(sys, "set_int_max_str_digits"):
        sys.set_int_max_str_digits(0)
    names = prepare(setup)
    loaded, missing = warm(setup["preload"])
    os.environ.clear()
    os.environ["TZ"] = "UTC"
    time.tzset()
    if setup["frozen_clock"] is not None:
        freeze_clock(setup["frozen_clock"])
    layers = finish_layers(setup, names)
    if not setup["count_changes"]:
        Versions.works = staticmethod(lambda: False)
    layers["forbidden"], layers["watch"] = frozenset(setup["forbidden"]), Watch()
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        reply(control, {"protection": ",".join(names), "interpreter": version_text(loaded), "missing": missing, "beside": layers["beside"]})
        os.dup2(0, 2)
        serve(control, layers)
    except (EOFError, OSError):
        # Also as the first process of a pid namespace, whose end kills the others: reaped here, their CPU time is counted.
        sweep(None, layers["pid_namespace"])
        finish(setup["cwd"])


main()
