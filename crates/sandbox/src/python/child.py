# What happens in the child that runs one program. The order matters: descriptors, limits, layers, then the program.
import gc, random, traceback, types
write, exit_now, dup2 = os.write, os._exit, os.dup2
RESULT = 3
MAX_MESSAGE = 500


def send(nonce, body):
    data = body.encode("utf-8", "backslashreplace")
    data = nonce + struct.pack("<I", len(data)) + data
    while data:
        data = data[write(RESULT, data):]


def contain(fds, job, layers):
    """Enters every layer that `layers` lists; raises where one refuses, so that a claim is never untrue."""
    result, out, err = fds
    dup2(out, 1)
    dup2(err, 2)
    if result != RESULT:
        dup2(result, RESULT)
    if layers["subreaper"]:
        prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        os.setpgid(0, 0)
    ruleset = layers["ruleset"]
    if ruleset >= 0 and sys_call(SYS_LANDLOCK_RESTRICT, ruleset, 0) != 0:
        raise OSError("landlock")
    if not LINUX or sys_call(SYS_CLOSE_RANGE, RESULT + 1, 0xFFFFFFFF, 0) != 0:
        os.closerange(RESULT + 1, 1024)
    limit_resources(job["memory_bytes"], int(job["cpu_seconds"]) + 3)
    if layers["capabilities"] and not drop_capabilities():
        raise OSError("capset")
    if layers["filter"] and not install_filter(layers["filter"], os.getpid()):
        raise OSError("seccomp")


def seed_everything():
    random.seed(0)
    numpy = MODULES.get("numpy")
    if numpy is not None:
        numpy.random.seed(0)
    sympy_random = MODULES.get("sympy.core.random")
    if sympy_random is not None:
        sympy_random.seed(0)


def program_line(error):
    if isinstance(error, SyntaxError) and error.filename == "<program>":
        return error.lineno
    line, tb = None, error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename == "<program>":
            line = tb.tb_lineno
        tb = tb.tb_next
    return line


def message_of(error):
    try:
        if type(error) is SystemExit:
            return "the program called sys.exit(%s)" % ("" if error.code is None else str(error.code)[:100])
        return str(error)[:MAX_MESSAGE]
    except BaseException:
        return "(its message cannot be read)"


def status_of(error):
    if isinstance(error, MemoryError):
        return "memory"
    if isinstance(error, AnswerTooLarge):
        return "output_limit"
    if isinstance(error, OSError) and error.errno in (errno.EPERM, errno.EACCES, errno.EROFS, errno.EFBIG):
        return "denied"
    if isinstance(error, ModuleNotFoundError):
        return "unsupported"
    return "error"


def flush():
    for stream in (sys.stdout, sys.stderr, STDOUT, STDERR):
        try:
            stream.flush()
        except BaseException:
            pass


def failure(error, where=""):
    status, name = status_of(error), str(type(error).__name__)[:200]
    line, message = program_line(error), where + message_of(error)
    if status == "error":  # what the interpreter itself would have printed
        try:
            STDERR.write("".join(traceback.format_exception_only(type(error), error))[-2000:])
        except BaseException:
            pass
    return '"status":%s,"class":%s,"message":%s,"line":%s' % (quote(status), quote(name), quote(message), line if type(line) is int else "null")


def read_global(scope, name, budget, where):
    """(wire form or null, canonical text or null, failure or None) of one global of the program."""
    if name not in scope:
        return "null", "null", None
    try:
        wire = Encoder(budget).value(scope[name])
        text = text_of(scope[name])
        if len(text) > budget:
            raise AnswerTooLarge()
        return wire, quote(text.encode("utf-8", "backslashreplace").decode()), None
    except AnswerTooLarge as error:
        error.args = ("more than %d characters, or too deeply nested" % budget,)
        return "null", "null", failure(error, where)
    except BaseException as error:
        return "null", "null", failure(error, where)


def run_program(job, nonce):
    module = types.ModuleType("__main__")
    MODULES["__main__"] = module
    scope = module.__dict__
    scope["__builtins__"] = builtins
    failed = None
    try:
        exec(compile(job["code"], "<program>", "exec", dont_inherit=True), scope)
    except BaseException as error:
        failed = failure(error)
    budget = job["answer_bytes"]
    given = read_global(scope, "input", budget, "reading `input`: ")
    result = ("null", "null", None) if failed else read_global(scope, "output", budget, "reading `output`: ")
    failed = failed or given[2] or result[2]
    has_output = "output" in scope and not failed
    flush()
    send(nonce, '{%s,"has_input":%s,"input":%s,"has_output":%s,"output":%s,"text":%s}' % (
        failed or '"status":"ok"', "true" if "input" in scope and not given[2] else "false", given[0],
        "true" if has_output else "false", result[0], result[1] if has_output else "null"))


def child(fds, job, layers):
    nonce = job["nonce"].encode()
    try:
        try:
            contain(fds, job, layers)
        except BaseException as error:
            send(nonce, '{"status":"host","message":%s}' % quote(repr(error)[:200]))
            exit_now(1)
        seed_everything()
        gc.enable()
        run_program(job, nonce)
        exit_now(0)
    except BaseException:
        pass
    finally:
        exit_now(98)
