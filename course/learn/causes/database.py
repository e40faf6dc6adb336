"""Causes of a failure: a session, a transaction or a query."""

import ast
import re

from course.learn.causes.evidence import (
    FUNCTIONS,
    OTHER_SUCCESS,
    Failure,
    Finder,
    Found,
    Place,
    Written,
    called,
    calls,
    methods,
    nodes,
    parsed,
    tree_of,
    without_docstrings,
)

SQL_ERROR = "(Programming|Integrity|Operational|Data|DBAPI|InvalidRequest|StaleData)Error"
SQL = r"(?i)\b(SELECT|INSERT|UPDATE|DELETE|WHERE|VALUES|CREATE|ALTER|DROP|TRUNCATE|GRANT|NOTIFY)\b"
QUERY_METHODS = ("with_for_update", "where", "order_by", "limit", "offset")


def forgotten(method: str) -> Finder:
    """A finder of a method that the finished definition calls and the student's does not.

    A row may also be written by a statement; and where the database refuses something, or the app breaks off, what
    is missing may well be there, behind that.
    """

    def find(failure: Failure) -> Found | None:
        if re.search(f"^{SQL_ERROR}|DID NOT RAISE .*NotFound", failure.text) or re.search(OTHER_SUCCESS, failure.text):
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
    """A commit where the finished definition writes, and leaves the commit to its caller."""
    for written, call in failure.nodes_run(ast.Call):
        leaves_it = _writes(written.finished) and "commit" not in methods(written.finished)
        if leaves_it and called(call) == "session.commit":
            return Found(written.at(call), {"call": "session.commit()"})
    return None


def _writes(node: ast.AST) -> bool:
    """Does the code write, change or delete rows?"""
    by_session = bool(methods(node) & {"add", "add_all", "delete", "merge"}) or "setattr" in map(called, calls(node))
    return by_session or _by_statement(node, "add") or _by_statement(node, "delete") or _by_statement(node, "change")


def _helpers(written: Written) -> list[ast.AST]:
    """The functions of the same file that a definition calls."""
    names = {called(call) for call in calls(written.node)}
    return [each for each in nodes(tree_of(written.file), *FUNCTIONS) if each.name in names]


def _by_statement(node: ast.AST, method: str) -> bool:
    """Does the code write or delete rows by a statement, SQLAlchemy's or PostgreSQL's own?"""
    name = {"add": "insert", "change": "update", "delete": "delete"}[method]
    body = ast.Module(getattr(without_docstrings(node), "body", []), [])
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
        tree = tree_of(written.file)
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


def words_between_conditions(failure: Failure) -> Found | None:
    """Python's `and`, `or` or `not` in what a query is given."""
    for written in failure.written:
        for call in calls(written.node):
            if called(call).endswith((".where", ".filter", ".having")):
                for each in nodes(ast.Tuple(call.args), ast.BoolOp, ast.UnaryOp):
                    if isinstance(each, ast.BoolOp) or isinstance(each.op, ast.Not):
                        return Found(written.at(each))
    return None


def column_compared_by_is(failure: Failure) -> Found | None:
    for written in failure.written:
        for each in nodes(written.node, ast.Compare):
            column = isinstance(each.left, ast.Attribute) and ast.unparse(each.left)[:1].isupper()
            if column and isinstance(each.ops[0], (ast.Is, ast.IsNot)):
                return Found(written.at(each), {"mine": ast.unparse(each)})
    return None


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


def shared_lock(failure: Failure) -> Found | None:
    """A lock with `read=True` that has run, where the finished definition has one that nobody shares."""
    for written, call in failure.nodes_run(ast.Call):
        shared = called(call).endswith(".with_for_update") and any(word.arg == "read" for word in call.keywords)
        if shared and "read=True" not in ast.unparse(written.finished):
            return Found(written.at(call))
    return None


def gone_before_written(failure: Failure) -> Found:
    """Where the row is not locked, if that can be seen: the lock may be a helper's, and not asked for."""
    return without_a_lock(failure) or Found()


def changed_before(failure: Failure) -> Found | None:
    """A row that is added or changed above the block that the finished code does it in."""
    for written in failure.written:
        changing = [each for each in nodes(written.finished, ast.AsyncWith) if _changes(each)]
        wanted = set[str]().union(*map(_opened, changing))
        for each in nodes(written.node, ast.AsyncWith):
            above = [call for call in _changes(written.node) if call.lineno < each.lineno]
            above = [call for call in above if failure.has_run(written, call)]
            if above and not _changes(each) and (block := _opened(each) & wanted):
                return Found(written.at(above[-1]), {"call": ast.unparse(above[-1]), "block": f"{min(block)}(...)"})
    return None


def _changes(node: ast.AST) -> list[ast.Call]:
    """The calls that put a row into the session, or change one."""
    return [call for call in calls(node) if called(call) == "setattr" or called(call).endswith(".add")]


def without_a_savepoint(failure: Failure) -> Found | None:
    """A flush, or a row that is added, where the finished definition opens a savepoint and the student's opens none."""
    for written in failure.written:
        if isinstance(written.node, FUNCTIONS) and "begin_nested" in methods(written.finished) - methods(written.node):
            sent = [call for call in calls(written.node) if called(call) in ("session.flush", "session.add")]
            sent = [call for call in sent if failure.has_run(written, call)]
            if sent and not any("begin_nested" in methods(each) for each in _helpers(written)):
                return Found(written.at(sent[-1]))
    return None


def commit_of_a_request(failure: Failure) -> Found | None:
    """A commit in an endpoint, or in what it asks for, whose finished definition leaves it to the session."""
    for written, call in failure.nodes_run(ast.Call):
        ends = called(call).endswith(".commit") and "commit" not in methods(written.finished)
        if ends and isinstance(written.node, FUNCTIONS):
            return Found(written.at(call), {"call": f"{called(call)}()"})
    return None


def one_connection(failure: Failure) -> Found | None:
    """A test that lets two transactions run at once on `sessions`, which have one connection together."""
    line = failure.place.line if failure.place else 0
    for function in nodes(parsed(failure.source), ast.AsyncFunctionDef):
        names = [each.arg for each in function.args.args]
        at_once = methods(function) & {"start_soon", "create_task", "gather"}
        if function.lineno <= line <= (function.end_lineno or 0) and "sessions" in names and at_once:
            return Found()
    return None


def _opened(block: ast.AsyncWith) -> set[str]:
    """What a block opens, by the names of what is called."""
    return {called(each.context_expr) for each in block.items if isinstance(each.context_expr, ast.Call)}


def value_in_sql(failure: Failure) -> Found | None:
    """A text of SQL that is put together with values, and has run."""
    for written, call in failure.nodes_run(ast.Call):
        for text in call.args[:1] if re.search(r"(^|\.)(text|execute)$", called(call)) else ():
            made = isinstance(text, ast.JoinedStr | ast.BinOp) or (
                isinstance(text, ast.Call) and called(text).endswith(".format")
            )
            is_sql = any(re.search(SQL, str(each.value)) for each in nodes(text, ast.Constant))
            if made and is_sql and any(nodes(text, ast.Attribute, ast.Name)):
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
    for written, each in failure.nodes_run(ast.Expr):
        match each.value:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if method in QUERY_METHODS:
                return Found(written.at(each), {"call": ast.unparse(each), "name": name})
    return None


def rolled_back(failure: Failure) -> Found | None:
    """A rollback above the line that the exception came out of."""
    for written, call in failure.nodes_run(ast.Call):
        before = failure.place and failure.place.file == written.file and call.lineno < failure.place.line
        if called(call) == "session.rollback" and before:
            return Found(written.at(call))
    return None
