"""Posts: written, read page by page, changed and deleted by their author."""

from functools import cache
from typing import Any
from unicodedata import category

from sqlalchemy import Select, Text, bindparam, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload

from app.database.faults import violated_constraint
from app.database.pagination import Page, PageParams, keyset, read_page
from app.database.reader import AnyRow, Reader
from app.errors import Forbidden, InvalidToken, NotFound
from app.models import Post, User
from app.models.post import EXCERPT_LENGTH, SEARCH_VECTOR
from app.models.user import AUTHOR
from app.services.announcements import Change, announce

WITH_AUTHOR = joinedload(Post.author, innerjoin=True)
POSTS = select(Post.id, Post.title, AUTHOR, Post.comment_count, Post.created_at, Post.updated_at).join(Post.author)
POST_ID = select(Post.id).where(Post.id == bindparam("post_id"))
POST = POSTS.add_columns(Post.body).where(Post.id == bindparam("post_id"))
ITEMS = POSTS.add_columns(func.left(Post.body, EXCERPT_LENGTH).label("excerpt"))  # cut there: the rest is not sent
# The marks of all scripts, at which words end: in the index, too (the migration `post_words`).
MARKS = {mark: " " for mark in range(0x1_0000) if category(chr(mark))[0] in "PZ" or chr(mark) in "$+<=>^`|~"}


# The posts that the search index finds: all words must be there, unless `or` stands between, or - before one.
# MATERIALIZED: the index answers first, and then it is sorted. A planner that is free to choose may walk back through
# time, or through an author's posts, and look for the words in each of them, which takes for ever if they are rare.
TYPED = func.websearch_to_tsquery(literal_column("'english'"), bindparam("q", type_=Text))
# What it takes for a phrase is looked for as words (<-> becomes &): the index does not know what stands side by side,
# and each post that has the words would be read.
QUERY = cast(func.regexp_replace(cast(TYPED, Text), "<(-|[0-9]+)>", "&", "g"), TSQUERY)
MATCHES = select(Post.id, Post.created_at, Post.author_id).where(SEARCH_VECTOR.bool_op("@@")(QUERY))
FOUND = MATCHES.cte("found").prefix_with("MATERIALIZED")


@cache
def newest_posts(*, of_author: bool, searched: bool) -> Select[Any]:
    """The query for a page of posts, the newest first; of one author's; that a search finds."""
    listed = aliased(Post, FOUND) if searched else Post
    query = select(listed.id) if searched else ITEMS
    if of_author:
        query = query.where(listed.author_id == bindparam("author_id"))
    page = keyset(query, listed, newest_first=True)
    return ITEMS.where(Post.id.in_(page)).order_by(Post.created_at.desc(), Post.id.desc()) if searched else page


def words_of(q: str) -> str:
    """Return a query with its words apart, as the index has them, and the - before those that it excludes."""
    return " ".join("-" * each.startswith("-") + each.translate(MARKS) for each in q.split())


async def list_posts(reader: Reader, *, author_id: int | None, q: str | None, params: PageParams) -> Page:
    """A page of posts, the newest first; of one author's, if one is named; that `q` finds, if it is not blank."""
    query = newest_posts(of_author=author_id is not None, searched=bool(q and not q.isspace()))
    return await read_page(reader, query, params, author_id=author_id, q=words_of(q or ""))


async def read_post(reader: Reader, *, post_id: int) -> AnyRow:
    """One post in full. Raises NotFound."""
    found = await reader.rows(POST, post_id=post_id)
    if not found:
        raise NotFound(f"There is no post {post_id}.")
    return found[0]


async def check_exists(reader: Reader, *, post_id: int) -> None:
    """Raise NotFound if there is no such post."""
    if not await reader.rows(POST_ID, post_id=post_id):
        raise NotFound(f"There is no post {post_id}.")


async def create_post(session: AsyncSession, *, author: User, title: str, body: str) -> Post:
    """Write a post. Raises InvalidToken if the author's account was deleted meanwhile."""
    post = Post(author=author, title=title, body=body)
    try:
        async with session.begin_nested():
            session.add(post)
    except IntegrityError as error:
        if violated_constraint(error) == "fk_posts_author_id":
            raise InvalidToken from error
        raise
    return post


async def own_post(session: AsyncSession, *, user: User, post_id: int) -> Post:
    """A post for its author to change, locked until the end of the transaction: nobody deletes it meanwhile.

    Raises NotFound, or Forbidden if it is another's. The lock is the weaker one: the row keeps its id.
    """
    query = select(Post).where(Post.id == post_id).options(WITH_AUTHOR)
    post = await session.scalar(query.with_for_update(of=Post, key_share=True))
    if post is None:
        raise NotFound(f"There is no post {post_id}.")
    if post.author_id != user.id:
        raise Forbidden("Only its author may change a post.")
    return post


async def change_post(session: AsyncSession, *, post: Post, **changes: str) -> Post:
    """Change a post's title, its body, or both."""
    for field, value in changes.items():
        setattr(post, field, value)
    await session.flush()
    return post


async def delete_post(session: AsyncSession, *, post: Post) -> None:
    """Delete a post. The database deletes its comments with it."""
    await session.delete(post)
    await session.flush()
    await announce(session, Change("post.deleted", post.id))
