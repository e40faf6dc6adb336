"""How requests, responses and rows look in a notebook."""

import html
import re
import sys
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise, takewhile
from typing import Any

import asyncpg
import httpx

from course.machine import ladder
from course.machine.answers import answer_lines
from course.machine.material.diff import Change
from course.teach import colours

CELL_CHARACTERS = 60
CONTEXT_LINES = 1  # around a change: the class is to see the change
# As large as the code, also on a projector; and a hash such as $2b$12$ is no formula. The class is not the table's own:
# the site lets only a table without one scroll on a phone.
TABLE = '<div class="tex2jax_ignore mathjax_ignore"><table style="font-size: var(--jp-code-font-size)">'
TOKEN = re.compile(r"(eyJ[\w-]{9})[\w-]*\.[\w-]+\.[\w-]*([\w-]{4})")


class Rows(list[dict[str, Any]]):
    """Rows of a database as a list of dicts, which a notebook shows as a table."""

    def __init__(self, rows: Iterable[Mapping[str, Any]] = ()) -> None:
        super().__init__(dict(row) for row in rows)

    def _table(self) -> list[list[str]]:
        return [list(self[0]), *([_short(value) for value in row.values()] for row in self)] if self else []

    def _repr_html_(self) -> str:
        if not self:
            return "<em>no rows</em>"
        head, *body = [[html.escape(cell) for cell in line] for line in self._table()]
        lines = ["".join(f"<th>{cell}</th>" for cell in head)]
        lines += ["".join(f"<td>{cell}</td>" for cell in line) for line in body]
        return f"{TABLE}\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table></div>"

    def __repr__(self) -> str:
        if not self:
            return "no rows"
        table = self._table()
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in table)


class Diff:
    """What a bug changes in a stage's code: `-` right, `+` wrong. Imports that only change along are left out."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self.lines = ["--- right", "+++ wrong"]
        for change in changes:
            hunks = [_near_the_change(hunk) for hunk in _hunks(change.lines) if not _is_of_imports(hunk)]
            for place, hunk in enumerate(hunks):
                self.lines += ["..." if place else f"# {change.title}", *hunk]

    def _repr_html_(self) -> str:
        looks = {
            "-": f"background-color: {colours.RIGHT}; color: black",
            "+": f"background-color: {colours.WRONG}; color: white",
        }
        lines = [(looks.get(line[:1]), html.escape(line)) for line in self.lines]
        shown = [f'<span style="{look}">{text}</span>' if look else text for look, text in lines]
        pre = "font-family: monospace; font-size: 0.9em; line-height: 1.35; white-space: pre-wrap; padding-right: 2em"
        return f'<pre style="{pre}">' + "\n".join(shown) + "</pre>"

    def __repr__(self) -> str:
        return "\n".join(self.lines)


def _hunks(lines: Sequence[str]) -> list[list[str]]:
    """The changed places of a file, each with the code around it: what a comment says there may be the answer."""
    starts = [number for number, line in enumerate(lines) if line.startswith("@@")]
    places = pairwise([*starts, len(lines)])
    return [[line for line in lines[start + 1 : end] if _is_shown(line)] for start, end in places]


def _is_shown(line: str) -> bool:
    code = line[1:].strip()
    return bool(code) and not (line[0] == " " and code.startswith("#"))


def _changed(hunk: Sequence[str]) -> list[int]:
    return [number for number, line in enumerate(hunk) if line[0] in "-+"]


def _indent(line: str) -> int:
    return len(line[1:]) - len(line[1:].lstrip())


def _is_of_imports(hunk: Sequence[str]) -> bool:
    return all(hunk[number][1:].startswith(("from ", "import ")) for number in _changed(hunk))


def _near_the_change(hunk: Sequence[str]) -> list[str]:
    """A hunk with less around it, nothing behind the block that it is in, and not indented."""
    changed = _changed(hunk)
    first, last = changed[0], changed[-1]
    least = min(_indent(hunk[number]) for number in changed)
    after = takewhile(lambda line: _indent(line) >= least, hunk[last + 1 : last + 1 + CONTEXT_LINES])
    near = [*hunk[max(0, first - CONTEXT_LINES) : last + 1], *after]
    code = textwrap.dedent("\n".join(line[1:] for line in near)).split("\n")
    return [f"{line[0]}{text}" for line, text in zip(near, code, strict=True)]


async def fetch(database_url: str, sql: str, arguments: Sequence[object]) -> Rows:
    """Run one SQL statement; its rows, if it has any."""
    connection = await asyncpg.connect(ladder.plain(database_url))
    try:
        return Rows(await connection.fetch(sql, *arguments))
    finally:
        await connection.close()


def _short(value: object) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= CELL_CHARACTERS else text[: CELL_CHARACTERS - 4] + " ..."


def show(response: httpx.Response) -> None:
    """Print an answer: the request's first line and body, the status, the headers that matter, the body.

    Tokens are cut: a page that is published holds none.
    """
    text = "\n".join(_lines(response))
    sys.stdout.write(TOKEN.sub(r"\1...\2", text) + "\n\n")


def _lines(response: httpx.Response) -> Iterable[str]:
    request = response.request
    yield f"{request.method} {request.url.raw_path.decode()}"
    if request.content:
        yield request.content.decode(errors="replace")
    yield ""
    yield from answer_lines(response)
