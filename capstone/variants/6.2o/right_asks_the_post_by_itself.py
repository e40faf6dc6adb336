"""The post is locked by itself, after its number is known, and the comparisons are written out."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Forbidden
from app.models import Comment, Post, User
from app.services.comments_service import locked


async def deletable_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author, or the author of the post that it stands under, to delete; locked likewise.

    Raises NotFound, or Forbidden to anybody else.
    """
    # The post first, which has the number of its comments, and which somebody else may be deleting.
    post_id = await session.scalar(select(Comment.post_id).where(Comment.id == comment_id))
    await session.scalar(select(Post.id).where(Post.id == post_id).with_for_update(key_share=True))
    comment = await locked(session, comment_id)
    if comment.author_id != user.id and comment.post.author_id != user.id:
        raise Forbidden("Only its author and the post's may delete a comment.")
    return comment
