"""What a student has written for a step, beside the finished code, and what such code is asked about a failure."""

import ast
import difflib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

BLOCKING = r"bcrypt\.(hashpw|checkpw)|(time\.)?sleep|requests\.\w+|(urllib\.request\.)?urlopen|subprocess\.\w+"
SQL_ERROR = "(Programming|Integrity|Operational|Data|DBAPI|InvalidRequest|StaleData)Error"
SQL = r"(?i)\b(SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES|CREATE|ALTER|DROP|TRUNCATE|GRANT|NOTIFY)\b"
OTHER_SUCCESS = r"status_code` was 2\d\d, not 2\d\d"  # it is about the status, and not about what was kept
QUERY_METHODS = ("with_for_update", "where", "order_by", "limit", "offset")
MANY = 3  # of requests at once, or of calls: two may be so by accident
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


@dataclass(frozen=True)
class Place:
    """A line of a file, and the function that it stands in."""

    file: Path
    line: int
    name: str = ""


@dataclass(frozen=True)
class Written:
    """One definition of a step: the student's, and the finished one."""

    file: Path
    node: ast.AST
    finished: ast.AST

    def at(self, node: ast.AST) -> Place:
        return Place(self.file, getattr(node, "lineno", 1), getattr(self.node, "name", ""))

    @property
    def is_other_kind(self) -> bool:
        """Is it a coroutine, a function or a generator, where the finished one is another of these?"""
        return _kind(self.node) != _kind(self.finished)


@dataclass(frozen=True)
class Failure:
    """A test that failed, and the code that it concerns."""

    text: str  # the exception, or else what happened
    place: Place | None  # the last line of the student's that the exception went through
    written: Sequence[Written]  # what has run, where that is known
    line: str = ""  # the text of that line
    asked: str = ""  # the text of the test's last line
    test: str = ""  # the text of the whole test
    source: str = ""  # of that file
    finished: str = ""  # of the same file
    values: Sequence[str] = ()  # expected and seen
    raised_in: Sequence[str] = ()  # the functions of one's own that the exception went through, the last one last
    is_ours: bool = False  # was it raised in such a function itself, and not in a library?
    facts: dict[str, Any] = field(default_factory=dict)

    def has_run(self, written: Written, node: ast.AST) -> bool:
        """Has a line of this node run in the test?"""
        return ran(self.facts, written.file, node)


@dataclass(frozen=True)
class Found:
    """Where a mistake is, and the words for its sentence."""

    place: Place | None = None
    words: dict[str, str] = field(default_factory=dict)


Finder = Callable[[Failure], Found | None]


def ran(facts: dict[str, Any], file: Path, node: ast.AST) -> bool:
    """Has a line of this node run: of its body, if it has one? So it is taken, too, if nothing is known."""
    body = getattr(node, "body", None)
    first: Any = body[0] if isinstance(body, list) and body else node
    lines = lines_run(facts, file)
    return lines is None or any(first.lineno <= line <= getattr(node, "end_lineno", 0) for line in lines)


def lines_run(facts: dict[str, Any], file: Path) -> Sequence[int] | None:
    """The lines of a file that have run in the test, the first one first; None if nothing is known."""
    if "ran" not in facts:
        return None
    return next((lines for name, lines in facts["ran"].items() if file.as_posix().endswith(f"/{name}")), [])


def _kind(node: ast.AST) -> tuple[type[ast.AST], bool]:
    return type(node), any(nodes(node, ast.Yield, ast.YieldFrom, nested=False))


def never_awaited(failure: Failure) -> Found | None:
    """A coroutine that was made and thrown away, or kept and never awaited."""
    for each in failure.facts.get("unawaited", ()):
        called = _call_of(each["code"], each["call"])
        return Found(Place(Path(each["file"]), each["line"], each["name"]), {"call": called})
    return None


def _call_of(line: str, name: str) -> str:
    """The call of that name in a line, with its receiver: `session.commit()`."""
    match = re.search(rf"[\w.]*\b{re.escape(name)}\(", line)
    return f"{match[0]})" if match else f"{name}()"


def requests_at_once(failure: Failure) -> Found | None:
    """How requests that came at the same time were answered, if the student looks first and inserts then."""
    race: dict[str, int] = failure.facts.get("race", {})
    if sum(race.values()) < MANY:
        return None
    counts = [f"{count} {'was' if count == 1 else 'were'} {status}" for status, count in race.items()]
    words = {"number": str(sum(race.values())), "counts": _and(counts)}
    for written in failure.written if len(race) > 1 else ():
        added = [call for call in calls(written.node) if called(call).endswith((".add", ".add_all"))]
        looks = ("select", "session.get", "session.scalar", "session.scalars", "session.execute")
        looked = [call for call in calls(written.node) if called(call) in looks]
        if isinstance(written.node, FUNCTIONS) and added and looked and looked[0].lineno < added[0].lineno:
            words["why"] = (
                " Between your look and your insert another request inserts the same (a race condition, "
                "check-then-act): insert without a look, and let the unique constraint decide."
            )
            return Found(written.at(looked[0]), words)
    crash = failure.facts.get("crash")
    words["why"] = ""
    if crash and re.match("StaleDataError|ObjectDeletedError|SAWarning: DELETE", crash["error"]):
        words["why"] = (
            " A row was read, and gone before it was written (a race condition): lock the row as you read it "
            "(`with_for_update`), so that the other request waits."
        )
    elif crash:
        words["why"] = f" What was raised there, and nothing turned into an answer: {crash['error']}."
    where = crash and crash["place"]
    return Found(Place(Path(where["file"]), where["line"], where["name"]) if where else None, words)


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def import_of_name(failure: Failure) -> Found | None:
    """How the finished file gets the name that is not defined, or the nearest name of the student's file."""
    match = re.search(r"name '(\w+)' is not defined", failure.text)
    if not match:
        return None
    name = match[1]
    for node in ast.walk(parsed(failure.finished)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    line = ast.unparse(type(node)(**{**vars(node), "names": [alias]}))
                    return Found(None, {"what": f"It is imported in the finished file: `{line}`."})
    names = {node.id for node in ast.walk(parsed(failure.source)) if isinstance(node, ast.Name)}
    names |= {node.arg for node in ast.walk(parsed(failure.source)) if isinstance(node, ast.arg)}
    names |= {node.name for node in ast.walk(parsed(failure.source)) if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
    near = difflib.get_close_matches(name, names - {name}, n=1)
    what = f"Did you mean `{near[0]}`?" if near else "Import it, assign it first, or check how it is spelt."
    return Found(None, {"what": what})


def parsed(source: str) -> ast.Module:
    """A file's tree; an empty one, if Python can't read it."""
    try:
        return ast.parse(source.removeprefix("\ufeff"))
    except (SyntaxError, ValueError):
        return ast.Module([], [])


def nodes(node: ast.AST, *kinds: type[ast.AST], nested: bool = True) -> Iterator[Any]:
    """The nodes of some kinds in a definition, in their order; without those of functions inside it if not `nested`."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, kinds):
            yield child
        if nested or not isinstance(child, (*FUNCTIONS, ast.Lambda)):
            yield from nodes(child, *kinds, nested=nested)


def calls(node: ast.AST, *, nested: bool = True) -> list[ast.Call]:
    return list(nodes(node, ast.Call, nested=nested))


def called(call: ast.Call) -> str:
    """What is called, as it is written: `session.commit`."""
    return ast.unparse(call.func)


def methods(node: ast.AST) -> set[str]:
    """The names of the methods that a definition's body calls."""
    inside = [call for statement in getattr(node, "body", ()) for call in calls(ast.Module([statement], []))]
    return {call.func.attr for call in inside if isinstance(call.func, ast.Attribute)}


def forgotten(method: str) -> Finder:
    """A finder of a method that the finished definition calls and the student's does not.

    A row may also be written by a statement; and where the database refuses something, or the app breaks off, what
    is missing may well be there, behind that.
    """

    def find(failure: Failure) -> Found | None:
        if re.match(SQL_ERROR, failure.text) or re.search(OTHER_SUCCESS, failure.text):
            return None
        for written in failure.written:
            if isinstance(written.node, ast.Module) or method not in methods(written.finished):
                continue
            if method == "commit" and not _writes(written.finished):
                continue  # it gives the connection back, and there is nothing to be kept
            mine = [written.node, *_helpers(written)]
            if any(methods(each) & {method, "begin", "merge", "add_all"} for each in mine):
                continue
            if method in ("add", "delete") and any(_by_statement(each, method) for each in mine):
                continue
            about = [call for call in calls(written.node) if called(call).startswith("session.")]
            models = [call for call in calls(written.node) if called(call)[:1].isupper()]
            marks: list[ast.AST] = [*models, *about] if method == "add" else [*reversed(about)]
            return Found(written.at((marks or [written.node])[0]))
        return None

    return find


def commit_for_flush(failure: Failure) -> Found | None:
    """A commit where the finished definition flushes, and leaves the commit to its caller."""
    for written in failure.written:
        for call in calls(written.node):
            leaves_it = "flush" in methods(written.finished) and "commit" not in methods(written.finished)
            if leaves_it and called(call) == "session.commit" and failure.has_run(written, call):
                return Found(written.at(call), {"call": "session.commit()"})
    return None


def _writes(node: ast.AST) -> bool:
    """Does the code write, change or delete rows?"""
    by_session = bool(methods(node) & {"add", "add_all", "delete", "merge"}) or "setattr" in map(called, calls(node))
    return by_session or _by_statement(node, "add") or _by_statement(node, "delete") or _by_statement(node, "change")


def _helpers(written: Written) -> list[ast.AST]:
    """The functions of the same file that a definition calls."""
    names = {called(call) for call in calls(written.node)}
    return [each for each in nodes(_tree_of(written.file), *FUNCTIONS) if each.name in names]


def _tree_of(file: Path) -> ast.Module:
    return parsed(file.read_text(encoding="utf-8", errors="replace") if file.is_file() else "")


def _by_statement(node: ast.AST, method: str) -> bool:
    """Does the code write or delete rows by a statement, SQLAlchemy's or PostgreSQL's own?"""
    name = {"add": "insert", "change": "update", "delete": "delete"}[method]
    body = ast.Module(getattr(node, "body", []), [])
    texts = [each.value for each in nodes(body, ast.Constant) if isinstance(each.value, str)]
    made = [called(call) for call in calls(body) if not called(call).startswith("session.")]
    return any(each.endswith(name) for each in made) or any(
        text.lstrip().upper().startswith(f"{name.upper()} ") for text in texts
    )


def connection_without_commit(failure: Failure) -> Found | None:
    """A connection or a session that writes, and neither commits nor was opened by `begin`."""
    if re.search(OTHER_SUCCESS, failure.text):
        return None
    for written in failure.written:
        tree = _tree_of(written.file)
        for function in [written.node] if isinstance(written.node, FUNCTIONS) else nodes(written.node, *FUNCTIONS):
            if methods(function) & {"commit", "begin"} or not failure.has_run(written, function):
                continue
            for item in nodes(function, ast.withitem):
                opened, name = item.context_expr, ast.unparse(item.optional_vars) if item.optional_vars else ""
                if isinstance(opened, ast.Call) and _is_transaction(opened, tree) and _keeps(function, name):
                    place = Place(written.file, opened.lineno, function.name)
                    return Found(place, {"call": ast.unparse(opened), "name": name})
    return None


def _keeps(function: ast.AST, name: str) -> bool:
    """Is something written with this connection or session?"""
    texts = [each.value for each in nodes(function, ast.Constant) if isinstance(each.value, str)]
    made = {called(call) for call in calls(function)}
    by_name = {f"{name}.{method}" for method in ("add", "add_all", "delete", "merge")}
    in_sql = any(re.match(r"\s*(INSERT|UPDATE|DELETE)\s", text, re.IGNORECASE) for text in texts)
    return in_sql or bool(made & (by_name | {"insert", "update", "delete"}))


def _is_transaction(call: ast.Call, tree: ast.Module) -> bool:
    """Does this open a connection of SQLAlchemy's, or a session: one that rolls back at its end?"""
    makers = {"create_async_engine": ".connect", "async_sessionmaker": "", "sessionmaker": ""}
    made = [each for each in nodes(tree, ast.Assign) if isinstance(each.value, ast.Call)]
    known = {ast.unparse(each.targets[0]) + makers[called(each.value)] for each in made if called(each.value) in makers}
    return called(call) in known or called(call).endswith(("engine.connect", "AsyncSession", "sessionmaker"))


def blocking_call(failure: Failure) -> Found | None:
    """A call that holds up the event loop, in a coroutine itself."""
    for written in failure.written:
        finished = {called(call) for call in calls(written.finished, nested=False)}
        if isinstance(written.node, ast.AsyncFunctionDef):
            for call in calls(written.node, nested=False):
                blocks = re.match(rf"({BLOCKING})$", called(call)) and called(call) not in finished
                if blocks and failure.has_run(written, call):
                    return Found(written.at(call), {"call": f"{called(call)}()"})
    return None


def printed_to_stdout(failure: Failure) -> Found | None:
    """A `print` that has run, where the finished definition writes to stderr and the student's knows nothing of it."""
    for written in failure.written:
        if "stderr" in ast.unparse(written.finished) and "stderr" not in ast.unparse(written.node):
            for call in calls(written.node):
                if called(call) == "print" and failure.has_run(written, call):
                    return Found(written.at(call))
    return None


def thread_without_limit(failure: Failure) -> Found | None:
    """Work given to a thread without the limit that the finished definition names."""
    for written in failure.written:
        limits = [word.value for call in calls(written.finished) for word in call.keywords if word.arg == "limiter"]
        if limits and not re.search("limiter|semaphore", ast.unparse(written.node), re.IGNORECASE):
            for call in calls(written.node):
                if called(call).endswith(("run_sync", "to_thread")) and failure.has_run(written, call):
                    return Found(written.at(call), {"call": called(call), "limiter": ast.unparse(limits[0])})
    return None


def yield_missing(failure: Failure) -> Found | None:
    """A `return` that has run, where the finished definition is a generator."""
    for written in failure.written:
        if _kind(written.finished)[1] and not _kind(written.node)[1]:
            for each in nodes(written.node, ast.Return, nested=False):
                if failure.has_run(written, each):
                    return Found(written.at(each), {"name": _name(written)})
    return None


def not_in_finally(failure: Failure) -> Found | None:
    """What stands behind a generator's `yield`, in no block that guards it, and was not reached: no exception tells."""
    if re.match(r"\w*(Error|Exception)\b", failure.text):
        return None
    for written in failure.written:
        body = written.node.body if isinstance(written.node, FUNCTIONS) else []
        for statement, following in pairwise(body):
            gives = isinstance(statement, ast.Expr | ast.Assign) and any(nodes(statement, ast.Yield, nested=False))
            if gives and failure.has_run(written, statement) and not failure.has_run(written, following):
                return Found(written.at(following))
    return None


def local_time(failure: Failure) -> Found | None:
    """The time without a zone, where the finished definition takes it with one."""
    for written in failure.written:
        for call in calls(written.node):
            is_local = re.search(r"\bdatetime\.(now|today)\(\)$", ast.unparse(call))
            if is_local and failure.has_run(written, call):
                return Found(written.at(call), {"call": is_local[0]})
    return None


def none_attribute(failure: Failure) -> Found | None:
    """The attribute in the student's line, itself read from another, that turned out to be None."""
    match = re.search(r"has no attribute '(\w+)'", failure.text)
    owner = match and re.search(rf"[A-Za-z_]\w*(?:\.\w+)+(?=\.{match[1]}\b)", failure.line)
    return Found(None, {"owner": owner[0]}) if owner and failure.is_ours else None


def prints_instead(failure: Failure) -> Found | None:
    for written, _ in _without_return(failure):
        printed = [call for call in calls(written.node) if called(call) == "print"]
        if printed:
            return Found(written.at(printed[-1]), {"name": _name(written)})
    return None


def without_return(failure: Failure) -> Found | None:
    for written, last in _without_return(failure):
        return Found(written.at(last), {"name": _name(written)})
    return None


def _name(written: Written) -> str:
    return getattr(written.node, "name", "it")


def _without_return(failure: Failure) -> Iterator[tuple[Written, ast.AST]]:
    """The functions that come to their end without a `return`, where the finished ones return something."""
    for written in failure.written:
        pairs = [(written.node, written.finished)]
        if isinstance(written.node, ast.ClassDef):
            other = {each.name: each for each in nodes(written.finished, *FUNCTIONS)}
            pairs = [(each, other[each.name]) for each in nodes(written.node, *FUNCTIONS) if each.name in other]
        for mine, finished in pairs:
            if not isinstance(mine, FUNCTIONS) or not isinstance(finished, FUNCTIONS):
                continue
            gives = any(each.value is not None for each in nodes(finished, ast.Return, nested=False))
            fell = _fell_off(mine.body, _ends_it(written.file), partial(ran, failure.facts, written.file))
            if gives and fell:
                yield Written(written.file, mine, finished), fell


def _ends_it(file: Path) -> set[str]:
    """What never returns: `sys.exit`, and the functions of a file that say so (`-> NoReturn`)."""
    found = {"sys.exit", "exit", "quit", "os._exit"}
    for each in nodes(_tree_of(file), *FUNCTIONS):
        if each.returns and ast.unparse(each.returns).rpartition(".")[2] in ("NoReturn", "Never"):
            found.add(each.name)
    return found


def _fell_off(body: Sequence[ast.stmt], ends: set[str], has_run: Callable[[ast.AST], bool]) -> ast.stmt | None:
    """The last of these statements that ran, if their end was reached. `while True` and the like end in no such way."""

    def last_of(inner: Sequence[ast.stmt]) -> ast.stmt | None:
        return _fell_off(inner, ends, has_run) if inner else None

    last = body[-1]
    match last:
        case ast.Return() | ast.Raise() | ast.While() | ast.Match() | ast.Continue() | ast.Break():
            return None
        case ast.Expr(ast.Call() as call) if called(call) in ends:
            return None
        case ast.If(test=test, body=then, orelse=otherwise):
            skipped = not otherwise and has_run(test) and not any(map(has_run, then))
            return last if skipped else last_of(then) or last_of(otherwise)
        case ast.For() | ast.AsyncFor():
            return None if any(map(has_run, nodes(last, ast.Return))) else last if has_run(last.iter) else None
        case ast.With(body=inner) | ast.AsyncWith(body=inner):
            return last_of(inner)
        case ast.Try(body=inner, handlers=handlers, orelse=otherwise, finalbody=final):
            if final and not last_of(final):
                return None
            caught = (last_of(handler.body) for handler in handlers)
            return last_of(otherwise or inner) or next(filter(None, caught), None)
    return last if has_run(last) else None


def other_limit(failure: Failure) -> Found | None:
    """A comparison that differs from the finished one in whether the limit itself belongs to it."""
    for written in failure.written:
        finished = {_limit(each): each for each in nodes(written.finished, ast.Compare) if _limit(each)}
        for each in nodes(written.node, ast.Compare):
            right = finished.get(_limit(each))
            other = right is not None and type(right.ops[0]) is not type(each.ops[0])
            if _limit(each) and other and failure.has_run(written, each):
                return Found(written.at(each), {"mine": ast.unparse(each)})
    return None


def _limit(node: ast.Compare) -> str:
    if len(node.ops) != 1 or not isinstance(node.ops[0], COMPARISONS):
        return ""
    upwards = isinstance(node.ops[0], (ast.Gt, ast.GtE))
    return f"{ast.unparse(node.left)} {upwards} {ast.unparse(node.comparators[0])}"


def words_between_conditions(failure: Failure) -> Found | None:
    """Python's `and`, `or` or `not` in what a query is given."""
    for written in failure.written:
        for call in calls(written.node):
            if called(call).endswith((".where", ".filter", ".having")):
                for each in nodes(ast.Tuple(call.args), ast.BoolOp, ast.UnaryOp):
                    if isinstance(each, ast.BoolOp) or isinstance(each.op, ast.Not):
                        return Found(written.at(each))
    return None


def decode_missing(failure: Failure) -> Found | None:
    """The last `return` of who should have made a text of bytes; or nowhere in particular."""
    attribute = re.search(r"'bytes' object has no attribute '(\w+)'", failure.text)
    if attribute and not hasattr(str, attribute[1]):
        return None  # a text has none of this name either
    for written in failure.written:
        missing = {"decode", "encode"} & (methods(written.finished) - methods(written.node))
        if missing and (returned := list(nodes(written.node, ast.Return))):
            return Found(written.at(returned[-1]))
    return Found(None)


def column_compared_by_is(failure: Failure) -> Found | None:
    for written in failure.written:
        for each in nodes(written.node, ast.Compare):
            column = isinstance(each.left, ast.Attribute) and ast.unparse(each.left)[:1].isupper()
            if column and isinstance(each.ops[0], (ast.Is, ast.IsNot)):
                return Found(written.at(each), {"mine": ast.unparse(each)})
    return None


def plain_def(failure: Failure) -> Found | None:
    return next(_other_kind(failure, ast.FunctionDef, ast.AsyncFunctionDef), None)


def coroutine_def(failure: Failure) -> Found | None:
    """A coroutine in the place of a function, whose callers did not await it: it was made, and never ran."""
    made = failure.facts.get("never_run", ())
    return next(
        (each for each in _other_kind(failure, ast.AsyncFunctionDef, ast.FunctionDef) if each.words["name"] in made),
        None,
    )


def _other_kind(failure: Failure, mine: type[ast.AST], finished: type[ast.AST]) -> Iterator[Found]:
    for written in failure.written:
        if isinstance(written.node, mine) and isinstance(written.finished, finished):
            yield Found(written.at(written.node), {"name": _name(written)})


def expires(failure: Failure) -> Found | None:
    """Sessions that forget at each commit what they have read, where those of the finished code keep it."""
    for written in failure.written:
        mine, finished = map(ast.unparse, (written.node, written.finished))
        if "expire_on_commit" in finished and "expire_on_commit" not in mine:
            for call in calls(written.node):
                if called(call).endswith(("sessionmaker", "Session")) and failure.has_run(written, call):
                    return Found(written.at(call), {"call": called(call)})
    return None


def without_a_lock(failure: Failure) -> Found | None:
    """A function that reads a row and writes it, and locks it nowhere, where the finished one does."""
    for written in failure.written:
        if isinstance(written.node, FUNCTIONS) and "with_for_update" in methods(written.finished):
            mine = [written.node, *_helpers(written)]
            if not any("with_for_update" in ast.unparse(each) for each in mine) and failure.has_run(
                written, written.node
            ):
                return Found(written.at(written.node))
    return None


def added_before(failure: Failure) -> Found | None:
    """A row that is added to the session above the block that the finished code adds it in."""
    for written in failure.written:
        adding = [each for each in nodes(written.finished, ast.AsyncWith) if "add" in methods(each)]
        wanted = set[str]().union(*map(_opened, adding))
        adds = [call for call in calls(written.node) if called(call).endswith(".add")]
        for each in nodes(written.node, ast.AsyncWith):
            above = [call for call in adds if call.lineno < each.lineno and failure.has_run(written, call)]
            if above and "add" not in methods(each) and (block := _opened(each) & wanted):
                return Found(written.at(above[-1]), {"call": ast.unparse(above[-1]), "block": f"{min(block)}(...)"})
    return None


def _opened(block: ast.AsyncWith) -> set[str]:
    """What a block opens, by the names of what is called."""
    return {called(each.context_expr) for each in block.items if isinstance(each.context_expr, ast.Call)}


def prefix_twice(failure: Failure) -> Found | None:
    """A constraint's name whose prefix was added to one that had it already."""
    match = re.search(r"\b((?:ck|fk|ix|pk|uq)_\w+?_)\1\w+", " ".join([failure.text, *failure.values]))
    if match is None:
        return None
    name = match[0].removeprefix(match[1])
    for written in failure.written:
        for call in calls(written.node):
            for word in [*call.args, *(each.value for each in call.keywords)]:
                if isinstance(word, ast.Constant) and word.value == name:
                    return Found(written.at(word), {"name": repr(name), "prefix": match[1]})
    return None


def second_yield(failure: Failure) -> Found | None:
    for written in failure.written:
        mine = list(nodes(written.node, ast.Yield, nested=False))
        if len(mine) > len(list(nodes(written.finished, ast.Yield, nested=False))):
            return Found(written.at(mine[-1]), {"name": _name(written)})
    return None


def lifespan_not_given(failure: Failure) -> Found | None:
    """A `FastAPI(...)` without the lifespan that its file defines and the finished one is given."""
    for written in failure.written:
        tree, finished = _tree_of(written.file), parsed(failure.finished)
        given = [word.arg for call in calls(finished) for word in call.keywords if word.arg == "lifespan"]
        for call in calls(tree):
            names = {word.arg for word in call.keywords}
            managers = [
                each.name for each in nodes(tree, ast.AsyncFunctionDef) if "contextmanager" in _decorators(each)
            ]
            if called(call) == "FastAPI" and given and managers and not names & {"lifespan", "on_startup"}:
                return Found(Place(written.file, call.lineno), {"name": managers[0], "name_is": "lifespan"})
    return None


def _decorators(node: ast.AsyncFunctionDef) -> str:
    return " ".join(map(ast.unparse, node.decorator_list))


def value_in_sql(failure: Failure) -> Found | None:
    """A text of SQL that is put together with values, and has run."""
    for written in failure.written:
        for call in calls(written.node):
            for text in call.args[:1] if re.search(r"(^|\.)(text|execute)$", called(call)) else ():
                made = isinstance(text, ast.JoinedStr | ast.BinOp) or (
                    isinstance(text, ast.Call) and called(text).endswith(".format")
                )
                is_sql = any(re.search(SQL, str(each.value)) for each in nodes(text, ast.Constant))
                if made and is_sql and any(nodes(text, ast.Attribute, ast.Name)) and failure.has_run(written, call):
                    return Found(written.at(text))
    return None


def connection_held(failure: Failure) -> Found | None:
    """A call of bcrypt's with a session's statement before it, and nothing that gives the connection back between."""
    for written in failure.written:
        held = False
        for call in sorted(calls(written.node), key=lambda each: (each.lineno, each.col_offset)):
            if called(call).startswith("session."):
                held = called(call) not in ("session.commit", "session.rollback", "session.close", "session.add")
            elif held and re.search("hash|verify|checkpw", called(call)) and failure.has_run(written, call):
                return Found(written.at(call), {"call": f"{called(call)}()"})
    return None


def loop_until_disconnected(failure: Failure) -> Found | None:
    """A loop that reads from a client, and nothing around it for its end."""
    for written in failure.written:
        ends = [re.search("WebSocketDisconnect|GONE", ast.unparse(each)) for each in (written.node, written.finished)]
        for loop in nodes(written.node, ast.While, ast.AsyncFor):
            if isinstance(written.node, FUNCTIONS) and ends[1] and not ends[0] and failure.has_run(written, loop):
                return Found(written.at(loop))
    return None


def connects_behind_a_lock(failure: Failure) -> Found | None:
    """A call that connects, where the finished definition does so behind a lock."""
    for written in failure.written:
        if "lock:" in ast.unparse(written.finished):
            for call in calls(written.node):
                if re.search(r"(^|\.)connect$", called(call)) and failure.has_run(written, call):
                    return Found(written.at(call))
    return None


def column_renamed(failure: Failure) -> Found | None:
    """A column that is given the name of a key."""
    for call in calls(parsed(failure.source)):
        for word in call.keywords:
            is_key = any(called(each).endswith("ForeignKey") for each in calls(call))
            if called(call).endswith("mapped_column") and word.arg == "name" and is_key and failure.place:
                return Found(Place(failure.place.file, call.lineno, failure.place.name))
    return None


def query_thrown_away(failure: Failure) -> Found | None:
    """A statement that is no more than a query's method, whose result nobody keeps."""
    for written in failure.written:
        for each in nodes(written.node, ast.Expr):
            match each.value:
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in QUERY_METHODS:
                    if failure.has_run(written, each):
                        return Found(written.at(each), {"call": ast.unparse(each), "name": name})
    return None


def rolled_back(failure: Failure) -> Found | None:
    """A rollback above the line that the exception came out of."""
    for written in failure.written:
        for call in calls(written.node):
            before = failure.place and failure.place.file == written.file and call.lineno < failure.place.line
            if called(call) == "session.rollback" and before and failure.has_run(written, call):
                return Found(written.at(call))
    return None


def secret_not_taken_out(failure: Failure) -> Found | None:
    """A secret that is used as a text, where the finished definition asks it for its text."""
    for written in failure.written:
        taken = [each.func for each in calls(written.finished) if called(each).endswith(".get_secret_value")]
        secrets = {ast.unparse(each.value) for each in taken if isinstance(each, ast.Attribute)}
        for call in calls(written.node):
            for given in [*call.args, *(word.value for word in call.keywords)]:
                if ast.unparse(given) in secrets and failure.has_run(written, call):
                    return Found(written.at(given), {"secret": ast.unparse(given)})
            owner, _, method = called(call).rpartition(".")
            if owner in secrets and method != "get_secret_value" and failure.has_run(written, call):
                return Found(written.at(call), {"secret": owner})
    return None


def dictionary_for_response(failure: Failure) -> Found | None:
    """A `return` of what is no response, where the head promises one."""
    for written in failure.written:
        promised = getattr(written.finished, "returns", None)
        if promised is not None and ast.unparse(promised).endswith("Response"):
            for each in nodes(written.node, ast.Return, nested=False):
                if not isinstance(each.value, ast.Call) and failure.has_run(written, each):
                    return Found(written.at(each), {"name": _name(written)})
    return None


def password_hidden(failure: Failure) -> Found | None:
    """A URL as a text, made so that its password is not shown."""
    for written in failure.written:
        for call in calls(written.node):
            hides = called(call) in ("str", "repr") or called(call).endswith((".render_as_string", ".__str__"))
            shows = any(word.arg == "hide_password" for word in call.keywords)
            if hides and not shows and failure.has_run(written, call):
                return Found(written.at(call), {"call": ast.unparse(call)})
    return None


def limit_left_out(failure: Failure) -> Found | None:
    """`gt` or `lt` where the finished definition has `ge` or `le`."""
    for written in failure.written:
        finished = {word.arg for call in calls(written.finished) for word in call.keywords}
        for call in calls(written.node):
            for word in call.keywords:
                right = {"gt": "ge", "lt": "le"}.get(word.arg or "")
                if right and right in finished and word.arg not in finished:
                    return Found(written.at(call), {"mine": str(word.arg), "right": right})
    return None


def line_has(text: str) -> Finder:
    """A finder of a text in the line that was last on."""

    def find(failure: Failure) -> Found | None:
        return Found(None) if text in failure.line else None

    return find


def raised_in_the_app(failure: Failure) -> Found | None:
    """It was raised by a line of the student's itself."""
    return Found(None) if failure.place and failure.is_ours else None


def calls_itself(failure: Failure) -> Found | None:
    """The exception went through one and the same function of the student's many times."""
    again = [name for name in failure.raised_in if failure.raised_in.count(name) >= MANY]
    return Found(None) if again else None


def header_missing(failure: Failure) -> Found | None:
    """The test reads a header of an answer that has none of this name."""
    return Found(None) if ".headers[" in failure.asked and not failure.is_ours else None


def in_the_app(failure: Failure) -> Found | None:
    return Found(None) if failure.place else None


def same_looks(failure: Failure) -> Found | None:
    """Two texts that an eye can't tell apart."""
    match _both(failure):
        case str() as expected, str() as seen if expected != seen:
            same = unicodedata.normalize("NFKC", expected) == unicodedata.normalize("NFKC", seen)
            return Found(None) if same else None
    return None


def folded_last(failure: Failure) -> Found | None:
    """Texts that look the same, where they are normalised before their case is folded."""
    if same_looks(failure) is None:
        return None
    for written in failure.written:
        folds = [call for call in calls(written.node) if re.search(r"\.(casefold|lower|upper)$", called(call))]
        normal = [call for call in calls(written.node) if called(call).rpartition(".")[2] == "normalize"]
        if folds and normal and not any(fold in list(nodes(each, ast.Call)) for each in normal for fold in folds):
            last = max(folds, key=_end)
            if _end(last) > max(map(_end, normal)):
                return Found(written.at(last), {"fold": called(last).rpartition(".")[2]})
    return None


def _end(node: ast.expr) -> tuple[int, int]:
    return node.end_lineno or 0, node.end_col_offset or 0


def not_normalised(failure: Failure) -> Found | None:
    """Texts that look the same, and that nothing of the student's normalises."""
    normalises = any("normalize" in ast.unparse(written.node) for written in failure.written)
    return None if normalises else same_looks(failure)


def letters_stripped(failure: Failure) -> Found | None:
    """A text that `strip` has cut, letter by letter, where the finished definition takes off a text."""
    match _both(failure):
        case str() as expected, str() as seen if seen != expected and seen in expected:
            for written in failure.written:
                for call in calls(written.node):
                    match call:
                        case ast.Call(
                            func=ast.Attribute(attr="strip" | "lstrip" | "rstrip" as name),
                            args=[ast.Constant(value=str(text))],
                        ) if len(text) > 1 and getattr(expected, name)(text) == seen:
                            return Found(written.at(call), {"call": f"{name}({text!r})"})
    return None


def _both(failure: Failure) -> tuple[object, object] | None:
    """What was expected and what was seen, if both are plain values."""
    try:
        expected, seen = (ast.literal_eval(value) for value in failure.values)
    except (ValueError, SyntaxError, TypeError):
        return None
    return expected, seen


def other_type(failure: Failure) -> Found | None:
    """A value that is right but for its type: 7 and "7"."""
    match _both(failure):
        case expected, seen if type(expected) is not type(seen) and None not in (expected, seen):
            return Found(None, {"expected": type(expected).__name__, "seen": type(seen).__name__})
    return None


def saw_none(failure: Failure) -> Found | None:
    """The test's last line calls one of the step's functions, and saw None, which no `return` of its gives by name."""
    if list(failure.values)[1:] == ["None"]:
        for written in failure.written:
            returns = [each for each in nodes(written.node, ast.Return) if failure.has_run(written, each)]
            by_name = any(each.value is None for one in returns for each in nodes(one, ast.Constant))
            if isinstance(written.node, FUNCTIONS) and f"{written.node.name}(" in failure.asked and not by_name:
                return Found(None, {"name": written.node.name})
    return None


def not_called(failure: Failure) -> Found | None:
    """What the last line's `with` was to open, and is only a function or a class by its name."""
    opened = re.search(r"\bwith ([\w.]+)(?= as |:|,)", failure.line)
    return Found(failure.place, {"what": opened[1]}) if opened and failure.is_ours else None


def called_not_passed(failure: Failure) -> Found | None:
    """A call in the place of a function that was to be passed, and its arguments with it."""
    for written in failure.written:
        for call in calls(written.node):
            first = call.args[0] if call.args else None
            takes_one = called(call).endswith(("run_sync", "to_thread", "run_in_threadpool"))
            here = failure.place and call.lineno <= failure.place.line <= (call.end_lineno or call.lineno)
            if takes_one and here and isinstance(first, ast.Call):
                words = {"inner": called(first), "outer": called(call)}
                return Found(written.at(first), words)
    return None


def other_class(failure: Failure) -> Found | None:
    """A function of the step that gives back something else than its head promises, and the test stumbles over it."""
    match = re.search(r"'(\w+)' object has no attribute '(\w+)'", failure.text)
    if not match or failure.place or match[1] in ("NoneType", "coroutine", "function"):
        return None
    for written in failure.written:
        node, finished = written.node, written.finished
        if not isinstance(node, FUNCTIONS) or not isinstance(finished, FUNCTIONS) or not finished.returns:
            continue
        promised = ast.unparse(finished.returns)
        returned = [each for each in nodes(node, ast.Return, nested=False) if failure.has_run(written, each)]
        if f"{node.name}(" in failure.asked and returned and promised not in (match[1], "str", "bytes"):
            return Found(written.at(returned[-1]), {"name": node.name, "seen": match[1], "promised": promised})
    return None


def bytes_spelled(failure: Failure) -> Found | None:
    """`str()` of bytes, where the finished definition decodes them."""
    for written in failure.written:
        if "decode" in methods(written.finished) - methods(written.node):
            for call in calls(written.node):
                alone = len(call.args) == 1 and not call.keywords
                if called(call) == "str" and alone and failure.has_run(written, call):
                    return Found(written.at(call), {"call": ast.unparse(call)})
    return None


def arguments_swapped(failure: Failure) -> Found | None:
    """A call of one of the app's own functions or classes whose two first arguments stand in the other order."""
    if not re.match(r"\w*(Error|Exception)\b", failure.text):
        return None
    for written in failure.written:
        right = {called(call): call.args[:2] for call in calls(written.finished) if len(call.args) > 1}
        for call in calls(written.node):
            first, second = (*call.args, None, None)[:2]
            if first is None or second is None or not failure.has_run(written, call):
                continue
            theirs = right.get(called(call))
            if theirs and is_of_the_app(called(call), written.file) and _are_swapped([first, second], theirs):
                return Found(written.at(call), {"name": called(call)})
    return None


def _are_swapped(mine: Sequence[ast.expr], right: Sequence[ast.expr]) -> bool:
    """The same two the other way round; or a text and something else, where the text has another place."""
    same = [*map(ast.unparse, mine)] == [ast.unparse(each) for each in reversed(right)]
    texts = [[_is_text(each) for each in both] for both in (mine, right)]
    return same or (texts[0] == texts[1][::-1] and texts[0] != texts[1])


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))


def is_of_the_app(name: str, file: Path) -> bool:
    """Is this name imported from a file of the app, or defined beside it?"""
    for each in nodes(_tree_of(file), ast.ImportFrom, *FUNCTIONS, ast.ClassDef):
        if not isinstance(each, ast.ImportFrom):
            if each.name == name:
                return True
        elif name in [alias.asname or alias.name for alias in each.names]:
            path = Path(*(each.module or "").split("."))
            return any((folder / path).with_suffix(".py").is_file() for folder in file.parents[:4])
    return False


def config_missing(failure: Failure) -> Found | None:
    """A settings class without the `model_config` that says where `.env` is, in a test of that file."""
    for written in failure.written:
        if isinstance(written.node, ast.ClassDef) and "'.env'" in failure.test:
            mine, finished = map(ast.unparse, (written.node, written.finished))
            if "env_file" in finished and "env_file" not in mine and "Config" not in mine:
                return Found(written.at(written.node), {"name": written.node.name})
    return None
