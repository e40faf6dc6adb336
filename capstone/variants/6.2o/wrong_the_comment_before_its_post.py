"""The comment is locked, and then its post: who deletes the post does it the other way round."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Forbidden
from app.models import Comment, Post, User
from app.services.comments_service import locked


async def deletable_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author, or the author of the post that it stands under, to delete; locked likewise.

    Raises NotFound, or Forbidden to anybody else.
    """
    comment = await locked(session, comment_id)
    if user.id not in (comment.author_id, comment.post.author_id):
        raise Forbidden("Only its author and the post's may delete a comment.")
    post = select(Post.id).where(Post.id == comment.post_id)
    await session.execute(post.with_for_update(of=Post, key_share=True))
    return comment
