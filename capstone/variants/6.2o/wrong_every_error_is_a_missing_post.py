"""Whatever the database refuses is told as a missing post."""

from sqlalchemy.exc import IntegrityError

from app.database.reader import AnyRow, Writer
from app.errors import NotFound
from app.models import User
from app.services.comments_service import NEW_COMMENT


async def create_comment(writer: Writer, *, post_id: int, author: User, body: str) -> AnyRow:
    """Write a comment under a post, and announce it, by one statement.

    Raises NotFound if there is no such post, also if it is deleted while this runs: the foreign key decides, so there
    is no moment between a check and the insert. Raises InvalidToken if the author's account is gone likewise.
    """
    try:
        return (await writer.rows(NEW_COMMENT, post=post_id, author=author.id, text=body))[0]
    except IntegrityError as error:
        raise NotFound(f"There is no post {post_id}.") from error
