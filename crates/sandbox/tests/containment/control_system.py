import abc, atexit, builtins, codecs, copyreg, gc, io, linecache, locale, logging, os, pickle, resource, signal, socket, sys, threading
import types, warnings


def look(path):
    return path and os.path.basename(path)


class Base(abc.ABC):
    pass


def same(*actions):
    return [str(action()) for action in actions]


descriptors = []
for fd in range(64):
    try:
        os.fstat(fd)
        descriptors.append(fd)
    except OSError:
        pass
handlers = [str(signal.getsignal(n)) for n in (1, 2, 10, 12, 14, 15)]
rows = [
    sorted(vars(builtins)), sys.getrecursionlimit(), [look(p) for p in sys.path], [type(f).__name__ for f in sys.meta_path],
    [getattr(f, "__name__", "?") for f in sys.meta_path], len(sys.path_hooks), len(sys.builtin_module_names), sys.argv, sys.flags.optimize,
    "colour" in sys.modules, "json" in sys.modules, sys.gettrace(), sys.getprofile(), threading.gettrace() if sys.version_info > (3, 10) else None,
    sys.excepthook is sys.__excepthook__, sys.displayhook is sys.__displayhook__, sys.unraisablehook is sys.__unraisablehook__,
    threading.excepthook is threading.__excepthook__, sys.breakpointhook is sys.__breakpointhook__, sys.getswitchinterval(),
    sys.get_int_max_str_digits() if hasattr(sys, "get_int_max_str_digits") else 0, sys.stdout.encoding, sys.stdout.errors,
    sys.stdout.line_buffering, sys.dont_write_bytecode, sys.getdlopenflags(), sys.get_asyncgen_hooks(),
    gc.get_threshold(), gc.isenabled(), len(gc.callbacks), len(gc.garbage), gc.get_debug(), [f[0] for f in warnings.filters], handlers,
    signal.pthread_sigmask(signal.SIG_BLOCK, []), signal.getitimer(signal.ITIMER_REAL), signal.alarm(0), threading.active_count(),
    threading.stack_size(), locale.setlocale(locale.LC_ALL), locale.localeconv()["decimal_point"], sorted(os.environ.items()), os.listdir("."),
    len(os.path.basename(os.getcwd())), os.umask(0o022), descriptors, [resource.getrlimit(n) for n in (0, 1, 3, 4, 7, 9)],
    len(copyreg.dispatch_table), atexit._ncallbacks(), socket.getdefaulttimeout(), logging.getLogger().level, len(logging.getLogger().handlers),
    logging.raiseExceptions, issubclass(int, Base), len(linecache.cache), pickle.DEFAULT_PROTOCOL, io.DEFAULT_BUFFER_SIZE,
    same(lambda: codecs.lookup("utf-8").name, lambda: "\udc80".encode("utf-8", "replace"), lambda: types.SimpleNamespace(a=1)),
    os.getpriority(os.PRIO_PROCESS, 0),
]
try:
    codecs.lookup("caco_codec")
    rows.append("a codec")
except LookupError:
    pass
try:
    codecs.lookup_error("caco_handler")
    rows.append("a handler")
except LookupError:
    pass
for row in rows:
    print(row)
output = rows
