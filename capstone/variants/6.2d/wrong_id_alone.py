"""The id alone is the place, whatever the time says."""

from dataclasses import asdict
from functools import lru_cache
from typing import Any

from sqlalchemy import Select, bindparam, tuple_

from app.database.pagination import NEWEST, OLDEST, Page, PageParams, Position
from app.database.reader import Reader
from app.models.base import Base


@lru_cache  # to build a query costs more than to run it: one that is a constant is built once
def keyset(query: Select[Any], row: type[Base], *, newest_first: bool = False) -> Select[Any]:
    """Return the query for any page of a list: so many `rows` after `created_at` and `id`, or from the beginning.

    An index on both columns has to serve the order.
    """
    order = (row.id,)
    start = NEWEST if newest_first else OLDEST
    after = tuple_(bindparam("id", start.id))
    query = query.where(tuple_(*order) < after if newest_first else tuple_(*order) > after)
    return query.order_by(*(each.desc() if newest_first else each for each in order)).limit(bindparam("rows", 0))


async def read_page(reader: Reader, query: Select[Any], params: PageParams, **values: object) -> Page:
    """Return the page that a `keyset` query asks for, by one statement. One row more tells whether there is another."""
    after = asdict(params.after) if params.after else {}
    rows = await reader.rows(query, **values, **after, rows=params.limit + 1)
    if len(rows) <= params.limit:
        return Page(rows, None)
    last = rows[params.limit - 1]
    return Page(rows[: params.limit], Position(last.created_at, last.id))
