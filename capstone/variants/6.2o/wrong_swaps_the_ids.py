"""The ids change places: who reads along looks for the comment with the post's id, under another post."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Comment
from app.services.announcements import Change, announce


async def change_comment(session: AsyncSession, *, comment: Comment, **changes: str) -> Comment:
    """Change a comment's `body`."""
    for field, value in changes.items():
        setattr(comment, field, value)
    await session.flush()
    await announce(session, Change("comment.updated", comment.id, comment.post_id))
    return comment


async def delete_comment(session: AsyncSession, *, comment: Comment) -> None:
    """Delete a comment."""
    await session.delete(comment)
    await session.flush()
    await announce(session, Change("comment.deleted", comment.id, comment.post_id))
