"""A pytest plugin that writes what happened to each test into the JSON file named by COURSE_REPORT.

For a failed test it adds one clause that says what happened ("`response.status_code` was 500, not 201"). It knows
nothing of the course, so it works in any stage's environment.
"""

import ast
import json
import os
import sys
import sysconfig
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

VALUE_LIMIT = 80  # characters of a value in the clause
LIBRARIES = tuple(str(Path(sysconfig.get_path(name)).resolve()) for name in ("stdlib", "purelib", "platlib"))
UNLIKE = {  # an operator -> what to say when it does not hold
    "==": "{left} was {left_value}, not {right_value}",
    "is": "{left} was {left_value}, not {right_value}",
    "!=": "{left} was {left_value}, and must not be",
    "is not": "{left} was {left_value}, and must not be",
    "in": "{left_value} is not in {right}",
    "not in": "{left_value} is in {right}, and must not be",
    "<": "{left} was {left_value}, not less than {right_value}",
    "<=": "{left} was {left_value}, not {right_value} or less",
    ">": "{left} was {left_value}, not more than {right_value}",
    ">=": "{left} was {left_value}, not {right_value} or more",
}


class Report:
    """Collects the outcome of every test, and of every file that could not be collected."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.tests: dict[str, dict[str, Any]] = {}
        self.compared: tuple[str, object, object] | None = None

    @pytest.hookimpl
    def pytest_assertrepr_compare(self, op: str, left: object, right: object) -> None:
        self.compared = (op, left, right)

    @pytest.hookimpl
    def pytest_runtest_logstart(self) -> None:
        self.compared = None

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        if call.excinfo is not None:
            hide_libraries()
        report = yield
        entry = self.tests.setdefault(item.nodeid, {"test": item.nodeid, "outcome": "passed"})
        if report.failed and entry["outcome"] == "passed" and call.excinfo is not None:
            happened = clause(call.excinfo, self.compared, [Path.cwd(), item.config.rootpath])
            text = "\n".join([report.longreprtext, *(content for _, content in report.sections)])
            entry |= {"outcome": "failed", "happened": happened, "trace": report.longreprtext, "text": text}
        elif report.skipped:
            entry["outcome"] = "skipped"
        return report

    @pytest.hookimpl
    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            text = report.longreprtext
            last = text.strip().splitlines()[-1].removeprefix("E").strip() if text.strip() else "it can't be imported"
            entry = {"outcome": "failed", "happened": short(last), "trace": text, "text": text}
            self.tests[report.nodeid] = {"test": report.nodeid} | entry

    @pytest.hookimpl
    def pytest_sessionfinish(self) -> None:
        self.path.write_text(json.dumps(list(self.tests.values())), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    if path := os.environ.get("COURSE_REPORT"):
        config.pluginmanager.register(Report(Path(path)), "course-report")


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


def clause(
    info: pytest.ExceptionInfo[BaseException], compared: tuple[str, object, object] | None, folders: list[Path]
) -> str:
    """What happened, in a few words."""
    error = innermost(info.value)
    if isinstance(error, AssertionError):
        return asserted(str(info.traceback[-1].statement).strip(), str(error), compared)
    if isinstance(error, pytest.fail.Exception):
        message = str(error)
        return (
            message.replace("DID NOT RAISE", "nothing raised")
            if message.startswith("DID NOT RAISE")
            else short(message)
        )
    if isinstance(error, NotImplementedError) and str(error).startswith("step "):
        return f"{str(error).partition(':')[0]} is not written yet"
    message = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    return f"{place(info, folders)} raised {short(message)}"


def innermost(error: BaseException) -> BaseException:
    """The first real exception inside groups of them."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def asserted(statement: str, message: str, compared: tuple[str, object, object] | None) -> str:
    """What an assert statement saw. A message that the test's author wrote says it best."""
    try:
        tree = ast.parse(statement).body[0]
    except (SyntaxError, IndexError):
        tree = None
    if not isinstance(tree, ast.Assert):
        return short(message.splitlines()[0] if message else "an assertion failed")
    if tree.msg is not None and message:
        return short(message.splitlines()[0])
    if compared and isinstance(tree.test, ast.Compare) and len(tree.test.ops) == 1:
        op, left_value, right_value = compared
        left, right = tree.test.left, tree.test.comparators[0]
        if op == "==" and isinstance(left, ast.Constant):
            left, right, left_value, right_value = right, left, right_value, left_value
        words = {
            "left": code(left),
            "right": code(right),
            "left_value": value(left_value),
            "right_value": value(right_value),
        }
        return UNLIKE.get(op, "{left} was {left_value}").format(**words)
    return f"{code(tree.test)} is not true"


def place(info: pytest.ExceptionInfo[BaseException], folders: list[Path]) -> str:
    """Where it was raised: the last line of the app's or the tests' own code, which is in one of these folders."""
    for entry in reversed(info.traceback):
        path = Path(str(entry.path))
        for folder in folders:
            if path.is_relative_to(folder) and "site-packages" not in path.parts:
                return f"{path.relative_to(folder).as_posix()}, line {entry.lineno + 1},"
    return "the test"


def code(node: ast.expr) -> str:
    return f"`{short(ast.unparse(node))}`"


def value(thing: object) -> str:
    try:
        return short(repr(thing))
    except Exception:
        return f"a {type(thing).__name__}"


def short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= VALUE_LIMIT else text[: VALUE_LIMIT - 3] + "..."
