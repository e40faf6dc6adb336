"""The values are collected first, and the page is cut by slices."""

from typing import Any

from sqlalchemy import Select, bindparam, tuple_

from app.database.pagination import NEWEST, OLDEST, Page, PageParams, Position
from app.database.reader import Reader
from app.models.base import Base


def keyset(query: Select[Any], row: type[Base], *, newest_first: bool = False) -> Select[Any]:
    """Return the query for any page of a list: so many `rows` after `created_at` and `id`, or from the beginning.

    An index on both columns has to serve the order.
    """
    order = (row.created_at, row.id)
    start = NEWEST if newest_first else OLDEST
    after = tuple_(bindparam("created_at", start.created_at), bindparam("id", start.id))
    query = query.where(tuple_(*order) < after if newest_first else tuple_(*order) > after)
    return query.order_by(*(each.desc() if newest_first else each for each in order)).limit(bindparam("rows", 0))


async def read_page(reader: Reader, query: Select[Any], params: PageParams, **values: object) -> Page:
    """Return the page that a `keyset` query asks for, by one statement. One row more tells whether there is another."""
    values["rows"] = params.limit + 1
    if params.after is not None:
        values |= {"created_at": params.after.created_at, "id": params.after.id}
    rows = await reader.rows(query, **values)
    items, more = rows[: params.limit], rows[params.limit :]
    return Page(items, Position(items[-1].created_at, items[-1].id) if more else None)
