"""The post is locked by nobody, until its count is changed: by then the comment is, too."""

from collections.abc import Sequence

from sqlalchemy import bindparam, insert, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.database.faults import violated_constraint
from app.database.pagination import Page, PageParams, keyset, read_page
from app.database.reader import AnyRow, Reader, Writer
from app.errors import Forbidden, InvalidToken, NotFound
from app.models import Comment, User
from app.models.user import AUTHOR
from app.services.announcements import Change, announce, announcement
from app.services.posts_service import check_exists

WITH_AUTHOR = joinedload(Comment.author, innerjoin=True)
COMMENTS = select(Comment, AUTHOR).join(Comment.author)
COMMENTS_BY_ID = COMMENTS.where(Comment.id.in_(bindparam("comment_ids", expanding=True)))
WRITTEN = (
    insert(Comment)
    .values(post_id=bindparam("post"), author_id=bindparam("author"), body=bindparam("text"))
    .returning(Comment)
    .cte("written")
)
NEW_COMMENT = select(WRITTEN, AUTHOR, announcement("comment.created", WRITTEN)).join(
    User, User.id == WRITTEN.c.author_id
)
COMMENTS_OF_POST = COMMENTS.where(Comment.post_id == bindparam("post_id"))


async def list_comments(reader: Reader, *, post_id: int, params: PageParams) -> Page:
    """A page of a post's comments, the oldest first. Raises NotFound if there is no such post."""
    page = await read_page(reader, keyset(COMMENTS_OF_POST, Comment), params, post_id=post_id)
    if not page.items:
        await check_exists(reader, post_id=post_id)
    return page


async def read_comment(reader: Reader, *, comment_id: int) -> AnyRow:
    """One comment. Raises NotFound."""
    found = await read_comments(reader, comment_ids=[comment_id])
    if not found:
        raise NotFound(f"There is no comment {comment_id}.")
    return found[0]


async def read_comments(reader: Reader, *, comment_ids: Sequence[int]) -> Sequence[AnyRow]:
    """Those of the comments that are there."""
    return await reader.rows(COMMENTS_BY_ID, comment_ids=comment_ids)


async def create_comment(writer: Writer, *, post_id: int, author: User, body: str) -> AnyRow:
    """Write a comment under a post, and announce it, by one statement.

    Raises NotFound if there is no such post, also if it is deleted while this runs: the foreign key decides, so there
    is no moment between a check and the insert. Raises InvalidToken if the author's account is gone likewise.
    """
    try:
        return (await writer.rows(NEW_COMMENT, post=post_id, author=author.id, text=body))[0]
    except IntegrityError as error:
        match violated_constraint(error):
            case "fk_comments_post_id":
                raise NotFound(f"There is no post {post_id}.") from error
            case "fk_comments_author_id":
                raise InvalidToken from error
        raise


async def own_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author to change, locked until the end of the transaction.

    Raises NotFound, or Forbidden if it is another's.
    """
    comment = await locked(session, comment_id)
    if comment.author_id != user.id:
        raise Forbidden("Only its author may change a comment.")
    return comment


async def deletable_comment(session: AsyncSession, *, user: User, comment_id: int) -> Comment:
    """A comment for its author, or the author of the post that it stands under, to delete; locked likewise.

    Raises NotFound, or Forbidden to anybody else.
    """
    comment = await locked(session, comment_id)
    if user.id not in (comment.author_id, comment.post.author_id):
        raise Forbidden("Only its author and the post's may delete a comment.")
    return comment


async def change_comment(session: AsyncSession, *, comment: Comment, **changes: str) -> Comment:
    """Change a comment's `body`."""
    for field, value in changes.items():
        setattr(comment, field, value)
    await session.flush()
    await announce(session, Change("comment.updated", comment.post_id, comment.id))
    return comment


async def delete_comment(session: AsyncSession, *, comment: Comment) -> None:
    """Delete a comment."""
    await session.delete(comment)
    await session.flush()
    await announce(session, Change("comment.deleted", comment.post_id, comment.id))


async def locked(session: AsyncSession, comment_id: int) -> Comment:
    """A comment with its author and its post, locked. Raises NotFound."""
    query = select(Comment).where(Comment.id == comment_id).with_for_update(of=Comment, key_share=True)
    comment = await session.scalar(query.options(WITH_AUTHOR, joinedload(Comment.post, innerjoin=True)))
    if comment is None:
        raise NotFound(f"There is no comment {comment_id}.")
    return comment
