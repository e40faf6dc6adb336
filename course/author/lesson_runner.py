"""A lesson followed from its first line: commands typed, what they print compared, code typed into a workspace."""

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from course.author import warm
from course.author.lesson import Block, Problem, blocks, shown_names
from course.author.listing import Listings
from course.errors import CourseError
from course.machine import ports, processes
from course.machine.material.data import Name
from course.machine.material.lessons import FRONT, Page
from course.machine.material.testing import PLUGIN
from course.machine.material.workspace import Workspace, write_source
from course.machine.migrations import UPGRADE_AND_CHECK
from course.machine.readiness import Patience, processor_seconds
from course.paths import ROOT
from course.stages import Stage

PROMPT = "$ "
ANYTHING = "..."  # alone on a line: any number of lines
IDLE_SECONDS = 60.0  # a command that has done nothing for so long waits in vain
COMMAND_SECONDS = 900.0  # one that works for so long goes round in a circle: the longest tries a whole stage
SERVING = "Ctrl-C ends it"  # what `course run` says when it serves
COURSE = (sys.executable, "-m", "course")
# What `course` commands import, and the programs of which they are made. Whatever else a lesson starts is a new Python.
LIBRARIES = (
    *("alembic.autogenerate", "alembic.config", "anyio.pytest_plugin", "asyncpg", "bcrypt", "fastapi", "httpx", "jwt"),
    *("libcst", "psutil", "pydantic_settings", "pytest", "rich.markdown", "sqlalchemy.dialects.postgresql.asyncpg"),
    *("sqlalchemy.ext.asyncio", "typer.main", "typer.rich_utils", "uvicorn.main"),
)
PROGRAMS = (
    r"-m (course|uvicorn)\b|-c from multiprocessing\.spawn |-c import [\w.]+$"
    f"|-c {re.escape(UPGRADE_AND_CHECK)}|{re.escape(str(PLUGIN / 'course_runs.py'))}"
)
WIDTH = "100"  # columns of the terminal in which the lesson is followed
MASKS = (
    (re.compile(r"eyJ[\w-]+(?:\.[\w-]+\.[\w-]*|\.\.\.)"), "TOKEN"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)"), "TIME"),
    (re.compile(r"\b\d+(?:\.\d+)?(?= ?m?s\b)"), "DURATION"),
    (re.compile(r"(?<=127\.0\.0\.1:)\d+"), "PORT"),
    (re.compile(r"(\"(?:post_)?id\": ?)\d+"), r"\1ID"),
    (re.compile(r"(/(?:notes|products|posts|comments|users)/)\d+"), r"\1ID"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b\d+(?= answers\b)"), "COUNT"),
    (re.compile(r"postgresql://\S+"), "DATABASE"),
    (re.compile(r"(cursor(?:=|\": \"))[\w-]{27,}"), r"\1CURSOR"),
    (re.compile(r"\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d-\d+"), "MOMENT"),
)
TOKEN = re.compile(r"(eyJ[\w-]{7})[\w-]*\.[\w-]+\.[\w-]*")


@dataclass
class Command:
    """A command of a console block, and the lines that the lesson says it prints."""

    text: str
    page: str
    line: int
    printed: list[str] = field(default_factory=list)


def commands(block: Block) -> list[Command]:
    """The commands of a console block, in order."""
    found: list[Command] = []
    for number, line in enumerate(block.text.splitlines(), start=block.line + 1):
        if line.startswith(PROMPT):
            found.append(Command(line.removeprefix(PROMPT), block.page, number))
        elif found:
            found[-1].printed.append(line)
        else:
            raise CourseError(f"{block.page}, line {number}: a console block begins with a command after `$ `.")
    return found


def masked(line: str) -> str:
    """A line with what changes from run to run taken out."""
    for pattern, mask in MASKS:
        line = pattern.sub(mask, line)
    return line.rstrip()


def agrees(shown: Sequence[str], printed: Sequence[str]) -> bool:
    """Whether what a lesson shows is what was printed, masked, `...` standing for any lines."""
    wanted = (r"(?:.*\n)*?" if line.strip() == ANYTHING else re.escape(masked(line)) + r"\n" for line in shown)
    return re.fullmatch("".join(wanted), "".join(f"{masked(line)}\n" for line in printed)) is not None


class _Limit:
    """For how long a command that prints into a log may run: for as long as it works, within reason."""

    def __init__(self, log: Path) -> None:
        self._patience = Patience(partial(processor_seconds, os.getpid()), lambda: log.exists() and log.stat().st_size)
        self._end = time.monotonic() + COMMAND_SECONDS

    def is_reached(self) -> bool:
        return self._patience.is_over(IDLE_SECONDS) or time.monotonic() > self._end


class Server:
    """The other terminal: a `course run` of the lesson, kept up for the commands that follow."""

    def __init__(self, words: Sequence[str], env: dict[str, str], log: Path) -> None:
        self.words = list(words)
        self._env, self._log = env, log
        self._child: subprocess.Popen[bytes] | None = None

    @property
    def on_workspace(self) -> bool:
        return "--workspace" in self.words

    def start(self) -> list[str]:
        """Start it, and return the lines that it printed until it served, or ended."""
        port = ["--port", str(ports.any_free())]
        with self._log.open("wb") as output, processes.shielded():
            self._child = processes.start([*self.words, *port], cwd=ROOT, env=self._env, output=output)
        limit = _Limit(self._log)
        while True:
            ended = self._child.poll() is not None or limit.is_reached()
            lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
            serving = next((number for number, line in enumerate(lines, start=1) if SERVING in line), None)
            if serving or ended:
                return lines[:serving]
            time.sleep(0.05)

    def stop(self) -> None:
        if self._child is not None:
            processes.end(self._child, signum=processes.STOP_SIGNALS[0], grace=20)
            self._child = None


class Story:
    """One reading of a lesson."""

    def __init__(self, stage: Stage, env: dict[str, str], scratch: Path, course: Sequence[str] = COURSE) -> None:
        self.stage = stage
        self.listings = Listings(stage)
        self.course = course
        self._env, self._scratch = env, scratch
        self._server: Server | None = None
        self._dirty = False  # the workspace has changed since the server started on it

    def follow(
        self, pages: Sequence[Page], told: Callable[[str], object] = lambda what: None
    ) -> Iterator[tuple[Command, list[str]]]:
        """Run every command and yield it with the lines that it printed; type each step's listing as it comes by."""
        try:
            for block in (block for page in pages for block in blocks(page)):
                if block.call is not None:
                    self.type(block)
                elif block.language == "console":
                    for command in commands(block):
                        told(f"{command.page}, line {command.line}: {command.text}")
                        yield command, self.run(command)
                elif block.language == "dotenv":
                    write_source(Workspace(self.stage, self.workspaces).folder / ".env", block.text)
        finally:
            if self._server:
                self._server.stop()

    def type(self, block: Block) -> None:
        """Write what a listing shows into the workspace, where it is still empty, or as a command has drafted it."""
        shown = shown_names(block.call, self.listings.learning)
        workspace = Workspace(self.stage, self.workspaces)
        if not shown or not workspace.folder.is_dir():
            return
        for step in self.listings.learning.steps:
            names = [name for name in step.empty if any(_shows(each, name) for each in shown)]
            empty = set(workspace.unwritten(step))
            if wanted := [name for name in names if step.drafted or str(name) in empty]:
                workspace.put_reference(step, wanted)
                self._dirty = True
                if self._server and self._server.on_workspace:
                    self._server.stop()  # it would start its app anew for each file, and nobody asks it meanwhile

    def run(self, command: Command) -> list[str]:
        """Type one command, and return the lines that it printed."""
        words = self._words(command)
        if self._serves(words):
            return self._start(words)
        talks = self._is(words, "http") or self._is(words, "ws")
        if self._dirty and self._server and self._server.on_workspace and talks:
            self._start(self._server.words)  # what its reload does, once for all that has been typed
        log = self._scratch / "output.txt"
        limit = _Limit(log)

        def tick() -> None:
            if limit.is_reached():
                raise CourseError(f"{command.page}, line {command.line}: {command.text} did not end.")

        env = self._env if words[0 : len(self.course)] == [*self.course] else _without_course(self._env)
        processes.run_apart(words, log=log, tick=tick, cwd=ROOT, env=env)
        return log.read_text(encoding="utf-8", errors="replace").splitlines()

    def _start(self, words: Sequence[str]) -> list[str]:
        if self._server:
            self._server.stop()
        self._server = Server(words, self._env, self._scratch / "server.txt")
        self._dirty = False
        return self._server.start()

    def _words(self, command: Command) -> list[str]:
        program, *rest = shlex.split(command.text)
        if program == "course":
            return [*self.course, *rest]
        if program == "python":
            return [sys.executable, *rest]
        raise CourseError(
            f"{command.page}, line {command.line}: console blocks run `course` and `python`, not {program}."
        )

    def _is(self, words: Sequence[str], name: str) -> bool:
        return list(words[: len(self.course) + 1]) == [*self.course, name]

    def _serves(self, words: Sequence[str]) -> bool:
        return self._is(words, "run") and not {"--help", "-h"} & set(words)

    @property
    def workspaces(self) -> Path:
        """Where the story's workspaces are."""
        return Path(self._env["COURSE_WORKSPACE"])


@contextmanager
def reading(stage: Stage, database_url: str, course: Sequence[str] = COURSE, **variables: str) -> Iterator[Story]:
    """A story in a home and a workspace of its own, on the given database, with variables of its own."""
    with tempfile.TemporaryDirectory(prefix="course-story-", ignore_cleanup_errors=True) as folder:
        scratch = Path(folder)
        env = {name: value for name, value in os.environ.items() if name not in ("CI", "FORCE_COLOR", "COURSE_URL")}
        env |= {
            "NO_COLOR": "1",
            "TERM": "dumb",
            "COLUMNS": WIDTH,
            "PYTHONUTF8": "1",
            "COURSE_HOME": str(scratch / "home"),
            "COURSE_WORKSPACE": str(scratch / "workspace"),
            "COURSE_POSTGRES": "url",
            "DATABASE_URL": database_url,
            **variables,
        }
        programs = re.compile(f"{PROGRAMS}|{re.escape(' '.join(course[1:]))}")
        with warm.pythons(programs, LIBRARIES):
            yield Story(stage, env, scratch, course)


def check(story: Story, pages: Sequence[Page], told: Callable[[str], object] = lambda what: None) -> list[Problem]:
    """Follow a lesson; name each command that prints something else than the lesson shows, and each step left open."""
    problems = []
    for command, printed in story.follow(pages, told):
        if not agrees(command.printed, printed):
            difference = f"`{command.text}` prints {_first_difference(command, printed)}"
            problems.append(Problem(command.page, command.line, difference))
    return problems + unchecked_steps(story)


def unchecked_steps(story: Story) -> list[Problem]:
    """The steps that are not passed in the workspace once the lesson is over."""
    workspace = Workspace(story.stage, story.workspaces)
    steps = workspace.learning.steps
    return [
        Problem(FRONT, 1, f"at its end, step {step.id} ({step.title}) has not been checked and passed")
        for step in steps
        if not workspace.state.of(step).passed
    ]


def update(story: Story, pages: Sequence[Page], told: Callable[[str], object] = lambda what: None) -> list[Page]:
    """The pages with each command's output as it is today. Output that differs only in what is masked stays."""
    lines: dict[str, list[str | None]] = {page.name: list(page.text.splitlines()) for page in pages}
    added: dict[tuple[str, int], list[str]] = {}
    for command, printed in story.follow(pages, told):
        if not agrees(command.printed, printed):
            first = command.line  # lines count from 1: this is the index of the first line of output
            for index in range(first, first + len(command.printed)):
                lines[command.page][index] = None
            added[command.page, command.line - 1] = [TOKEN.sub(r"\1...", line.rstrip()) for line in printed]
    updated = []
    for page in pages:
        result = []
        for index, line in enumerate(lines[page.name]):
            if line is not None:
                result.append(line)
            result += added.get((page.name, index), [])
        updated.append(replace(page, text="\n".join(result) + "\n"))
    return updated


def _shows(shown: Name, name: Name) -> bool:
    if shown.file != name.file:
        return False
    return shown.qualname in (None, name.qualname) or str(name.qualname).startswith(f"{shown.qualname}.")


def _first_difference(command: Command, printed: Sequence[str]) -> str:
    for shown, line in zip(command.printed, printed, strict=False):
        if shown.strip() == ANYTHING:
            return f"other lines than the lesson shows around `...`: {printed[:20]}"
        if masked(shown) != masked(line):
            return f"{line!r} where the lesson shows {shown!r}"
    if len(printed) > len(command.printed):
        return f"{printed[len(command.printed)]!r} after what the lesson shows"
    return f"nothing more where the lesson shows {command.printed[len(printed)]!r}"


def _without_course(env: dict[str, str]) -> dict[str, str]:
    """What a program sees that the student starts without the course: no database, no settings of ours."""
    return {name: value for name, value in env.items() if name != "DATABASE_URL" and not name.startswith("COURSE_")}
