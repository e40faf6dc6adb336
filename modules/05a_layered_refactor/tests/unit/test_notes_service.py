"""Notes, without HTTP: they are there for their owner alone."""

import pytest
from anyio import create_task_group
from sqlalchemy import select

from app.core.errors import NotFound
from app.models import Note, User
from app.services import notes_service as service


@pytest.fixture
async def ana(session):
    return await with_account(session, "ana@example.com")


@pytest.fixture
async def ben(session):
    return await with_account(session, "ben@example.com")


async def with_account(session, email: str) -> User:
    user = User(email=email, hashed_password="x")
    session.add(user)
    await session.flush()
    return user


async def test_a_new_note_belongs_to_its_owner(session, ana):
    note = await service.create_note(session, owner=ana, title="Milk", content="Two litres")

    assert (note.owner_id, note.title, note.content) == (ana.id, "Milk", "Two litres")
    assert note.id is not None


async def test_a_service_leaves_the_commit_to_its_caller(session, ana):
    owner = User(id=ana.id)
    note = await service.create_note(session, owner=ana, title="Milk", content="")
    await service.change_note(session, owner=ana, note_id=note.id, title="Bread")
    await service.delete_note(session, owner=ana, note_id=note.id)
    await service.create_note(session, owner=ana, title="Milk", content="")
    await session.rollback()

    assert await service.list_notes(session, owner=owner, limit=100, offset=0) == []


async def test_the_list_holds_the_owners_notes_newest_first(session, ana, ben):
    for title in ("one", "two", "three", "four"):
        await service.create_note(session, owner=ana, title=title, content="")
    await service.create_note(session, owner=ben, title="Ben's", content="")

    notes = await service.list_notes(session, owner=ana, limit=2, offset=1)

    assert [note.title for note in notes] == ["three", "two"]


async def test_the_database_cuts_the_list_and_not_the_service(session, ana, rows_read):
    for number in range(20):
        await service.create_note(session, owner=ana, title=str(number), content="")
    rows_read.clear()

    notes = await service.list_notes(session, owner=ana, limit=2, offset=10)

    assert [note.title for note in notes] == ["9", "8"]
    most_rows_of_a_query = max(rows_read)
    assert most_rows_of_a_query == 2


async def test_the_owner_reads_the_note_that_was_asked_for(session, ana):
    milk = await service.create_note(session, owner=ana, title="Milk", content="")
    bread = await service.create_note(session, owner=ana, title="Bread", content="")

    assert await service.read_note(session, owner=ana, note_id=milk.id) is milk
    assert await service.read_note(session, owner=ana, note_id=bread.id) is bread


@pytest.mark.parametrize(
    ("changes", "title", "content"),
    [({"title": "Bread"}, "Bread", "Two litres"), ({"content": ""}, "Milk", ""), ({}, "Milk", "Two litres")],
    ids=["title", "content of no characters", "nothing"],
)
async def test_a_change_touches_what_is_named_and_nothing_else(session, ana, changes, title, content):
    note = await service.create_note(session, owner=ana, title="Milk", content="Two litres")

    changed = await service.change_note(session, owner=ana, note_id=note.id, **changes)
    await session.refresh(note)

    assert changed is note
    assert (note.title, note.content) == (title, content)


async def test_a_deleted_note_is_gone(session, ana):
    note = await service.create_note(session, owner=ana, title="Milk", content="")

    await service.delete_note(session, owner=ana, note_id=note.id)

    assert await service.list_notes(session, owner=ana, limit=100, offset=0) == []


@pytest.mark.parametrize("use", [service.read_note, service.change_note, service.delete_note])
async def test_another_users_note_is_not_found(session, ana, ben, use):
    note = await service.create_note(session, owner=ben, title="Ben's", content="")

    with pytest.raises(NotFound, match="Note not found"):
        await use(session, owner=ana, note_id=note.id)


async def test_two_who_lock_a_note_for_a_change_never_wait_for_each_other(committing_sessions, somebody_waits):
    async with committing_sessions.begin() as session:
        ana = await with_account(session, "ana@example.com")
        note = await service.create_note(session, owner=ana, title="Milk", content="")

    async def change() -> None:
        async with committing_sessions.begin() as session:
            await service.change_note(session, owner=ana, note_id=note.id, title="Bread")

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        mine = await session.scalar(select(Note).with_for_update(read=True))  # others may take this lock, too
        tasks.start_soon(change)
        await somebody_waits()
        mine.content = "Two loaves"
        await session.flush()

    async with committing_sessions() as session:
        read = await service.read_note(session, owner=ana, note_id=note.id)
        assert (read.title, read.content) == ("Bread", "Two loaves")


@pytest.mark.parametrize(
    ("use", "changes"),
    [(service.change_note, {"title": "Bread"}), (service.delete_note, {})],
    ids=["change_note", "delete_note"],
)
async def test_a_note_that_is_just_being_deleted_is_not_found(committing_sessions, somebody_waits, use, changes):
    async with committing_sessions.begin() as session:
        ana = await with_account(session, "ana@example.com")
        note = await service.create_note(session, owner=ana, title="Milk", content="")

    async def use_it() -> None:
        with pytest.raises(NotFound):
            async with committing_sessions.begin() as session:
                await use(session, owner=ana, note_id=note.id, **changes)

    async with create_task_group() as tasks, committing_sessions.begin() as session:
        await service.delete_note(session, owner=ana, note_id=note.id)
        tasks.start_soon(use_it)
        await somebody_waits()
