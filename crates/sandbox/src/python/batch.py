# Many programs, one after another, in one contained child. Each has a fresh namespace; what they share is restored before
# each program, and looked over before answers are sent: where something moved, those not yet sent are withheld ("moved"),
# and the child ends.
USES_RANDOM, USES_DECIMAL, USES_NUMPY, USES_SYMPY, CHECK_ALL = 1, 2, 4, 8, 16
FLUSH_AFTER, FLUSH_MOST = 0.006, 16  # seconds and answers: what is withheld with an odd one, against the cost of a look
QUICK = 1000  # microseconds
# Attributes that libraries set on themselves while they work.
FLAGS = type.__dict__["__flags__"].__get__
HABITS = frozenset(("_count", "_abc_impl", "__warningregistry__", "_cache", "_prefix_cache", "_lambdify_generated_counter", "_argmap__count"))


def owners():
    """(name, family) of every module whose attributes are watched."""
    for name, module in list(MODULES.items()):
        if type(module) is not types.ModuleType and not hasattr(module, "__dict__"):
            continue
        top = name.partition(".")[0]
        if top in ("sympy", "mpmath"):
            yield name, module, USES_SYMPY
        elif top in ("numpy", "networkx"):
            yield name, module, USES_NUMPY
        elif name not in ("__main__", "sys"):  # sys.stdout changes with each program
            yield name, module, 0


def inner_dict(cls):
    """The dict behind a class's attributes."""
    for thing in gc.get_referents(cls.__dict__):
        if type(thing) is dict:
            return thing
    return None


def watched_dicts():
    """(family, name, dict) for modules and their classes that Python code can change."""
    seen, found = set(), []

    def add(family, name, attributes):
        if attributes is not None and id(attributes) not in seen:
            seen.add(id(attributes))
            found.append((family, name, attributes))

    for name, module, family in owners():
        attributes = vars(module)
        add(family, name, attributes)
        for thing in list(attributes.values()):
            # Flag 1 << 9: a class made at run time; the others cannot be changed from Python.
            if isinstance(thing, type) and FLAGS(thing) & (1 << 9):
                top = str(thing.__module__).partition(".")[0]
                of = USES_SYMPY if top in ("sympy", "mpmath") else USES_NUMPY if top in ("numpy", "networkx") else 0
                add(of, "%s.%s" % (thing.__module__, thing.__name__), inner_dict(thing))
    add(0, "the harness", HARNESS.__dict__)
    return found


COUNTER = struct.Struct("Q")


class Versions:
    """Change counters of dicts. CPython up to 3.11 keeps one in each dict; elsewhere contents are compared by identity."""

    def __init__(self, dicts):
        self.dicts = [entry[2] for entry in dicts]
        self.names = [entry[1] for entry in dicts]
        self.content = [dict(d) for d in self.dicts]
        self.counted = sys.implementation.name == "cpython" and (3, 6) <= sys.version_info < (3, 12) and Versions.works()
        if self.counted:
            # Read as bytes, all at once: a number for each would take four times as long.
            self.cells = [memoryview(ctypes.c_uint64.from_address(id(d) + 24)) for d in self.dicts]
            self.seen = self.read()

    @staticmethod
    def works():
        """Whether the counter is where it is expected, tried on a dict of our own."""
        if ctypes is None:
            return False
        probe = {"a": 1}
        cell = ctypes.c_uint64.from_address(id(probe) + 24)
        first = cell.value
        probe["a"] = 2
        second = cell.value
        probe["a"] = 3
        return first < second < cell.value

    def read(self, join=b"".join):
        return join(self.cells)

    def changed(self, now):
        """Which dicts have another counter than when they were last looked at."""
        if now == self.seen:
            return ()
        size, seen = COUNTER.size, self.seen
        return [at // size for at in range(0, len(now), size) if now[at:at + size] != seen[at:at + size]]

    def accept(self):
        """Takes everything as it is now."""
        now = self.read() if self.counted else None
        for i in self.changed(now) if self.counted else range(len(self.dicts)):
            self.content[i] = dict(self.dicts[i])
        self.seen = now

    def moved(self):
        """The name of something that changed since the start, or None."""
        now = self.read() if self.counted else None
        for i in self.changed(now) if self.counted else range(len(self.dicts)):
            what = self.difference(i)
            if what is not None:
                return what
        self.seen = now
        return None

    def difference(self, i):
        now, then = self.dicts[i], self.content[i]
        for key in list(now):
            old = then.get(key, then)
            if old is not now[key] and key not in HABITS:
                # A private `None` that is filled in is a table made when first needed.
                if not (old is None and key[:1] == "_") and not (self.lazy(i, key, now[key]) if old is then else same_function(old, now[key])):
                    return "%s.%s" % (self.names[i], key)
                then[key] = now[key]
        for key in then:
            if key not in now:
                return "%s.%s" % (self.names[i], key)
        return None

    def lazy(self, i, key, value):
        """Whether a new attribute is a submodule that was loaded late, or a function that networkx compiled at its first call."""
        if type(value) is types.ModuleType:
            return MODULES.get("%s.%s" % (self.names[i], key)) is value
        compiled = type(value) is types.FunctionType or type(value) is getattr(MODULES.get("networkx.utils.backends"), "_dispatchable", None)
        return self.names[i] == "networkx.utils.decorators" and key[:7] == "argmap_" and compiled


def same_function(old, new):
    """Whether a function was only made anew, from the same code around the same things: each mpmath context does so."""
    if type(old) is not types.FunctionType or type(new) is not types.FunctionType or old.__code__ is not new.__code__:
        return False
    around = [[f.__globals__, *(f.__defaults__ or ()), *[cell.cell_contents for cell in f.__closure__ or ()]] for f in (old, new)]
    return len(around[0]) == len(around[1]) and not new.__dict__ and new.__kwdefaults__ == old.__kwdefaults__ and all(
        a is b or same_function(a, b) for a, b in zip(*around))


class NumpyRandom:
    """Seeds numpy's global generator, where it was used since the last time."""

    def __init__(self, numpy):
        self.seed, self.state, self.fresh = numpy.random.seed, None, None
        self.seed(RANDOM_SEED)
        try:
            # The Mersenne Twister: 624 words and the position in them. Programs that set a whole state are not run here.
            state = memoryview((ctypes.c_char * 2500).from_address(numpy.random.mtrand._rand._bit_generator.ctypes.state_address))
            fresh = bytes(state)
            numpy.random.random_sample()
            if bytes(state) != fresh:
                self.seed(RANDOM_SEED)
                if bytes(state) == fresh:
                    self.state, self.fresh = state, fresh
        except Exception:
            pass

    def restore(self):
        if self.state is None or bytes(self.state) != self.fresh:
            self.seed(RANDOM_SEED)


class Watch:
    def __init__(self):
        found = watched_dicts()
        families = ((0, lambda uses: True), (USES_NUMPY, lambda uses: uses & (USES_NUMPY | CHECK_ALL)), (USES_SYMPY, lambda uses: uses & (USES_SYMPY | CHECK_ALL)))
        self.families = [(wanted, Versions([entry for entry in found if entry[0] == family])) for family, wanted in families]
        self.families = [(wanted, versions) for wanted, versions in self.families if versions.dicts]
        self.decimal = MODULES.get("decimal")
        self.numpy = MODULES.get("numpy")
        self.numpy_random = self.numpy and NumpyRandom(self.numpy)
        self.mpmath = MODULES.get("mpmath")
        self.parameters = getattr(MODULES.get("sympy.core.parameters"), "global_parameters", None)
        self.context = self.decimal and self.decimal.DefaultContext.copy()
        self.errors = self.numpy and self.numpy.geterr()
        self.printing = self.numpy and str(self.numpy.get_printoptions())
        self.random_state = random.Random(RANDOM_SEED).getstate()
        self.modules = len(MODULES)
        self.path = list(sys.path)

    def accept(self):
        for _, versions in self.families:
            versions.accept()

    def restore(self, uses):
        if uses & USES_RANDOM:
            random.setstate(self.random_state)
        if uses & USES_DECIMAL:
            self.decimal.setcontext(self.context.copy())
        if uses & USES_NUMPY and self.numpy:
            self.numpy_random.restore()
        if uses & USES_SYMPY:
            rng = MODULES.get("sympy.core.random")
            if rng is not None:
                rng.seed(RANDOM_SEED)

    def moved(self, uses):
        """What a program left changed, or None."""
        for wanted, versions in self.families:
            if wanted(uses):
                what = versions.moved()
                if what is not None:
                    return what
        if sys.path != self.path or sys.gettrace() is not None or sys.getprofile() is not None:
            return "sys"
        if uses & USES_NUMPY and self.numpy and (self.numpy.geterr() != self.errors or str(self.numpy.get_printoptions()) != self.printing):
            return "numpy's settings"
        if uses & USES_SYMPY and self.mpmath and (self.mpmath.mp.prec != 53 or self.mpmath.iv.prec != 53):
            return "mpmath's precision"
        if uses & USES_SYMPY and self.parameters and not (self.parameters.evaluate and self.parameters.distribute):
            return "sympy's parameters"
        return None


ODD = []


def innocent(code, forbidden):
    """Whether evaluated text keeps to its own objects; the gate could not see it."""
    for name in code.co_names + code.co_varnames + code.co_freevars:
        if name in forbidden or (name[:2] == "__" and name not in ("__name__",)):
            return False
    return all(innocent(thing, forbidden) for thing in code.co_consts if isinstance(thing, types.CodeType))


def guard_text(forbidden):
    """sympy evaluates text: what is not plain there sends its program to a child of its own."""
    real_eval, real_exec = eval, exec

    def look(code, kind):
        if type(code) is not types.CodeType:
            code = compile(code, "<string>", kind, dont_inherit=True)
        if not innocent(code, forbidden):
            ODD.append("evaluated text")
            raise ValueError("not in a shared interpreter")
        return code

    def guarded_eval(code, scope=None, local=None):
        return real_eval(look(code, "eval"), scope, local)

    def guarded_exec(code, scope=None, local=None):
        return real_exec(look(code, "exec"), scope, local)

    for name in ("sympy.parsing.sympy_parser", "sympy.utilities.lambdify", "sympy.core.sympify"):
        module = MODULES.get(name)
        if module is not None:
            module.eval, module.exec = guarded_eval, guarded_exec


def together(job, layers):
    """Programs until the pipe ends."""
    global BUILTINS
    guard_text(layers["forbidden"])
    BUILTINS = vars(builtins).copy()
    watch, inbox, budget, most = layers["watch"], Inbox(), job["answer_bytes"], job["output_bytes"]
    watch.accept()
    limit = 1000 + depth() + 1
    clock, cpu_clock, usage = time.perf_counter, time.process_time, resource.getrusage
    out, nonces, since, flushed, peak, cpu = [], [], 0, clock(), usage(0).ru_maxrss, cpu_clock()

    def hand_over():
        """Sends the answers, if nothing that programs share has moved since the last were sent."""
        nonlocal since, flushed
        if out:
            what = ODD[0] if ODD else watch.moved(since)
            if what is not None:
                send(frame(nonces[0], '"status":"moved","message":%s,"withheld":%d' % (say(str(what)[:200]), len(out))))
                exit_now(0)
            send(b"".join(out))
            out.clear()
            nonces.clear()
            since = 0
        flushed = clock()

    seed_everything()
    gc.set_threshold(GC_THRESHOLD, 10, 10)
    gc.enable()
    complained = io.StringIO()
    while True:
        item = next_program(inbox, hand_over)
        if item is None:
            hand_over()
            exit_now(0)
        source, given, via, uses, nonce = item
        if uses:
            watch.restore(uses)
        if FROZEN:
            FROZEN.restart()
        sys.stdin = io.StringIO(given.decode("utf-8", "replace") if given else "")
        sys.stdout = said = io.StringIO()
        if complained.closed or complained.tell():
            complained = io.StringIO()
        sys.stderr = complained
        wall = clock()
        fields = run_program(source, via, budget, limit)
        if sys.stdout is not said or sys.stderr is not complained:
            ODD.append("sys.stdout")
        if fields[:18] == '"status":"memory",':
            ODD.append("memory")
        text, complaint = said.getvalue(), complained.getvalue()
        if len(text) > most or len(complaint) > most:
            fields, text, complaint = '"status":"output_limit"', "", ""
        now = clock()
        spent = used = (now - wall) * 1e6
        if spent > QUICK:  # what ends sooner is below the step of the CPU clock, and has had no time to fill much memory
            peak, before, cpu = usage(0).ru_maxrss, cpu, cpu_clock()
            used = min(spent, (cpu - before) * 1e6)  # since the last reading: quick ones may lie between
        fields += ',"stdout":%s,"stderr":%s,"wall_us":%d,"cpu_us":%d,"peak_kb":%d' % (
            say(text) if text else '""',
            say(complaint) if complaint else '""',
            spent, used, peak)
        out.append(frame(nonce, fields))
        nonces.append(nonce)
        since |= uses
        if ODD or len(out) >= FLUSH_MOST or now - flushed > FLUSH_AFTER:
            hand_over()
