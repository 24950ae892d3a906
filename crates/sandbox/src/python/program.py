# One program: compiled, run, and its result read. Nothing here enters layers or keeps state between programs.
#   via 0 contract: the globals `input` and `output`      via 1 stdout: what it prints; sys.exit(0) is a good end
#   via 2 ans: the global `ans`                           via 3 solution(): what that function returns
#   via 4 cells: texts run one after another, each with the repr of a last expression; an exception ends its cell only, and
#                that of the last cell is the program's
import gc, random, traceback, types
write, read, exit_now, dup2 = os.write, os.read, os._exit, os.dup2
CONTRACT, STDOUT_OF, ANS, SOLUTION, CELLS = range(5)
MAX_MESSAGE = 500
MAX_TRACEBACK = 4000


class NoAnswer(Exception):
    pass


RANDOM_SEED = 0  # where every program's random streams start


def seed_everything():
    random.seed(RANDOM_SEED)
    numpy = MODULES.get("numpy")
    if numpy is not None:
        numpy.random.seed(RANDOM_SEED)
    sympy_random = MODULES.get("sympy.core.random")
    if sympy_random is not None:
        sympy_random.seed(RANDOM_SEED)


def program_line(error):
    if isinstance(error, SyntaxError) and str(error.filename)[:1] == "<":
        return error.lineno
    line, tb = None, error.__traceback__
    while tb is not None:
        if tb.tb_frame.f_code.co_filename[:8] in ("<program", "<cell"):
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
    if isinstance(error, MemoryError) or isinstance(error, OSError) and error.errno == errno.ENOMEM:
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


def last_words(error, stream):
    """What the interpreter itself would have printed, without the frames of this harness."""
    try:
        if type(error) is SystemExit:
            if error.code is not None and type(error.code) is not int:
                stream.write(str(error.code)[:MAX_TRACEBACK] + "\n")
            return
        tb = error.__traceback__
        while tb is not None and tb.tb_frame.f_code.co_filename[:8] not in ("<program", "<cell"):
            tb = tb.tb_next
        lines = traceback.format_exception(type(error), error, tb, limit=20, chain=False)
        stream.write("".join(lines)[-MAX_TRACEBACK:])
    except BaseException:
        pass


def failure(error, where=""):
    """The fields of a result that failed."""
    status, name = status_of(error), str(type(error).__name__)[:200]
    line, message = program_line(error), (where + message_of(error))[:MAX_MESSAGE]
    code = "null"
    if type(error) is SystemExit:
        left = error.code
        code = str(left & 255) if type(left) is int else "0" if left is None else "1"
    return '"status":%s,"class":%s,"message":%s,"line":%s,"exit_code":%s' % (
        quote(status), say(name), say(message), line if type(line) is int and 0 < line < 1 << 31 else "null", code)


def read_value(value, budget, where, with_text=True):
    """(wire form, canonical text, failure or None) of one value of the program."""
    try:
        kind = type(value)
        text = None
        if kind is int:
            text = int.__repr__(value) if -SMALL < value < SMALL else None
        elif kind is float:
            text = float.__repr__(value) if value - value == 0.0 else None
        elif kind is list:
            text = numbers_text(value) if 2 * len(value) < budget else None
        if text is not None and len(text) <= budget:  # the wire form and the canonical text are one
            return text, '"' + text + '"', None
        encoder = Encoder(budget)
        wire = encoder.value(value)
        if not with_text:
            return wire, "null", None
        text = text_of(value, encoder.numpy)
        if len(text) > budget:
            raise AnswerTooLarge()
        return wire, say(text), None
    except AnswerTooLarge as error:
        error.args = ("more than %d characters, or too deeply nested" % budget,)
        return "null", "null", failure(error, where)
    except BaseException as error:
        return "null", "null", failure(error, where)


def run_cells(cells, scope, budget):
    """(texts of the values as a JSON list, failure of the last cell or None)."""
    import ast
    shown, failed = [], None
    for number, text in enumerate(cells):
        value = failed = None
        try:
            name = "<cell %d>" % (number + 1)
            tree = compile(text, name, "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
            exec(compile(tree, name, "exec", dont_inherit=True), scope)
            if last is not None:
                value = eval(compile(ast.Expression(last.value), name, "eval", dont_inherit=True), scope)
            text = "" if value is None else repr(value)
            budget -= len(text)
            if budget < 0:
                raise AnswerTooLarge()
            shown.append(say(text))
        except BaseException as error:
            lift_memory()
            shown.append('""')
            last_words(error, sys.stderr)
            failed = failure(error)
    return "[" + ",".join(shown) + "]", failed


def run_program(source, via, budget, base_limit):
    """Runs one program and returns the fields of its result as JSON text, without the braces."""
    module = types.ModuleType("__main__")
    MODULES["__main__"] = module
    scope = module.__dict__
    scope["__builtins__"] = BUILTINS.copy() if BUILTINS else builtins
    failed, answer, found, cells = None, None, False, None
    try:
        # As deep as a script may recurse: the frames of this harness do not count.
        sys.setrecursionlimit(base_limit)
        if via == CELLS:
            cells, failed = run_cells(json.loads(source), scope, budget)
        else:
            exec(compile(source, "<program>", "exec", dont_inherit=True), scope)
            if via == SOLUTION:
                if "solution" not in scope:
                    raise NoAnswer("the program defines no function `solution`")
                answer, found = scope["solution"](), True
    except BaseException as error:
        lift_memory()
        if not (via == STDOUT_OF and type(error) is SystemExit and (error.code is None or error.code == 0)):
            last_words(error, sys.stderr)
            failed = failure(error)
    sys.setrecursionlimit(base_limit + 200)
    given = ("null", "null", None)
    if via == CONTRACT:
        if "input" in scope:
            given = read_value(scope["input"], budget, "reading `input`: ", False)
        if "output" in scope:
            answer, found = scope["output"], True
    elif via == ANS and not failed:
        if "ans" in scope:
            answer, found = scope["ans"], True
        else:
            failed = failure(NoAnswer("the program sets no `ans`"))
    result = read_value(answer, budget, "reading the answer: " if via != CONTRACT else "reading `output`: ") if found and not failed else ("null", "null", None)
    if answer is None and via in (ANS, SOLUTION):
        result = ("null", "null", None)  # no value, and no text either
    failed = failed or given[2] or result[2]
    has_input = via == CONTRACT and "input" in scope and not given[2]
    fields = '%s,"has_input":%s,"input":%s,"has_output":%s,"output":%s,"text":%s' % (
        failed or '"status":"ok"', "true" if has_input else "false", given[0] if has_input else "null",
        "true" if found and not failed else "false", result[0], result[1] if found and not failed else "null")
    if cells is not None:
        fields += ',"cells":' + cells
    scope.clear()
    return fields
