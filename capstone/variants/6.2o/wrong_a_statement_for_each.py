"""Each comment is read by a statement of its own."""

from collections.abc import Sequence

from app.database.reader import AnyRow, Reader
from app.services.comments_service import COMMENTS_BY_ID


async def read_comments(reader: Reader, *, comment_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Those of the comments that are there."""
    return [row for each in comment_ids for row in await reader.rows(COMMENTS_BY_ID, comment_ids=[each])]
