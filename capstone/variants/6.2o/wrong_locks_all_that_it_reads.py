"""The comment's author and post are locked with it, after it: who deletes the post holds them in the other order."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.errors import NotFound
from app.models import Comment
from app.services.comments_service import WITH_AUTHOR


async def locked(session: AsyncSession, comment_id: int) -> Comment:
    """A comment with its author and its post, locked. Raises NotFound."""
    query = select(Comment).where(Comment.id == comment_id).with_for_update(key_share=True)
    comment = await session.scalar(query.options(WITH_AUTHOR, joinedload(Comment.post, innerjoin=True)))
    if comment is None:
        raise NotFound(f"There is no comment {comment_id}.")
    return comment
