"""Nothing is flushed: the answer has the time of the change before."""

from sqlalchemy.ext.asyncio import AsyncSession

from app.models import Post


async def change_post(session: AsyncSession, *, post: Post, **changes: str) -> Post:
    """Change a post's title, its body, or both."""
    for field, value in changes.items():
        setattr(post, field, value)
    return post
