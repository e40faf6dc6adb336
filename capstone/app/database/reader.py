"""Single statements, each for itself. What takes several has a session: session.py."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Executable, Row
from sqlalchemy.util import greenlet_spawn

AnyRow = Row[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True)
class Reader:
    """Runs a SELECT on a connection of the pool: no transaction around it, no objects made of its rows."""

    connect: Callable[[], AbstractContextManager[Connection]]
    seconds: float

    async def rows(self, query: Executable, **values: object) -> Sequence[AnyRow]:
        """The rows of columns that a query finds. Raises TimeoutError, the wait for a connection included."""
        async with asyncio.timeout(self.seconds):
            # One greenlet for all three steps: SQLAlchemy's own asynchronous connection takes one for each.
            return await greenlet_spawn(self._rows, query, values)

    def _rows(self, query: Executable, values: dict[str, object]) -> Sequence[AnyRow]:
        with self.connect() as connection:
            return connection.execute(query, values).all()


class Writer(Reader):
    """Runs a statement that changes something and is complete by itself: it is committed when its rows are here."""
