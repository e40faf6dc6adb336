"""Whoever may delete may change: the post's author rewrites what others said."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Comment, User
from app.services.comments_service import deletable_comment


async def own_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author to change, locked until the end of the transaction.

    Raises NotFound, or Forbidden if it is another's.
    """
    return await deletable_comment(session, user=user, comment_id=comment_id)
