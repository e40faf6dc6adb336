"""One's own account: the password that shows whose it is, and its end."""

from dataclasses import dataclass, field

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.session import Database
from app.errors import Unauthenticated, WrongPassword
from app.models import Comment, Post, User
from app.security.passwords import Passwords
from app.security.tokens import BAD_TOKEN_DETAIL, Bearer
from app.services import login_attempts
from app.services.announcements import Change, announce_all

BEARER = select(User).where(User.id == bindparam("id"), User.token_version == bindparam("version"), User.is_active)
CREDENTIALS = BEARER.with_only_columns(User.email, User.hashed_password)

# What goes with an account, and what is counted anew, locked in the order that everybody keeps (migration 0007): two
# people who delete their accounts at once have commented on each other's posts, and would otherwise wait for each other
# in a circle.
TOUCHED_POSTS = (
    select(Post.id)
    .where(
        or_(
            Post.author_id == bindparam("id"),
            Post.id.in_(select(Comment.post_id).where(Comment.author_id == bindparam("id"))),
        )
    )
    .order_by(Post.id)
    .with_for_update()
)
ACCOUNT = BEARER.with_only_columns(User.id).with_for_update()
OWN_POSTS = select(Post.id).where(Post.author_id == bindparam("id")).order_by(Post.id).with_for_update()
OWN_COMMENTS = (
    select(Comment.id, Comment.post_id)
    .where(
        or_(
            Comment.author_id == bindparam("id"),
            Comment.post_id.in_(select(Post.id).where(Post.author_id == bindparam("id"))),
        )
    )
    .order_by(Comment.id)
    .with_for_update()
)
DELETE_ACCOUNT = delete(User).where(User.id == bindparam("id"))


@dataclass(frozen=True, slots=True)
class Credentials:
    """Somebody logged in, what their password is compared with, and what wrong ones are counted under."""

    bearer: Bearer
    hashed_password: str = field(repr=False)
    attempts: bytes


async def read_credentials(database: Database, *, bearer: Bearer, address: str) -> Credentials:
    """Return the credentials of the user whom a token names, and hold no connection afterwards. `address` is theirs.

    Raises Unauthenticated if they are gone, may not come in any more, or changed the password since.
    """
    async with database.read() as connection:
        found = (await connection.execute(CREDENTIALS, _values(bearer))).one_or_none()
    if found is None:
        raise Unauthenticated(BAD_TOKEN_DETAIL)
    return Credentials(bearer, found.hashed_password, login_attempts.key_of(found.email, address))


async def check_password(database: Database, passwords: Passwords, *, credentials: Credentials, password: str) -> None:
    """Check that somebody logged in knows the password, too. They hold no connection while it is hashed.

    Whoever stole a token could guess here what they can't guess at the login, so wrong ones are counted as one. Raises
    WrongPassword, and TooManyAttempts after too many of those.
    """
    async with database.read() as connection:
        await login_attempts.check(connection, credentials.attempts)
    if not await passwords.verify(password, credentials.hashed_password):
        await login_attempts.count_wrong(database, credentials.attempts)
        raise WrongPassword
    await login_attempts.forget(database, credentials.attempts)


async def delete_account(database: Database, passwords: Passwords, *, credentials: Credentials, current: str) -> None:
    """Delete an account. The database deletes its posts and comments with it.

    Whoever watches one of its posts is told that it is gone, and whoever watches another's, which comments are. Raises
    what `check_password` raises, and Unauthenticated if the token ended or the account went meanwhile.
    """
    await check_password(database, passwords, credentials=credentials, password=current)
    bearer = credentials.bearer
    async with database.transaction() as session:
        await session.execute(TOUCHED_POSTS, {"id": bearer.user_id})
        if await session.scalar(ACCOUNT, _values(bearer)) is None:
            raise Unauthenticated(BAD_TOKEN_DETAIL)
        changes = await _lock_what_goes(session, bearer.user_id)
        await session.execute(DELETE_ACCOUNT, {"id": bearer.user_id})
        await announce_all(session, changes)


async def _lock_what_goes(session: AsyncSession, user_id: int) -> list[Change]:
    """Lock the user's posts, the comments on them and the user's own, and return what there will be to tell."""
    posts = (await session.scalars(OWN_POSTS, {"id": user_id})).all()
    comments = (await session.execute(OWN_COMMENTS, {"id": user_id})).all()
    own = set(posts)
    changes = [Change("post.deleted", post_id) for post_id in posts]
    return changes + [Change("comment.deleted", post_id, id_) for id_, post_id in comments if post_id not in own]


def _values(bearer: Bearer) -> dict[str, int]:
    return {"id": bearer.user_id, "version": bearer.version}
