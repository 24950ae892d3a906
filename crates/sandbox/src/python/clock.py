# A clock that stands still: it shows one instant to every program, and moves on by a microsecond at each reading and by as much
# as a program sleeps (which takes no time), so that loops which wait for it end. Programs see it through `time` and `datetime`;
# the harness keeps the real one.
TICK_NS = 1000


class FrozenClock:
    def __init__(self, seconds):
        self.start = self.now = int(seconds * 1e9)

    def restart(self):
        self.now = self.start

    def nanoseconds(self):
        self.now += TICK_NS
        return self.now

    def elapsed(self):
        return self.nanoseconds() - self.start


FROZEN = None


def change_class(cls, name, value):
    """Replaces an attribute of a class written in C."""
    inner_dict(cls)[name] = value
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(cls))


def freeze_clock(seconds):
    """Puts the clock in place; raises where this interpreter does not allow it."""
    global FROZEN, time
    module, clock = time, FrozenClock(seconds)
    real = types.SimpleNamespace(**vars(module))
    elapsing = ("monotonic", "perf_counter", "process_time", "thread_time")

    def sleep(seconds):
        if seconds < 0:
            raise ValueError("sleep length must be non-negative")
        clock.now += int(seconds * 1e9)

    def reading(of, scale):
        return lambda: of() / scale

    def counted(of):
        return lambda: of()

    def clock_gettime_ns(number):
        real.clock_gettime_ns(number)  # its error for a wrong number
        return clock.nanoseconds() if number == real.CLOCK_REALTIME else clock.elapsed()

    def of_now(name):
        known = getattr(real, name)
        return lambda seconds=None: known(clock.nanoseconds() / 1e9 if seconds is None else seconds)

    faces = {"time": reading(clock.nanoseconds, 1e9), "time_ns": counted(clock.nanoseconds), "sleep": sleep,
             "clock_gettime_ns": clock_gettime_ns, "clock_gettime": lambda number: clock_gettime_ns(number) / 1e9,
             "gmtime": of_now("gmtime"), "localtime": of_now("localtime"), "ctime": of_now("ctime"),
             "asctime": lambda t=None: real.asctime(faces["localtime"]() if t is None else t),
             "strftime": lambda form, t=None: real.strftime(form, faces["localtime"]() if t is None else t)}
    for name in elapsing:
        faces[name], faces[name + "_ns"] = reading(clock.elapsed, 1e9), counted(clock.elapsed)
    for name, face in faces.items():
        if hasattr(module, name):
            face.__name__ = face.__qualname__ = name
            setattr(module, name, face)
    datetime = MODULES.get("datetime")
    if datetime is not None:
        # `today` of both classes asks `time.time`; these two ask the machine.
        change_class(datetime.datetime, "now", classmethod(lambda cls, tz=None: cls.fromtimestamp(clock.nanoseconds() / 1e9, tz)))
        change_class(datetime.datetime, "utcnow", classmethod(lambda cls: cls.utcfromtimestamp(clock.nanoseconds() / 1e9)))
        shown = [datetime.datetime.now(datetime.timezone.utc).timestamp(), datetime.datetime.utcnow().timestamp(), module.time()]
        if max(shown) - min(shown) > 1 or abs(shown[0] - seconds) > 1:
            raise RuntimeError("this interpreter does not let its clock be frozen")
    clock.restart()
    FROZEN, time = clock, real
