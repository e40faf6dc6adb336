"""A pytest plugin that writes down, a line of JSON for each test, what was asked, what came, and whether it was right.

COURSE_VERIFY_RECORD names the file. The first line says how many tests there are, and which cannot be asked; the last
one says what stays at the address.
"""

import json
import os
import re
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import httpx
import pytest

VARIABLE = "COURSE_VERIFY_RECORD"
EXCHANGES_KEPT = 3
SHOWN_CHARACTERS = 240
TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*")  # a JSON Web Token: a log in CI is no place for one


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Recorder(config, Path(os.environ[VARIABLE])), "course-verify")
    # Asked to end, pytest ends in order, as on Ctrl-C: the suites still delete what they made.
    signal.signal(getattr(signal, "SIGBREAK", signal.SIGTERM), _interrupt)  # Windows has the one in place of the other


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


class Recorder:
    """Listens to pytest, and to what httpx sends."""

    def __init__(self, config: pytest.Config, path: Path) -> None:
        self._stage = config.getoption("--stage")
        self._path = path
        self._exchanges: list[dict[str, str]] = []
        self._not_asked: list[str] = []
        self._accounts = 0
        self._not_deleted: list[str] = []
        self._send = httpx.AsyncClient.send

    def pytest_sessionstart(self) -> None:
        recorder, send = self, self._send

        async def recorded(client: httpx.AsyncClient, request: httpx.Request, **options: Any) -> httpx.Response:
            exchange = {"asked": _request(request), "came": "no answer"}
            recorder._exchanges.append(exchange)
            response = await send(client, request, **options)
            exchange["came"] = _response(response)
            match (request.method, request.url.path, response.status_code):
                case ("POST", "/auth/register", httpx.codes.CREATED):
                    recorder._accounts += 1
                case ("DELETE", "/users/me", httpx.codes.NO_CONTENT):
                    recorder._accounts -= 1
            return response

        httpx.AsyncClient.send = recorded  # type: ignore[method-assign, assignment]

    def pytest_sessionfinish(self) -> None:
        httpx.AsyncClient.send = self._send  # type: ignore[method-assign]
        self._write({"accounts": self._accounts, "not_deleted": self._not_deleted})

    def pytest_warning_recorded(self, warning_message: warnings.WarningMessage) -> None:
        if (text := str(warning_message.message)).startswith("Not deleted"):
            self._not_deleted.append(text)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        for item in items:
            stages = item.get_closest_marker("stages")
            promised = stages is None or self._stage in stages.args
            if promised and item.get_closest_marker("own_server"):
                self._not_asked.append(_name(item.nodeid))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        not_asked = list(dict.fromkeys(self._not_asked))
        self._write({"tests": len(session.items), "not_asked": not_asked})

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self) -> Iterator[None]:
        self._exchanges.clear()
        return (yield)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.failed:
            case = report.nodeid.partition("[")[2].rstrip("]")
            self._write(
                {
                    "test": _name(report.nodeid),
                    "case": case,
                    "kept": report.passed,
                    "why": "" if report.passed else _why(report),
                    "exchanges": [] if report.passed else self._exchanges[-EXCHANGES_KEPT:],
                }
            )

    def _write(self, entry: dict[str, Any]) -> None:
        with self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")


def _name(nodeid: str) -> str:
    """A test's name without its folder and its case: `test_auth.py::test_a_wrong_password_is_a_400`."""
    return nodeid.partition("[")[0].rpartition("/")[2]


def _why(report: pytest.TestReport) -> str:
    crash = getattr(report.longrepr, "reprcrash", None)
    message = str(crash.message if crash else report.longrepr)
    return _shown(message.removeprefix("AssertionError: ").strip().split("\n")[0])


def _request(request: httpx.Request) -> str:
    path = request.url.raw_path.decode("ascii", errors="replace")
    # A body that is sent in pieces is not kept.
    body = request.content.decode("utf-8", errors="replace") if hasattr(request, "_content") else "(a body in pieces)"
    return _shown(f"{request.method} {path} {body}")


def _response(response: httpx.Response) -> str:
    body = response.text if hasattr(response, "_content") else ""
    return _shown(f"{response.status_code} {body}")


def _shown(text: str) -> str:
    """A text on one line, with no token in it, and not too long."""
    line = TOKEN.sub("(token)", " ".join(text.split()))
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]} ..."
