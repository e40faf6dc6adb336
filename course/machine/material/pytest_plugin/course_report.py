"""A pytest plugin that writes what happened to each test into a JSON file.

For a failed test it adds one clause that says what happened ("`response.status_code` was 500, not 201"). It knows
nothing of the course, so it works in any stage's environment.

With a limit of seconds for a test it also notes what explains a failure (see course_facts.py), and ends the run at the
first test that takes longer. With `explain_first` only the first failure is explained: to note all that takes as long
as the tests themselves. While it runs, a file beside the report, with the suffix `.progress`, holds how many tests have
ended, and of how many.
"""

import ast
import json
import os
import re
import sys
import sysconfig
import time
import unicodedata
from collections import Counter
from collections.abc import Generator, Iterator, KeysView
from contextlib import ExitStack, contextmanager, suppress
from enum import Enum
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any

import course_facts  # type: ignore[import-not-found]  # beside this module, which is in no package
import pytest

PRINTED_LIMIT = 2000  # characters, the last ones, of what a test printed
SLOWER = 6  # times as long as a test of the app may take imports, fixtures, and what waits for no line of the app
LIBRARIES = tuple(str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib"))
OTHER_TEXT = re.compile(
    r"Regex pattern did not match.*\n\s*Expected regex: (.+)\n\s*Actual message: (.+)"
)  # pytest's own
EQUALITY = ("==", "is")  # here one side is what is expected
MEMBERSHIP = ("in", "not in")
UNLIKE = {  # an operator -> what to say when it does not hold
    "==": "{left} was {left_value}, not {right_value}",
    "is": "{left} was {left_value}, not {right_value}",
    "!=": "{left} was {left_value}, and must not be",
    "is not": "{left} was {left_value}, and must not be",
    "in": "{left_value} is not in {right}{container}",
    "not in": "{left_value} is in {right}{container}, and must not be",
    "<": "{left} was {left_value}, not less than {right_value}",
    "<=": "{left} was {left_value}, not {right_value} or less",
    ">": "{left} was {left_value}, not more than {right_value}",
    ">=": "{left} was {left_value}, not {right_value} or more",
}


class Report:
    """Collects the outcome of every test, and of every file that could not be collected."""

    def __init__(self, path: Path, seconds: float | None, *, explain_first: bool) -> None:
        self.path = path
        self.seconds = seconds
        self.explain_first = explain_first
        self.explains = seconds is not None  # the failures that are still to come
        self.tests: dict[str, dict[str, Any]] = {}
        self.planned = 0
        self.compared: tuple[str, object, object] | None = None
        self.raised: BaseException | None = None
        self.folders = [Path.cwd()]  # of the app's code, and of the tests
        self.facts = course_facts.Facts(Path.cwd())
        if seconds:
            self.facts.watch_coroutines()

    @pytest.hookimpl(wrapper=True, trylast=True)  # inside pytest's own, which gives away what it has captured
    def pytest_load_initial_conftests(self, early_config: pytest.Config) -> Generator[None, None, None]:
        self.folders.append(early_config.rootpath)
        try:
            with self.limited("conftest.py"):
                yield
        except SystemExit as error:
            self.add("conftest.py", error, "", stderr=captured_stderr(early_config))
            self.write()
            raise
        except Exception as error:
            if cause := getattr(error, "cause", None):  # of pytest's own exception, which it does not publish
                self.add("conftest.py", cause, "")
                self.write()
            raise

    @pytest.hookimpl
    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        self.compared = (op, left, right)

    @pytest.hookimpl
    def pytest_exception_interact(self, call: pytest.CallInfo[Any], report: object) -> None:
        if isinstance(report, pytest.CollectReport) and call.excinfo is not None:
            error = call.excinfo.value
            wrapped = isinstance(error, pytest.Collector.CollectError)
            self.raised = (error.__cause__ if wrapped else None) or error

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Generator[None, Any, Any]:
        try:
            with self.limited(collector.nodeid):
                return (yield)
        except SystemExit as error:  # it ends the whole run
            self.add(collector.nodeid, error, "", stderr=captured_stderr(collector.config))
            raise

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.add(report.nodeid, self.raised, report.longreprtext)
            self.raised = None

    @pytest.hookimpl
    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.planned = len(session.items)

    @pytest.hookimpl
    def pytest_runtest_logstart(self) -> None:
        self.compared = None
        self.facts.clear()
        if self.explains:
            self.facts.watch_answers()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        with self.limited(item.nodeid), self.watched():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        if self.seconds:
            self.facts.watch_answers()
        with self.limited(item.nodeid, itself=True), self.watched():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> Generator[None, None, None]:
        with self.limited(item.nodeid), self.watched():
            yield

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None:
            hide_libraries()
        report = yield
        entry = self.tests.setdefault(item.nodeid, {"test": item.nodeid, "outcome": "passed"})
        if report.passed and call.when == "call" and self.facts.unawaited:
            report.outcome = "failed"
            report.longrepr = f"{self.facts.unawaited[0]['call']} was never awaited"
        if report.failed and entry["outcome"] == "passed":
            printed, stderr = (
                "".join(text for name, text in report.sections if name.startswith(f"Captured {stream}"))
                for stream in ("stdout", "stderr")
            )
            error = call.excinfo and call.excinfo.value
            self.add(item.nodeid, error, report.longreprtext, printed, stderr, call.excinfo)
            sections = [content for _, content in report.sections]
            self.tests[item.nodeid]["text"] = "\n".join([report.longreprtext, *sections])
            self.tests[item.nodeid]["line"] = (item.location[1] or 0) + 1
        elif report.skipped:
            entry["outcome"] = "skipped"
        return report

    @pytest.hookimpl
    def pytest_runtest_logfinish(self) -> None:
        if self.seconds:
            failed = any(each["outcome"] == "failed" for each in self.tests.values())
            self.explains = not (failed and self.explain_first)
        self.path.with_suffix(".progress").write_text(f"{len(self.tests)} {self.planned}", encoding="utf-8")

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        self.write()

    def add(
        self,
        test: str,
        error: BaseException | None,
        trace: str,
        printed: str = "",
        stderr: str = "",
        info: pytest.ExceptionInfo[BaseException] | None = None,
    ) -> None:
        """Note that a test has failed, or a file that could not be imported."""
        entry: dict[str, Any] = {"test": test, "outcome": "failed", "trace": trace, "text": trace}
        last = last_line(trace).removeprefix("E").strip()
        written = short(last_line(stderr), course_facts.ERROR_LIMIT)
        if error is not None:
            entry["frames"] = course_facts.folded_frames(traced(error), self.is_own)
            error = innermost(error)
            in_app = any(self.facts.is_app(frame.get("file", "")) for frame in entry["frames"][-1:])
            of_test = isinstance(error, AssertionError) and not in_app
            entry["error"] = "" if of_test else course_facts.described(error)
            if isinstance(error, SystemExit) and written:
                entry["error"] += f", after it had written: {written}"
            if self.explains and not self.facts.unawaited:
                self.facts.find_unawaited()
        if info is not None:
            entry["happened"] = clause(info, self.compared, self.folders, entry["error"])
        else:
            entry["happened"] = last if error is None or isinstance(error, SyntaxError) else entry["error"]
        if texts := other_text(str(error)):
            entry["values"] = list(told_apart(texts[1], texts[0], limit=course_facts.ERROR_LIMIT))
        elif info is not None and isinstance(error, AssertionError) and self.compared and self.compared[0] in EQUALITY:
            found = sides(statement_of(info), self.compared)
            entry["values"] = values_of(*found[2:]) if found else []
        if self.explains:
            entry["facts"] = self.facts.told()
        entry["printed"], entry["stderr"] = printed[-PRINTED_LIMIT:], written
        self.tests[test] = entry

    def is_own(self, file: str) -> bool:
        path = Path(file)
        return any(path.is_relative_to(folder) for folder in self.folders) and course_facts.library(file) == "Python"

    def limited(self, test: str, *, itself: bool = False) -> ExitStack:
        """A block that ends the whole run if it takes too long."""
        stack = ExitStack()
        if self.seconds:
            seconds = self.seconds if itself else self.seconds * SLOWER
            began = time.monotonic()
            stack.enter_context(course_facts.limited(seconds, lambda: self.end(test, seconds, began)))
        return stack

    @contextmanager
    def watched(self) -> Iterator[None]:
        """A block whose lines of the app are noted, if a failure is to be explained by them."""
        self.facts.watch_lines(self.explains)
        try:
            yield
        finally:
            self.facts.watch_lines(False)

    def end(self, test: str, seconds: float, began: float) -> float:
        """End the run: no exception would get out of every loop, and no other test can be trusted after one.

        Or return how many seconds more it has: on a busy machine, or where it is not the app's code that takes long.
        """
        frames: list[Any] = []
        with suppress(Exception):
            frames = course_facts.where_it_hangs(self.facts.is_app)[-1:]
        elapsed = time.monotonic() - began
        allowed = seconds * min(SLOWER, course_facts.slowed_down()) if frames else seconds * SLOWER
        if elapsed < allowed:
            return allowed - elapsed
        happened = f"it was still running after {elapsed:.0f} s"
        entry: dict[str, Any] = {
            "test": test,
            "outcome": "failed",
            "happened": happened,
            "text": happened,
            "error": "TimeoutError",
        }
        entry["frames"] = frames
        with suppress(Exception):
            entry["facts"] = self.facts.told()
        self.tests[test] = entry
        self.write()
        os._exit(1)

    def write(self) -> None:
        text = json.dumps({"planned": self.planned, "tests": list(self.tests.values())})
        self.path.write_text(text, encoding="utf-8")


def is_library(module: object) -> bool:
    """Whether a module belongs to Python or to an installed package, and not to the app or its tests."""
    return isinstance(module, ModuleType) and str(getattr(module, "__file__", None)).startswith(LIBRARIES)


def hide_libraries() -> None:
    """Leave the libraries' lines out of the traces: they tell a student nothing.

    And pytest parses a library's whole file anew for each of them, which takes longer than the test.
    """
    for module in list(sys.modules.values()):
        if is_library(module):
            vars(module).setdefault("__tracebackhide__", True)


def captured_stderr(config: pytest.Config) -> str:
    """What was written to stderr before there was a test: pytest shows it only at its end."""
    capture = config.pluginmanager.getplugin("capturemanager")
    return str(capture.read_global_capture()[1]) if capture else ""


def last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")


def clause(
    info: pytest.ExceptionInfo[BaseException],
    compared: tuple[str, object, object] | None,
    folders: list[Path],
    described_error: str,
) -> str:
    """What happened, in a few words."""
    error = innermost(info.value)
    if isinstance(error, AssertionError) and not described_error:
        return asserted(statement_of(info), str(error), compared, info.traceback[-1].frame.raw)
    if isinstance(error, pytest.fail.Exception):
        message = str(error)
        return (
            message.replace("DID NOT RAISE", "nothing raised")
            if message.startswith("DID NOT RAISE")
            else short(message)
        )
    if isinstance(error, NotImplementedError) and str(error).startswith("step "):
        return f"{str(error).partition(':')[0]} is not written yet"
    return f"{place(traced(info.value), folders)} raised {described_error}"


def innermost(error: BaseException) -> BaseException:
    """The first real exception inside groups of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def traced(error: BaseException) -> BaseException:
    """The innermost of them that was raised on its own, and so has a traceback."""
    while isinstance(error, BaseExceptionGroup) and error.exceptions[0].__traceback__ is not None:
        error = error.exceptions[0]
    return error


def asserted(statement: str, message: str, compared: tuple[str, object, object] | None, frame: FrameType) -> str:
    """What an assert statement saw. A message that the test's author wrote says it best."""
    tree = parsed(statement)
    if texts := other_text(message):
        return "the exception's text was {1}, not {0}".format(*told_apart(texts[1], texts[0]))
    if tree is None:
        return short(message.splitlines()[0] if message else "an assertion failed")
    if tree.msg is not None and message:
        return short(message.splitlines()[0])
    if compared and (found := sides(statement, compared)):
        left, right, left_value, right_value = found
        if compared[0] == "==" and (apart := difference(left_value, right_value, course_facts.VALUE_LIMIT)):
            parts = zip(("lacks", "has too much:"), apart, strict=True)
            return f"{code(left)} {' and '.join(f'{verb} {text}' for verb, text in parts if text)}"
        right_text, left_text = told_apart(left_value, right_value)
        words = {"left": code(left), "right": code(right), "left_value": left_text, "right_value": right_text}
        words["container"] = contained(left_value, right, right_value) if compared[0] in MEMBERSHIP else ""
        return UNLIKE.get(compared[0], "{left} was {left_value}").format(**words)
    values = dict(named_values(tree.test, frame))
    told = ", ".join(f"`{name}` was {value}" for name, value in values.items())
    return f"{code(tree.test)} is not true{':' if told else ''} {told}".rstrip()


def named_values(node: ast.AST, frame: FrameType) -> Iterator[tuple[str, str]]:
    """The names in an expression with their values, without those of what is called."""
    if isinstance(node, ast.Name | ast.Attribute):
        with suppress(Exception):  # the name may be one of a comprehension's own
            value = eval(ast.unparse(node), frame.f_globals, frame.f_locals)  # noqa: S307 - of the test's own line
            yield ast.unparse(node), short(text_of(value))
        return
    for field, child in ast.iter_fields(node):
        if isinstance(node, ast.Call) and field == "func":
            continue
        for each in child if isinstance(child, list) else [child]:
            if isinstance(each, ast.AST):
                yield from named_values(each, frame)


def other_text(message: str) -> tuple[str, str] | None:
    """The text that `pytest.raises(match=...)` wanted, and the exception's own, if these are what a test failed by."""
    match = OTHER_TEXT.match(message)
    if match is None:
        return None
    pattern, text = map(ast.literal_eval, match.groups())
    return re.sub(r"\\(\W)", r"\1", pattern), text


def statement_of(info: pytest.ExceptionInfo[BaseException]) -> str:
    return str(info.traceback[-1].statement).strip()


def parsed(statement: str) -> ast.Assert | None:
    """An assert statement as a tree."""
    try:
        [tree] = ast.parse(statement).body
    except (SyntaxError, ValueError):
        return None
    return tree if isinstance(tree, ast.Assert) else None


def sides(
    statement: str, compared: tuple[str, object, object] | None
) -> tuple[ast.expr, ast.expr, object, object] | None:
    """The two sides of an assert's one comparison and their values: what was seen first, then what it should be."""
    tree = parsed(statement)
    if compared is None or tree is None or not isinstance(tree.test, ast.Compare) or len(tree.test.ops) != 1:
        return None
    op, left_value, right_value = compared
    left, right = tree.test.left, tree.test.comparators[0]
    if op == "==" and isinstance(left, ast.Constant):
        return right, left, right_value, left_value
    return left, right, left_value, right_value


def place(error: BaseException, folders: list[Path]) -> str:
    """Where it was raised: the last line of the app's or the tests' own code, which is in one of these folders."""
    frames = course_facts.folded_frames(error, lambda file: any(Path(file).is_relative_to(each) for each in folders))
    for frame in reversed(frames):
        for folder in folders:
            if (path := Path(frame.get("file", ""))).is_relative_to(folder) and "site-packages" not in path.parts:
                return f"{path.relative_to(folder).as_posix()}, line {frame['line']},"
    return "the test"


def code(node: ast.expr) -> str:
    return f"`{short(ast.unparse(node))}`"


def told_apart(left: object, right: object, limit: int = course_facts.VALUE_LIMIT) -> tuple[str, str]:
    """The texts of the right and the left value: cut around their first difference, and seen to be different."""
    left_text, right_text = text_of(left), text_of(right)
    if left_text != right_text and looks(left_text) == looks(right_text):
        left_text, right_text = ascii(left), ascii(right)
    return cut_around(right_text, left_text, limit)


def cut_around(one: str, other: str, limit: int) -> tuple[str, str]:
    """Two texts, cut around their first difference."""
    pairs = enumerate(zip(one, other, strict=False))
    start = next((number for number, (mine, its) in pairs if mine != its), 0)
    start = max(0, start - limit // 2) if short(one, limit) == short(other, limit) else 0
    return short(one, limit, start), short(other, limit, start)


def values_of(left: object, right: object) -> list[str]:
    """What was expected, and what was seen; of long sets, lists and dictionaries, what only one of them has."""
    limit = course_facts.ERROR_LIMIT
    if found := difference(left, right, limit):
        missing, more = found
        return [
            f"{missing}, which is missing" if missing else "nothing more",
            f"{more}, which is too much" if more else "all else",
        ]
    return list(told_apart(left, right, limit))


def difference(left: object, right: object, limit: int) -> tuple[str, str] | None:
    """Of two sets, lists or dictionaries that are too long to be shown whole, what the left one lacks, and has besides.

    None if they are short, have nothing in common, or differ in their order alone.
    """
    kinds = (set, frozenset, KeysView), (list, tuple), (dict,)
    alike = any(isinstance(left, kind) and isinstance(right, kind) for kind in kinds)
    if not alike or max(len(text_of(left)), len(text_of(right))) <= limit:
        return None
    mine, other = (list(each.items() if isinstance(each, dict) else each) for each in (left, right))  # type: ignore[call-overload]
    missing, more = without(other, mine), without(mine, other)
    if len(more) == len(mine) or not missing + more:
        return None
    return cut_around(counted(missing, left), counted(more, left), limit)


def without(members: list[object], others: list[object]) -> list[object]:
    """What is left of some members when each has cancelled an equal one of the others: 409 is HTTPStatus.CONFLICT."""
    rest, left = list(others), []
    for each in members:
        if each in rest:
            rest.remove(each)
        else:
            left.append(each)
    return left


def counted(members: list[Any], collection: object) -> str:
    """The texts of what a set, a list or a dictionary holds, equal ones once and with their number."""
    in_dict = isinstance(collection, dict)
    texts = Counter(": ".join(map(text_of, each)) if in_dict else text_of(each) for each in members)
    return ", ".join(text if number == 1 else f"{text} ({number} times)" for text, number in sorted(texts.items()))


def contained(member: object, container: ast.expr, value: object) -> str:
    """The value of what was searched, around the member if it is there; nothing if the test itself says it."""
    text = text_of(value)
    if text == ast.unparse(container):
        return ""
    found = text.find(member if isinstance(member, str) else text_of(member))
    return f", which was {short(text, start=max(0, found - course_facts.VALUE_LIMIT // 2))}"


def looks(text: str) -> str:
    """A text as an eye reads it: letters put together of two characters are one, and so are their variants."""
    return unicodedata.normalize("NFKC", text)


def text_of(thing: object) -> str:
    """Its repr; of an enumeration that is a number or a text, such as HTTPStatus, that number or text."""
    try:
        if isinstance(thing, list | set) and any(isinstance(each, Enum) for each in thing):
            texts = ", ".join(map(text_of, thing))
            return f"[{texts}]" if isinstance(thing, list) else f"{{{texts}}}"
        return repr(thing.value if isinstance(thing, Enum) and isinstance(thing, int | str) else thing)
    except Exception:
        return f"a {type(thing).__name__}"


def short(text: str, limit: int = course_facts.VALUE_LIMIT, start: int = 0) -> str:
    return str(course_facts.short(text, limit, start))
