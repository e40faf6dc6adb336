"""The post is locked by nobody, until its count is changed: by then the comment is, too."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Forbidden
from app.models import Comment, User
from app.services.comments_service import locked


async def deletable_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author, or the author of the post that it stands under, to delete; locked likewise.

    Raises NotFound, or Forbidden to anybody else.
    """
    comment = await locked(session, comment_id)
    if user.id not in (comment.author_id, comment.post.author_id):
        raise Forbidden("Only its author and the post's may delete a comment.")
    return comment
