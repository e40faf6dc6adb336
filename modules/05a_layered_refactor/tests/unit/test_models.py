"""The table of notes, as PostgreSQL sees it."""

import pytest
from sqlalchemy import delete, inspect, select
from sqlalchemy.exc import DBAPIError, IntegrityError

from app.models import Note, User
from app.models.base import MAX_ID


@pytest.fixture
async def owner(session):
    owner = User(email="ana@example.com", hashed_password="x")
    session.add(owner)
    await session.flush()
    return owner


def inspect_notes(connection):
    """The names of the keys and the indexes."""
    looked = inspect(connection)
    return {each["name"] for each in [*looked.get_foreign_keys("notes"), *looked.get_indexes("notes")]}


async def test_a_note_is_stored_and_read(session, owner):
    session.add(Note(owner_id=owner.id, title="Milk", content="Two litres, " * 5_000))
    await session.flush()
    session.expunge_all()

    notes = list(await session.scalars(select(Note)))
    assert len(notes) == 1
    note = notes[0]

    assert note.id >= 1
    assert (note.owner_id, note.title, note.content) == (owner.id, "Milk", "Two litres, " * 5_000)


async def test_an_id_may_be_as_large_as_a_bigint(session):
    session.add(User(id=MAX_ID, email="ana@example.com", hashed_password="x"))
    await session.flush()
    session.add(Note(id=MAX_ID, owner_id=MAX_ID, title="", content=""))
    await session.flush()

    assert await session.get(Note, MAX_ID) is not None


async def test_a_title_may_have_200_characters_and_not_more(session, owner):
    session.add(Note(owner_id=owner.id, title="\U0001f600" * 200, content=""))
    await session.flush()
    session.add(Note(owner_id=owner.id, title="x" * 201, content=""))

    with pytest.raises(DBAPIError):
        await session.flush()


async def test_a_note_of_nobody_is_refused(session):
    session.add(Note(owner_id=1_000_000, title="", content=""))

    with pytest.raises(IntegrityError):
        await session.flush()


async def test_the_notes_of_a_deleted_user_go_with_the_user(session, owner):
    session.add(Note(owner_id=owner.id, title="Milk", content=""))
    await session.flush()
    await session.execute(delete(User))

    assert list(await session.scalars(select(Note.title))) == []


async def test_an_index_finds_the_notes_of_an_owner_in_their_order(engine):
    async with engine.connect() as connection:
        indexes = await connection.run_sync(lambda connected: inspect(connected).get_indexes("notes"))

    assert ["owner_id", "id"] in [index["column_names"] for index in indexes]


async def test_the_foreign_key_and_the_index_have_the_names_that_the_task_gives_them(engine):
    async with engine.connect() as connection:
        found = await connection.run_sync(inspect_notes)

    missing = {"fk_notes_owner_id", "ix_notes_owner_id_id"} - found
    assert missing == set()
