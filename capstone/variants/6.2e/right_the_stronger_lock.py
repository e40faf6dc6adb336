"""The stronger lock, and the answers in another order."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.errors import Forbidden, NotFound
from app.models import Post, User
from app.services.posts_service import WITH_AUTHOR


async def own_post(session: AsyncSession, *, user: User, post_id: int) -> Post:
    """A post for its author to change, locked until the end of the transaction: nobody deletes it meanwhile.

    Raises NotFound, or Forbidden if it is another's. The lock is of the kind that lets comments in.
    """
    query = select(Post).where(Post.id == post_id).options(WITH_AUTHOR)
    post = await session.scalar(query.with_for_update(of=Post))
    if post is not None and post.author_id == user.id:
        return post
    if post is None:
        raise NotFound("No such post.")
    raise Forbidden("It is another's.")
