"""How requests, responses and rows look in a notebook."""

import html
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import asyncpg
import httpx

from course.machine import ladder
from course.machine.answers import answer_lines

CELL_CHARACTERS = 60
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
        return "<table>\n" + "\n".join(f"<tr>{line}</tr>" for line in lines) + "\n</table>"

    def __repr__(self) -> str:
        if not self:
            return "no rows"
        table = self._table()
        widths = [max(len(line[column]) for line in table) for column in range(len(table[0]))]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in table)


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
