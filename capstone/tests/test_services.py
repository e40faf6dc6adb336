"""Services alone: no HTTP, one transaction, rolled back."""

import asyncio
from contextlib import suppress

import pytest
from databases import Database
from sockets import hearing
from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.ext.asyncio import AsyncSession

from app.config.settings import Settings
from app.database.pagination import PageParams
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


async def test_a_comment_needs_an_author(session: AsyncSession, database: Database, bob: User, post: Post) -> None:
    await forget_user(session, bob)
    with pytest.raises(InvalidToken):
        await comments_service.create_comment(database.writer, post_id=post.id, author=bob, body="Hello?")


async def test_a_comment_needs_a_post(database: Database, ana: User, post: Post) -> None:
    with pytest.raises(NotFound):
        await comments_service.create_comment(database.writer, post_id=post.id + 1, author=ana, body="Hello?")


async def test_a_new_comment_is_returned_as_it_is_read_later(database: Database, ana: User, post: Post) -> None:
    written = await comments_service.create_comment(database.writer, post_id=post.id, author=ana, body="Hello!")
    read = await comments_service.read_comment(database.writer, comment_id=written.id)
    assert CommentRead.model_validate(written) == CommentRead.model_validate(read)


async def test_a_post_is_owned_by_its_author_alone(session: AsyncSession, ana: User, bob: User, post: Post) -> None:
    assert await posts_service.own_post(session, post_id=post.id, user=ana) is post
    with pytest.raises(Forbidden):
        await posts_service.own_post(session, post_id=post.id, user=bob)
    with pytest.raises(NotFound):
        await posts_service.own_post(session, post_id=post.id + 1, user=ana)


async def test_a_comment_may_be_deleted_by_its_author_and_the_posts_but_changed_by_its_author_alone(
    session: AsyncSession, database: Database, ana: User, bob: User, post: Post
) -> None:
    carl = await add_user(session, "carl@example.com")
    comment = await comments_service.create_comment(database.writer, post_id=post.id, author=bob, body="Hello")
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
    session: AsyncSession, database: Database, ana: User, post: Post
) -> None:
    written = await comments_service.create_comment(database.writer, post_id=post.id, author=ana, body="Hello")
    comment = await comments_service.own_comment(session, comment_id=written.id, user=ana)
    changed = await comments_service.change_comment(session, comment=comment, body="Hello again")
    assert isinstance(changed, Comment)
    assert "updated_at" not in inspect(changed).unloaded


async def test_a_comment_to_change_comes_with_its_author_before_and_after(
    session: AsyncSession, database: Database, ana: User, post: Post
) -> None:
    written = await comments_service.create_comment(database.writer, post_id=post.id, author=ana, body="Hello")
    comment = await comments_service.own_comment(session, comment_id=written.id, user=ana)
    assert "author" not in inspect(comment).unloaded
    changed = await comments_service.change_comment(session, comment=comment, body="Hello again")
    assert "author" not in inspect(changed).unloaded


async def test_a_change_of_nothing_leaves_a_comment_as_it_was(
    session: AsyncSession, database: Database, ana: User, post: Post
) -> None:
    written = await comments_service.create_comment(database.writer, post_id=post.id, author=ana, body="Hello")
    comment = await comments_service.own_comment(session, comment_id=written.id, user=ana)
    changed = await comments_service.change_comment(session, comment=comment)
    assert changed.body == "Hello"


async def test_a_deleted_comment_is_gone(session: AsyncSession, database: Database, ana: User, post: Post) -> None:
    written = await comments_service.create_comment(database.writer, post_id=post.id, author=ana, body="Hello")
    comment = await comments_service.own_comment(session, comment_id=written.id, user=ana)
    await comments_service.delete_comment(session, comment=comment)
    with pytest.raises(NotFound):
        await comments_service.own_comment(session, comment_id=written.id, user=ana)


async def test_a_thread_is_read_page_by_page_the_oldest_comment_first(
    session: AsyncSession, database: Database, ana: User, bob: User, post: Post
) -> None:
    other = await posts_service.create_post(session, author=ana, title="Another", body="A body")
    for number, author in enumerate((ana, bob, ana)):
        await comments_service.create_comment(database.writer, post_id=other.id, author=bob, body="Elsewhere")
        await comments_service.create_comment(database.writer, post_id=post.id, author=author, body=str(number))
    params, seen = PageParams(2), list[tuple[str, str]]()
    for expected in (2, 1):
        page = await comments_service.list_comments(database.writer, post_id=post.id, params=params)
        assert len(page.items) == expected
        seen += [(each.body, CommentRead.model_validate(each).author.display_name) for each in page.items]
        params = PageParams(2, page.next_position)
    assert page.next_position is None
    assert seen == [("0", "ana"), ("1", "bob"), ("2", "ana")]


async def test_a_post_without_comments_has_an_empty_thread_and_one_that_is_not_there_has_none(
    database: Database, post: Post
) -> None:
    page = await comments_service.list_comments(database.writer, post_id=post.id, params=PageParams(2))
    assert (list(page.items), page.next_position) == ([], None)
    with pytest.raises(NotFound):
        await comments_service.list_comments(database.writer, post_id=post.id + 1, params=PageParams(2))


async def test_comments_are_read_by_id_with_their_authors_and_without_those_that_are_gone(
    database: Database, ana: User, bob: User, post: Post
) -> None:
    ids = [
        (await comments_service.create_comment(database.writer, post_id=post.id, author=author, body="Hello")).id
        for author in (ana, bob)
    ]
    found = await comments_service.read_comments(database.writer, comment_ids=[*ids, max(ids) + 1])
    assert {each.id: CommentRead.model_validate(each).author.id for each in found} == dict(
        zip(ids, (ana.id, bob.id), strict=True)
    )
    one = await comments_service.read_comment(database.writer, comment_id=ids[1])
    assert CommentRead.model_validate(one) == next(
        CommentRead.model_validate(each) for each in found if each.id == one.id
    )
    with pytest.raises(NotFound):
        await comments_service.read_comment(database.writer, comment_id=max(ids) + 1)


async def test_reading_comments_takes_one_statement_and_an_empty_page_two(
    committed_database: Database, statements: list[str]
) -> None:
    ana, post_id = await written_by(committed_database, "ana")
    reader, page = committed_database.writer, {"post_id": post_id, "params": PageParams(2)}
    statements.clear()
    await comments_service.list_comments(reader, **page)
    assert len(statements) == 2, f"list_comments takes {len(statements)} statements where there is no comment"
    new = {"post_id": post_id, "author": ana, "body": "Hello"}
    ids = [(await comments_service.create_comment(reader, **new)).id for _ in range(3)]
    for name, values in (
        ("list_comments", page),
        ("read_comments", {"comment_ids": ids}),
        ("read_comment", {"comment_id": ids[0]}),
    ):
        statements.clear()
        await getattr(comments_service, name)(reader, **values)
        assert len(statements) == 1, f"{name} takes {len(statements)} statements"


async def written_by(database: Database, name: str) -> tuple[User, int]:
    """Somebody, and the id of a post of theirs, both committed."""
    async with database.transaction() as session:
        user = await add_user(session, f"{name}@example.com")
        post = await posts_service.create_post(session, author=user, title="A title", body="A body")
    return user, post.id


async def test_who_may_change_a_post_holds_it_until_the_transaction_ends(committed_database: Database) -> None:
    ana, post_id = await written_by(committed_database, "ana")

    async def take() -> str:
        async with committed_database.transaction() as session:
            return (await posts_service.own_post(session, user=ana, post_id=post_id)).title

    async with committed_database.transaction() as first:
        mine = await posts_service.own_post(first, user=ana, post_id=post_id)
        second = asyncio.create_task(take())
        await committed_database.somebody_waits(second)
        await posts_service.change_post(first, post=mine, title="Another")
    assert await second == "Another"


async def test_a_post_that_is_just_being_deleted_is_not_found_by_who_comments_on_it(
    committed_database: Database,
) -> None:
    ana, post_id = await written_by(committed_database, "ana")

    new = {"post_id": post_id, "author": ana, "body": "Wait!"}
    async with committed_database.transaction() as deleting:
        await deleting.execute(delete(Post).where(Post.id == post_id))
        saying = asyncio.create_task(comments_service.create_comment(committed_database.writer, **new))
        await committed_database.somebody_waits(saying)
    with pytest.raises(NotFound):
        await saying


@pytest.mark.parametrize("rule", ["own_comment", "deletable_comment"])
async def test_who_may_change_or_delete_a_comment_holds_it_until_the_transaction_ends(
    committed_database: Database, rule: str
) -> None:
    ana, post_id = await written_by(committed_database, "ana")
    writer = committed_database.writer
    comment = await comments_service.create_comment(writer, post_id=post_id, author=ana, body="Hello")

    async def take() -> str:
        async with committed_database.transaction() as session:
            return (await getattr(comments_service, rule)(session, user=ana, comment_id=comment.id)).body

    async with committed_database.transaction() as first:
        mine = await getattr(comments_service, rule)(first, user=ana, comment_id=comment.id)
        second = asyncio.create_task(take())
        await committed_database.somebody_waits(second)
        await comments_service.change_comment(first, comment=mine, body="Hello again")
    assert await second == "Hello again"


async def test_who_deletes_a_comment_of_a_post_that_is_just_being_deleted_waits_for_the_post_and_finds_no_comment(
    committed_database: Database,
) -> None:
    ana, post_id = await written_by(committed_database, "ana")
    writer = committed_database.writer
    comment = await comments_service.create_comment(writer, post_id=post_id, author=ana, body="Hello")

    async def remove() -> None:
        async with committed_database.transaction() as session:
            mine = await comments_service.deletable_comment(session, user=ana, comment_id=comment.id)
            await comments_service.delete_comment(session, comment=mine)

    async with committed_database.transaction() as deleting:
        post = await posts_service.own_post(deleting, user=ana, post_id=post_id)
        removing = asyncio.create_task(remove())
        await committed_database.somebody_waits(removing)
        await posts_service.delete_post(deleting, post=post)
    with pytest.raises(NotFound):
        await removing


async def test_who_changes_a_comment_of_a_post_that_is_just_being_deleted_does_not_meet_it_in_a_deadlock(
    committed_database: Database,
) -> None:
    ana, post_id = await written_by(committed_database, "ana")
    writer = committed_database.writer
    comment = await comments_service.create_comment(writer, post_id=post_id, author=ana, body="Hello")

    async def change() -> None:
        async with committed_database.transaction() as session:
            mine = await comments_service.own_comment(session, user=ana, comment_id=comment.id)
            await comments_service.change_comment(session, comment=mine, body="Hello again")

    async with committed_database.transaction() as deleting:
        post = await posts_service.own_post(deleting, user=ana, post_id=post_id)
        changing = asyncio.create_task(change())
        with suppress(AssertionError):  # it may end, or wait for the post: but then without the comment
            await committed_database.somebody_waits(changing)
        await posts_service.delete_post(deleting, post=post)
    with suppress(NotFound):
        await changing


async def test_what_happens_to_comments_is_announced_once_it_is_committed_by_who_called(
    settings: Settings, committed_database: Database
) -> None:
    await written_by(committed_database, "bob")
    ana, post_id = await written_by(committed_database, "ana")  # the second post: its id is not the comment's
    async with hearing(settings) as heard:
        new = {"post_id": post_id, "author": ana, "body": "Hello"}
        comment = await comments_service.create_comment(committed_database.writer, **new)
        async with committed_database.transaction() as undone:
            mine = await comments_service.own_comment(undone, user=ana, comment_id=comment.id)
            await comments_service.change_comment(undone, comment=mine, body="Never mind")
            await undone.rollback()
        read = await comments_service.read_comment(committed_database.writer, comment_id=comment.id)
        assert read.body == "Hello"
        async with committed_database.transaction() as session:
            mine = await comments_service.own_comment(session, user=ana, comment_id=comment.id)
            await comments_service.change_comment(session, comment=mine, body="Hello again")
        async with committed_database.transaction() as session:
            gone = await comments_service.deletable_comment(session, user=ana, comment_id=comment.id)
            await comments_service.delete_comment(session, comment=gone)
        assert comment.id != post_id
        assert [await heard.get() for _ in range(3)] == [
            f"comment.{what} {post_id} {comment.id}" for what in ("created", "updated", "deleted")
        ]
    assert (await committed_database.writer.rows(select(Comment.id))) == []
