"""What happens in the app while a test runs, beyond what the test itself sees.

Coroutines that nobody awaited, the app's answers and what broke them off, the lines that ran, the exceptions that came
up in them, and a test that does not end. It knows nothing of the course, so it works in any stage's environment.
"""

import asyncio
import copy
import gc
import inspect
import linecache
import os
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import CoroutineType, FrameType
from typing import Any

ORIGIN_FRAMES = 6  # of a coroutine's making, until one of them is the app's
ANSWER_LIMIT = 300  # characters
VALUE_LIMIT = 80  # characters of a value in a clause
ERROR_LIMIT = 200  # characters of an exception's text
RAISED_LIMIT = 100  # exceptions of one test that are noted, the first ones
AFTER_THE_REASON = re.compile(r"\n\n|\n\[SQL: |\s*\(Background on this error")  # in the texts of SQLAlchemy
LIBRARY_FOLDERS = ("site-packages", "dist-packages")

Frame = dict[str, Any]
Trace = Callable[[FrameType, str, Any], Any]


class Facts:
    """What is known of the test that runs."""

    def __init__(self, code: Path) -> None:
        self.code = code
        self.unawaited: list[Frame] = []
        self.never_run: list[str] = []  # the app's coroutines that were made by anybody, and thrown away
        self.answers: list[dict[str, Any]] = []
        self.lines: dict[tuple[str, int], None] = {}  # of the app, that have run: its files and lines, the first first
        self.raised: list[dict[str, Any]] = []  # exceptions in the app's lines, also those that were caught
        self._trace = self._tracer()
        self._under_way: list[dict[str, Any]] = []
        self._held: set[int] = set()  # coroutines that were noted before they were thrown away, by their ids
        self._asked = False

    def clear(self) -> None:
        """Forget the test before."""
        self.unawaited, self.never_run, self.answers, self.lines, self.raised = [], [], [], {}, []

    def watch_lines(self, on: bool) -> None:
        """From now on, note which lines of the app run; or no longer."""
        trace = self._trace if on else None
        sys.settrace(trace)
        threading.settrace(trace)

    def _tracer(self) -> Trace:
        """What Python calls for each frame that begins or goes on, a library's too: it does as little as can be."""
        traces: dict[str, Trace | None] = {}

        def enter(frame: FrameType, _event: str, _argument: Any) -> Trace | None:
            file = frame.f_code.co_filename
            if file not in traces:
                traces[file] = self._note_line if self.is_app(file) else None
            return traces[file]

        return enter

    def _note_line(self, frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            self.lines.setdefault((frame.f_code.co_filename, frame.f_lineno))
        elif event == "exception":
            self._note_raised(frame, argument[1])
        return self._note_line

    def _note_raised(self, frame: FrameType, error: object) -> None:
        """Note an exception that was raised in a line, or came out of what the line calls."""
        ends = isinstance(error, StopIteration | StopAsyncIteration)  # an iterator's, and no error
        if not isinstance(error, Exception) or ends or len(self.raised) >= RAISED_LIMIT:
            return
        place = frame_of(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        kinds = [each.__name__ for each in type(error).__mro__]
        with suppress(Exception):  # its text is made by its own code
            note = {**place, "error": described(error), "kinds": kinds}
            if note not in self.raised:
                self.raised.append(note)

    def is_app(self, file: str) -> bool:
        """Is this a file of the app's own code, and not of its tests?"""
        path = Path(file)
        return (
            path.is_relative_to(self.code)
            and path.relative_to(self.code).parts[0] != "tests"
            and not any(folder in path.parts for folder in LIBRARY_FOLDERS)
        )

    def watch_coroutines(self) -> None:
        """From now on, note each coroutine of the app's making that is thrown away without an await."""
        sys.set_coroutine_origin_tracking_depth(ORIGIN_FRAMES)
        warn = warnings._warn_unawaited_coroutine  # type: ignore[attr-defined]

        def note(coroutine: Any) -> None:
            if id(coroutine) in self._held:
                self._held.remove(id(coroutine))
            elif not self._note_unawaited(coroutine):
                warn(coroutine)

        warnings._warn_unawaited_coroutine = note  # type: ignore[attr-defined]

    def _note_unawaited(self, coroutine: Any) -> bool:
        if self.is_app(coroutine.cr_code.co_filename) and coroutine.__name__ not in self.never_run:
            self.never_run.append(coroutine.__name__)
        for file, line, name in coroutine.cr_origin or ():
            if self.is_app(file):
                call = {"call": coroutine.__name__, **frame_of(file, line, name)}
                if call not in self.unawaited:
                    self.unawaited.append(call)
                return True
        return False

    def find_unawaited(self) -> None:
        """Note those too that something still holds: an exception's frames, or an object that was given one."""
        for thing in gc.get_objects():
            is_new = type(thing) is CoroutineType and inspect.getcoroutinestate(thing) == inspect.CORO_CREATED
            if is_new and id(thing) not in self._held and self._note_unawaited(thing):
                self._held.add(id(thing))

    def watch_answers(self) -> None:
        """From now on, note what the app answers. Called again and again, until httpx has been imported.

        Where several requests are under way at once, one that the app breaks off gets a 500, as from a server: the
        exception would end the others before they are answered.
        """
        httpx = sys.modules.get("httpx")
        if self._asked or httpx is None:
            return
        self._asked = True
        handle = httpx.ASGITransport.handle_async_request

        async def noted(transport: Any, request: Any) -> Any:
            answer: dict[str, Any] = {"request": f"{request.method} {request.url.path}", "together": False}
            self._under_way.append(answer)
            if len(self._under_way) > 1:
                for each in self._under_way:
                    each["together"] = True
            watched = copy.copy(transport)
            watched.app = self._noting_crashes(transport.app, answer)
            try:
                response = await handle(watched, request)
                answer["text"] = (await response.aread()).decode(errors="replace")[:ANSWER_LIMIT]
            except Exception:
                if not answer["together"]:
                    raise
                response = httpx.Response(500, request=request)
            finally:
                self._under_way = [each for each in self._under_way if each is not answer]
            answer["status"] = response.status_code
            self.answers.append(answer)
            return response

        httpx.ASGITransport.handle_async_request = noted

    def _noting_crashes(self, app: Any, answer: dict[str, Any]) -> Any:
        """The app, and what breaks its answer off is noted, also where a test wants to see no more than the 500."""

        async def noting(scope: Any, receive: Any, send: Any) -> None:
            try:
                await app(scope, receive, send)
            except Exception as error:
                frames = own_frames(error, self.is_app)
                place = next(iter(frames[-1:]), None)
                answer["crash"] = {"error": described(error), "place": place, "frames": frames}
                raise

        return noting

    def told(self) -> dict[str, Any]:
        """What can be told of the test that has ended."""
        together = [answer for answer in self.answers if answer["together"]]
        statuses = [answer["status"] for answer in together]
        last = next((answer for answer in reversed(self.answers) if not answer["together"]), None)
        ran: dict[str, list[int]] = {}
        for file, line in list(self.lines):  # a copy: where a test is ended, it still runs
            ran.setdefault(Path(file).relative_to(self.code).as_posix(), []).append(line)
        return {
            "unawaited": self.unawaited,
            "never_run": self.never_run,
            "race": {str(status): statuses.count(status) for status in sorted(set(statuses))},
            "answer": last,
            "crash": next((answer["crash"] for answer in together if "crash" in answer), None),
            "ran": ran,
            "raised": list(self.raised),
        }


@contextmanager
def limited(seconds: float, overdue: Callable[[], float]) -> Iterator[None]:
    """Call `overdue`, in another thread, if the block takes longer, and again after as many seconds as it returns."""
    ended = threading.Event()

    def watch() -> None:
        wait = seconds
        while not ended.wait(wait):
            wait = overdue()

    threading.Thread(target=watch, daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def slowed_down() -> float:
    """How many times longer everything takes, because the machine has other things to do."""
    try:
        return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    except (AttributeError, OSError):  # Windows does not know
        return 1.0


def where_it_hangs(is_app: Callable[[str], bool]) -> list[Frame]:
    """Where the main thread is in the app's code; if it is not, where a coroutine of the app waits."""
    frames = sys._current_frames()
    main = _outwards(frames.get(threading.main_thread().ident or 0))
    running = [frame_of(each.f_code.co_filename, line, each.f_code.co_name) for each, line in main]
    if in_app := [each for each in reversed(running) if is_app(each["file"])]:
        return in_app
    # No gc.get_objects() here: of a tuple that another thread is making, it would take hold, and break its making.
    outers = [outer.f_locals.get("self") for each in frames.values() for outer, _ in _outwards(each)]
    for loop in {each for each in outers if isinstance(each, asyncio.AbstractEventLoop)}:
        for task in asyncio.all_tasks(loop):  # those that are not done
            if waiting := [each for each in _awaiting(task.get_coro()) if is_app(each["file"])]:
                return waiting
    return []


def _outwards(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
    while frame is not None:
        yield frame, frame.f_lineno
        frame = frame.f_back


def _awaiting(coroutine: Any) -> Iterator[Frame]:
    """A coroutine that waits, what it waits for, and so on."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is not None:
            yield frame_of(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)


def own_frames(error: BaseException, is_own: Callable[[str], bool]) -> list[Frame]:
    """The frames of an exception's traceback that lie in one's own code."""
    return [each for each in _frames(error) if is_own(each["file"])]


def folded_frames(error: BaseException, is_own: Callable[[str], bool]) -> list[Frame]:
    """An exception's traceback from its first own frame on, the libraries' frames between counted by their names."""
    folded: list[Frame] = []
    for each in _frames(error):
        if is_own(each["file"]):
            folded.append(each)
        elif folded and "libraries" in folded[-1]:
            folded[-1]["count"] += 1
            if (name := library(each["file"])) not in folded[-1]["libraries"]:
                folded[-1]["libraries"].append(name)
        elif folded:
            folded.append({"libraries": [library(each["file"])], "count": 1})
    return folded


def _frames(error: BaseException) -> Iterable[Frame]:
    return [
        frame_of(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in traceback.walk_tb(error.__traceback__)
    ]


def frame_of(file: str, line: int, name: str) -> Frame:
    return {"file": file, "line": line, "name": name, "code": linecache.getline(file, line).strip()}


def library(file: str) -> str:
    """The name of the package that a file belongs to."""
    parts = Path(file).parts
    for folder in LIBRARY_FOLDERS:
        if folder in parts:
            return parts[parts.index(folder) + 1].removesuffix(".py")
    return "Python"


def described(error: BaseException) -> str:
    """An exception's type and text; of one of SQLAlchemy's, the text of PostgreSQL."""
    text = AFTER_THE_REASON.split(str(getattr(getattr(error, "orig", None), "__cause__", None) or error))[0]
    if isinstance(error, ImportError):
        text = re.sub(r" \([^()]*(\.py|unknown location)\)$", "", text)  # where the other file lies
    return f"{type(error).__name__}: {short(text, ERROR_LIMIT)}" if text else type(error).__name__


def short(text: str, limit: int = VALUE_LIMIT, start: int = 0) -> str:
    """A text on one line, cut to so many characters."""
    text = " ".join(text.split())
    text = f"...{text[start:]}" if start else text
    return text if len(text) <= limit else text[: limit - 3] + "..."
