"""Services alone: no HTTP, one transaction, rolled back."""

import pytest
from sqlalchemy import delete, inspect
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

from app.database.session import Database
from app.errors import EmailTaken, Forbidden, NotFound, Unauthenticated, WrongCredentials
from app.models import Comment, Post, User
from app.security.passwords import Passwords
from app.security.tokens import Bearer
from app.services import comments, posts, users


@pytest.fixture
async def ana(session: AsyncSession) -> User:
    return await add_user(session, "ana@example.com")


@pytest.fixture
async def bob(session: AsyncSession) -> User:
    return await add_user(session, "bob@example.com")


@pytest.fixture
async def post(session: AsyncSession, ana: User) -> Post:
    post = Post(author_id=ana.id, title="A title", body="A body")
    session.add(post)
    await session.flush()
    return post


async def add_user(session: AsyncSession, email: str) -> User:
    user = User(email=email, hashed_password="-", display_name=email.split("@")[0])
    session.add(user)
    await session.flush()
    return user


async def forget_user(session: AsyncSession, user: User) -> None:
    """Delete the row as another connection would, without the session's knowledge."""
    await session.execute(delete(User).where(User.id == user.id), execution_options={"synchronize_session": False})


async def test_registering_keeps_a_hash_and_not_the_password(database: Database) -> None:
    passwords = Passwords(rounds=4, threads=1)
    user = await users.register(database, passwords, email="ana@example.com", password="correct horse")
    assert user.hashed_password.startswith("$2b$04$")
    with pytest.raises(EmailTaken):
        await users.register(database, passwords, email="ana@example.com", password="correct horse")
    logged_in = await users.log_in(database, passwords, email="ANA@example.com", password="correct horse", address="a")
    assert logged_in == Bearer(user.id, 0)
    with pytest.raises(WrongCredentials):
        await users.log_in(database, passwords, email="ana@example.com", password="wrong horse", address="a")


async def test_a_post_needs_an_author(session: AsyncSession, ana: User) -> None:
    await forget_user(session, ana)
    with pytest.raises(Unauthenticated):
        await posts.create_post(session, author=ana, title="A title", body="A body")


async def test_a_comment_needs_an_author(session: AsyncSession, bob: User, post: Post) -> None:
    await forget_user(session, bob)
    with pytest.raises(Unauthenticated):
        async with session.begin_nested():  # which the refusal ends
            await comments.create_comment(session, post_id=post.id, author=bob, body="Hello?")


async def test_a_comment_needs_a_post(session: AsyncSession, ana: User, post: Post) -> None:
    with pytest.raises(NotFound):
        async with session.begin_nested():  # which the refusal ends
            await comments.create_comment(session, post_id=post.id + 1, author=ana, body="Hello?")


async def test_a_new_comment_is_returned_as_it_is_read_later(session: AsyncSession, ana: User, post: Post) -> None:
    written = await comments.create_comment(session, post_id=post.id, author=ana, body="Hello!")
    [row] = (await session.execute(comments.COMMENT, {"id": written["id"]})).all()
    assert written == comments._comment(row)


async def test_a_post_is_owned_by_its_author_alone(session: AsyncSession, ana: User, bob: User, post: Post) -> None:
    assert await posts.get_owned(session, post_id=post.id, user=ana) is post
    with pytest.raises(Forbidden):
        await posts.get_owned(session, post_id=post.id, user=bob)
    with pytest.raises(NotFound):
        await posts.get_owned(session, post_id=post.id + 1, user=ana)


async def test_a_comment_may_be_deleted_by_its_author_and_the_posts_but_changed_by_its_author_alone(
    session: AsyncSession, ana: User, bob: User, post: Post
) -> None:
    carl = await add_user(session, "carl@example.com")
    comment = await comments.create_comment(session, post_id=post.id, author=bob, body="Hello")
    for user, get in ((ana, comments.get_deletable), (bob, comments.get_deletable), (bob, comments.get_own)):
        assert (await get(session, comment_id=comment["id"], user=user)).id == comment["id"]
    for user, get in ((ana, comments.get_own), (carl, comments.get_own), (carl, comments.get_deletable)):
        with pytest.raises(Forbidden):
            await get(session, comment_id=comment["id"], user=user)


async def test_what_was_not_asked_for_is_never_loaded_behind_our_back(session: AsyncSession, post: Post) -> None:
    session.expunge(post)
    found = await session.get_one(Post, post.id)
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = found.author


async def test_a_changed_comment_knows_its_new_time_without_another_question(
    session: AsyncSession, ana: User, post: Post
) -> None:
    written = await comments.create_comment(session, post_id=post.id, author=ana, body="Hello")
    comment = await comments.get_own(session, comment_id=written["id"], user=ana)
    changed = await comments.update_comment(session, comment=comment, body="Hello again")
    assert isinstance(changed, Comment)
    assert "updated_at" not in inspect(changed).unloaded


async def test_a_deleted_comment_is_gone(session: AsyncSession, ana: User, post: Post) -> None:
    written = await comments.create_comment(session, post_id=post.id, author=ana, body="Hello")
    comment = await comments.get_own(session, comment_id=written["id"], user=ana)
    await comments.delete_comment(session, comment=comment)
    with pytest.raises(NotFound):
        await comments.get_own(session, comment_id=written["id"], user=ana)
