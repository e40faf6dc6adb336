"""Tags: words that an author gives a post."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.reader import Reader
from app.models import Post
from app.models.tag import Tag
from app.services.posts_service import check_exists

TAGS = select(Tag.name).where(Tag.post_id == bindparam("post_id")).order_by(Tag.name)


async def list_tags(reader: Reader, *, post_id: int) -> list[str]:
    """The tags of a post. Raises NotFound if there is no such post."""
    await check_exists(reader, post_id=post_id)
    return [row.name for row in await reader.rows(TAGS, post_id=post_id)]


async def set_tags(session: AsyncSession, *, post: Post, names: Sequence[str]) -> list[str]:
    """Give a post these tags and no others. The post is locked: of two changes at once, one is made after the other."""
    await session.execute(delete(Tag).where(Tag.post_id == post.id))
    chosen = sorted(set(names))
    if chosen:
        await session.execute(insert(Tag), [{"post_id": post.id, "name": name} for name in chosen])
    return chosen
