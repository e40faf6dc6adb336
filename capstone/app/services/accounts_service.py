"""One's own account: the password that shows whose it is, a new one, and its end."""

from sqlalchemy import delete, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker

from app.errors import InvalidToken, WrongPassword
from app.models import Comment, Post, User
from app.security.passwords import hash_password
from app.services import login_attempts
from app.services.announcements import Change, announce
from app.services.users_service import is_password_of


async def check_password(
    sessionmaker: async_sessionmaker[AsyncSession], *, user: User, password: str, address: str, rounds: int
) -> None:
    """Check that somebody logged in knows the password, too. Raises WrongPassword, and after many TooManyAttempts.

    Whoever stole a token could guess here what they can't guess at the login, so wrong ones are one count.
    """
    attempts = login_attempts.key_of(user.email, address)
    async with sessionmaker() as session:
        await login_attempts.check(session, attempts)
    if not await is_password_of(user, password, rounds=rounds):
        await login_attempts.count_wrong(sessionmaker, attempts)
        raise WrongPassword
    await login_attempts.forget(sessionmaker, attempts)


async def change_password(session: AsyncSession, *, user: User, password: str, rounds: int) -> None:
    """Change the password, and end every token issued before. Raises InvalidToken if this one ended meanwhile.

    So of two changes at once the first is made: it ends the token of the second.
    """
    hashed_password = await hash_password(password, rounds=rounds)  # before the session takes a connection
    statement = (
        update(User)
        .where(User.id == user.id, User.token_version == user.token_version, User.is_active)
        .values(hashed_password=hashed_password, token_version=User.token_version + 1)
        .returning(User.id)
    )
    if await session.scalar(statement) is None:
        raise InvalidToken


async def delete_account(session: AsyncSession, *, user: User) -> None:
    """Delete an account, with its posts and comments, and tell who watches. Raises InvalidToken if the token ended."""
    # What goes with an account, and what is counted anew, locked in the order that everybody keeps (the migration
    # `counts` says it): two people who delete their accounts at once have commented on each other's posts, and would
    # otherwise be in a deadlock.
    commented = select(Comment.post_id).where(Comment.author_id == user.id)
    touched = select(Post.id).where(or_(Post.author_id == user.id, Post.id.in_(commented)))
    await session.execute(touched.order_by(Post.id).with_for_update())
    account = select(User.id).where(User.id == user.id, User.token_version == user.token_version, User.is_active)
    if await session.scalar(account.with_for_update()) is None:
        raise InvalidToken
    own = select(Post.id).where(Post.author_id == user.id)
    posts = set(await session.scalars(own.order_by(Post.id).with_for_update()))
    gone = select(Comment.id, Comment.post_id).where(or_(Comment.author_id == user.id, Comment.post_id.in_(own)))
    comments = (await session.execute(gone.order_by(Comment.id).with_for_update())).all()
    changes = [Change("post.deleted", post_id) for post_id in posts]
    changes += [Change("comment.deleted", each.post_id, each.id) for each in comments if each.post_id not in posts]
    await session.execute(delete(User).where(User.id == user.id))
    await announce(session, *changes)
