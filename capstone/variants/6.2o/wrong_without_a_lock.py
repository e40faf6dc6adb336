"""Nobody holds the comment: what is allowed now may be gone a line later."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.errors import Forbidden, NotFound
from app.models import Comment, Post, User
from app.services.comments_service import WITH_AUTHOR


async def deletable_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author, or the author of the post that it stands under, to delete; locked likewise.

    Raises NotFound, or Forbidden to anybody else.
    """
    # The post first, which has the number of its comments, and which somebody else may be deleting.
    post = select(Post.id).join(Comment, Comment.post_id == Post.id).where(Comment.id == comment_id)
    await session.execute(post)
    comment = await locked(session, comment_id)
    if user.id not in (comment.author_id, comment.post.author_id):
        raise Forbidden("Only its author and the post's may delete a comment.")
    return comment


async def locked(session: AsyncSession, comment_id: int) -> Comment:
    """A comment with its author and its post, locked. Raises NotFound."""
    query = select(Comment).where(Comment.id == comment_id)
    comment = await session.scalar(query.options(WITH_AUTHOR, joinedload(Comment.post, innerjoin=True)))
    if comment is None:
        raise NotFound(f"There is no comment {comment_id}.")
    return comment
