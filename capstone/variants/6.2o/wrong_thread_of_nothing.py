"""A post that is not there looks like one that nobody has answered."""

from app.database.pagination import Page, PageParams, keyset, read_page
from app.database.reader import Reader
from app.models import Comment
from app.services.comments_service import COMMENTS_OF_POST


async def list_comments(reader: Reader, *, post_id: int, params: PageParams) -> Page:
    """A page of a post's comments, the oldest first. Raises NotFound if there is no such post."""
    page = await read_page(reader, keyset(COMMENTS_OF_POST, Comment), params, post_id=post_id)
    return page
