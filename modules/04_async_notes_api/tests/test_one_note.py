"""Steps 4.7f to 4.7h: one note, read, changed and deleted by its owner and nobody else."""

import pytest
from anyio import create_task_group
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import async_sessionmaker

from models import Note

MAX_BIGINT = 2**63 - 1


async def test_the_owner_reads_a_note(client, note):
    response = await client.get(f"/notes/{note.id}")

    assert response.status_code == 200
    answer = response.json()
    assert (answer["id"], answer["title"], answer["content"]) == (note.id, "Milk", "Two litres")


async def test_another_users_note_is_a_404_for_the_reader(client, note, bens_note):
    own = await client.get(f"/notes/{note.id}")
    others = await client.get(f"/notes/{bens_note.id}")

    assert own.status_code == 200
    assert others.status_code == 404


async def test_a_note_that_never_was_is_a_404_that_looks_the_same(client, note, bens_note):
    own = await client.get(f"/notes/{note.id}")
    others = await client.get(f"/notes/{bens_note.id}")
    absent = await client.get(f"/notes/{MAX_BIGINT}")

    assert own.status_code == 200
    assert absent.status_code == 404
    assert absent.json() == others.json()


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    "spelling",
    ["0", "-{}", "0{}", "+{}", "%20{}", "{}%20", "{}%0A", "%E3%80%80{}", "{}.0", "{}_0", "{}e0", "x", "%00", "9" * 19,
     "9" * 5_000],
    ids=["0", "minus", "zero first", "plus", "space before", "space behind", "new line", "wide space", "point",
         "underscore", "exponent", "letter", "NUL", "19 digits", "5000 digits"],
)  # fmt: skip
async def test_an_id_that_is_not_plain_digits_is_refused(client, note, method, spelling):
    body = {"json": {"title": "Bread"}} if method == "PATCH" else {}

    response = await client.request(method, f"/notes/{spelling.format(note.id)}", **body)

    assert response.status_code in (404, 422)


@pytest.mark.parametrize(
    ("changes", "title", "content"),
    [
        ({"title": "Bread"}, "Bread", "Two litres"),
        ({"content": ""}, "Milk", ""),
        ({"title": "Bread", "content": "One"}, "Bread", "One"),
        ({}, "Milk", "Two litres"),
    ],
    ids=["title", "content", "both", "nothing"],
)
async def test_a_change_touches_what_was_sent_and_nothing_else(client, note, session, changes, title, content):
    response = await client.patch(f"/notes/{note.id}", json=changes)

    assert response.status_code == 200
    answer = response.json()
    assert (answer["id"], answer["title"], answer["content"]) == (note.id, title, content)
    await session.refresh(note)
    assert (note.title, note.content) == (title, content)


async def test_another_users_note_is_a_404_for_who_would_change_it(client, note, bens_note, session):
    own = await client.patch(f"/notes/{note.id}", json={"title": "Mine now"})
    response = await client.patch(f"/notes/{bens_note.id}", json={"title": "Mine now"})

    assert own.status_code == 200
    assert response.status_code == 404
    await session.refresh(bens_note)
    assert bens_note.title == "Ben's"


async def test_a_deleted_note_is_gone(client, note, session):
    response = await client.delete(f"/notes/{note.id}")

    assert response.status_code == 204
    assert response.content == b""
    assert list(await session.scalars(select(Note.id))) == []


async def test_a_second_deletion_is_a_404(client, note):
    first = await client.delete(f"/notes/{note.id}")
    second = await client.delete(f"/notes/{note.id}")

    assert first.status_code == 204
    assert second.status_code == 404


async def test_another_users_note_is_a_404_for_who_would_delete_it(client, note, bens_note, session):
    own = await client.delete(f"/notes/{note.id}")
    response = await client.delete(f"/notes/{bens_note.id}")

    assert own.status_code == 204
    assert response.status_code == 404
    assert list(await session.scalars(select(Note.id))) == [bens_note.id]


async def test_an_id_has_one_spelling(client, note):
    full_width = str(note.id).translate({ord("0") + digit: chr(0xFF10 + digit) for digit in range(10)})

    assert (await client.get(f"/notes/{note.id}")).status_code == 200
    for spelling in (full_width, f"+{note.id}", f"0{note.id}"):
        answers = [
            await client.get(f"/notes/{spelling}"),
            await client.patch(f"/notes/{spelling}", json={"title": "Bread"}),
            await client.delete(f"/notes/{spelling}"),
        ]
        other_statuses = {response.status_code for response in answers} - {404, 422}
        assert other_statuses == set()


async def test_a_note_can_be_read_while_somebody_changes_it(committing_app, committing_client, engine, new_user):
    sessionmaker = committing_app.state.sessionmaker
    ana, header = await new_user(sessionmaker, "ana@example.com")
    async with sessionmaker.begin() as session:
        note = Note(owner_id=ana.id, title="Milk", content="")
        session.add(note)
    async with engine.connect() as app_connection, sessionmaker() as changing:
        await app_connection.execute(text("SET lock_timeout = '1s'"))
        committing_app.state.sessionmaker = async_sessionmaker(app_connection, expire_on_commit=False)
        await changing.execute(select(Note).with_for_update())
        response = await committing_client.get(f"/notes/{note.id}", headers=header)

    assert response.status_code == 200


async def test_changes_and_deletions_of_one_note_at_once_are_200_204_or_404(
    committing_app, committing_client, new_user
):
    sessionmaker = committing_app.state.sessionmaker
    ana, header = await new_user(sessionmaker, "ana@example.com")
    async with sessionmaker.begin() as session:
        notes = [Note(owner_id=ana.id, title="Milk", content="") for _ in range(5)]
        session.add_all(notes)
    statuses = []

    async def change(note):
        response = await committing_client.patch(f"/notes/{note.id}", json={"title": "Bread"}, headers=header)
        statuses.append(response.status_code)

    async def remove(note):
        response = await committing_client.delete(f"/notes/{note.id}", headers=header)
        statuses.append(response.status_code)

    async with create_task_group() as tasks:
        for note in notes * 2:
            tasks.start_soon(change, note)
            tasks.start_soon(remove, note)

    assert set(statuses) - {200, 204, 404} == set()
    assert statuses.count(204) == len(notes)
