"""Services alone: no HTTP, one transaction, rolled back."""

import pytest
from databases import Database
from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from app.errors import Conflict, Forbidden, InvalidToken, NotFound, WrongCredentials
from app.models import Comment, Post, User
from app.schemas.comments import CommentRead
from app.services import comments_service, posts_service, users_service


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
    ana = {"email": "ana@example.com", "password": "correct horse"}
    async with database.transaction() as session:
        user = await users_service.register(session, **ana, rounds=4)
    assert user.hashed_password.startswith("$2b$04$")
    with pytest.raises(Conflict):
        async with database.transaction() as session:
            await users_service.register(session, **ana, rounds=4)
    client = {"address": "a", "rounds": 4}
    found = await users_service.log_in(
        database.sessionmaker, email="ANA@example.com", password="correct horse", **client
    )
    assert found.id == user.id
    with pytest.raises(WrongCredentials):
        await users_service.log_in(database.sessionmaker, email="ana@example.com", password="wrong", **client)


async def test_a_post_needs_an_author(session: AsyncSession, ana: User) -> None:
    await forget_user(session, ana)
    with pytest.raises(InvalidToken):
        await posts_service.create_post(session, author=ana, title="A title", body="A body")


async def test_a_comment_needs_an_author(session: AsyncSession, bob: User, post: Post) -> None:
    await forget_user(session, bob)
    with pytest.raises(InvalidToken):
        async with session.begin_nested():  # which the refusal ends
            await comments_service.create_comment(session, post_id=post.id, author=bob, body="Hello?")


async def test_a_comment_needs_a_post(session: AsyncSession, ana: User, post: Post) -> None:
    with pytest.raises(NotFound):
        async with session.begin_nested():  # which the refusal ends
            await comments_service.create_comment(session, post_id=post.id + 1, author=ana, body="Hello?")


async def test_a_new_comment_is_returned_as_it_is_read_later(session: AsyncSession, ana: User, post: Post) -> None:
    written = await comments_service.create_comment(session, post_id=post.id, author=ana, body="Hello!")
    comment_id, as_written = written.id, CommentRead.model_validate(written)
    session.expunge_all()
    read = select(Comment).where(Comment.id == comment_id).options(joinedload(Comment.author))
    assert as_written == CommentRead.model_validate(await session.scalar(read))


async def test_a_post_is_owned_by_its_author_alone(session: AsyncSession, ana: User, bob: User, post: Post) -> None:
    assert await posts_service.own_post(session, post_id=post.id, user=ana) is post
    with pytest.raises(Forbidden):
        await posts_service.own_post(session, post_id=post.id, user=bob)
    with pytest.raises(NotFound):
        await posts_service.own_post(session, post_id=post.id + 1, user=ana)


async def test_a_comment_may_be_deleted_by_its_author_and_the_posts_but_changed_by_its_author_alone(
    session: AsyncSession, ana: User, bob: User, post: Post
) -> None:
    carl = await add_user(session, "carl@example.com")
    comment = await comments_service.create_comment(session, post_id=post.id, author=bob, body="Hello")
    own, deletable = comments_service.own_comment, comments_service.deletable_comment
    for user, get in ((ana, deletable), (bob, deletable), (bob, own)):
        assert (await get(session, comment_id=comment.id, user=user)).id == comment.id
    for user, get in ((ana, own), (carl, own), (carl, deletable)):
        with pytest.raises(Forbidden):
            await get(session, comment_id=comment.id, user=user)


async def test_what_was_not_asked_for_is_never_loaded_behind_our_back(session: AsyncSession, post: Post) -> None:
    session.expunge(post)
    found = await session.get_one(Post, post.id)
    with pytest.raises(InvalidRequestError, match="lazy='raise'"):
        _ = found.author


async def test_a_changed_comment_knows_its_new_time_without_another_question(
    session: AsyncSession, ana: User, post: Post
) -> None:
    written = await comments_service.create_comment(session, post_id=post.id, author=ana, body="Hello")
    comment = await comments_service.own_comment(session, comment_id=written.id, user=ana)
    changed = await comments_service.change_comment(session, comment=comment, body="Hello again")
    assert isinstance(changed, Comment)
    assert "updated_at" not in inspect(changed).unloaded


async def test_a_deleted_comment_is_gone(session: AsyncSession, ana: User, post: Post) -> None:
    written = await comments_service.create_comment(session, post_id=post.id, author=ana, body="Hello")
    comment = await comments_service.own_comment(session, comment_id=written.id, user=ana)
    await comments_service.delete_comment(session, comment=comment)
    with pytest.raises(NotFound):
        await comments_service.own_comment(session, comment_id=written.id, user=ana)
