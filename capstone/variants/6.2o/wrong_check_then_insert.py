"""It looks first: a post that is deleted between the two lines is a 500."""

from sqlalchemy.exc import IntegrityError

from app.database.faults import violated_constraint
from app.database.reader import AnyRow, Writer
from app.errors import InvalidToken
from app.models import User
from app.services.comments_service import NEW_COMMENT
from app.services.posts_service import check_exists


async def create_comment(writer: Writer, *, post_id: int, author: User, body: str) -> AnyRow:
    """Write a comment under a post, and announce it, by one statement.

    Raises NotFound if there is no such post, also if it is deleted while this runs: the foreign key decides, so there
    is no moment between a check and the insert. Raises InvalidToken if the author's account is gone likewise.
    """
    await check_exists(writer, post_id=post_id)
    try:
        return (await writer.rows(NEW_COMMENT, post=post_id, author=author.id, text=body))[0]
    except IntegrityError as error:
        match violated_constraint(error):
            case "fk_comments_author_id":
                raise InvalidToken from error
        raise
