"""Writing notes, and reading the list."""

import httpx
import pytest
from sqlalchemy import event, select

from app.models import Note


async def test_a_new_note_is_answered_with_its_place(client, ana, session):
    response = await client.post("/notes", json={"title": "Milk", "content": "Two litres"})

    assert response.status_code == 201
    notes = list(await session.scalars(select(Note)))
    assert len(notes) == 1
    note = notes[0]
    answer = response.json()
    assert (answer["id"], answer["title"], answer["content"]) == (note.id, "Milk", "Two litres")
    assert response.headers["Location"] == f"/notes/{note.id}"
    assert note.owner_id == ana.id


async def test_a_note_is_stored_as_it_was_sent(client, ana, session):
    text = " \u202e\U0001f469\u200d\U0001f4bb <b>'; DROP TABLE notes; -- "

    response = await client.post("/notes", json={"title": text, "content": text * 100})

    assert response.status_code == 201
    notes = list(await session.scalars(select(Note)))
    assert len(notes) == 1
    note = notes[0]
    assert (note.title, note.content) == (text, text * 100)


async def test_the_list_shows_the_callers_own_notes_newest_first(client, ana, bens_note, session):
    session.add_all(Note(owner_id=ana.id, title=str(number), content="") for number in range(3))
    await session.commit()

    response = await client.get("/notes")

    assert response.status_code == 200
    assert [note["title"] for note in response.json()] == ["2", "1", "0"]


async def test_the_list_is_cut_into_pages_by_limit_and_offset(client, ana, session):
    session.add_all(Note(owner_id=ana.id, title=str(number), content="") for number in range(5))
    await session.commit()

    response = await client.get("/notes", params={"limit": 2, "offset": 1})

    assert response.status_code == 200
    assert [note["title"] for note in response.json()] == ["3", "2"]


async def test_the_database_cuts_the_page_and_not_the_app(client, ana, session, engine):
    session.add_all(Note(owner_id=ana.id, title=str(number), content="") for number in range(20))
    await session.commit()
    rows = []

    def note_rows(connection, cursor, *_):
        rows.append(cursor.rowcount)

    event.listen(engine.sync_engine, "after_cursor_execute", note_rows)
    response = await client.get("/notes", params={"limit": 2, "offset": 10})
    event.remove(engine.sync_engine, "after_cursor_execute", note_rows)

    assert [note["title"] for note in response.json()] == ["9", "8"]
    most_rows_of_a_query = max(rows)
    assert most_rows_of_a_query == 2


async def test_the_list_shows_50_notes_unless_it_is_asked_for_more(client, ana, session):
    session.add_all(Note(owner_id=ana.id, title="x", content="") for _ in range(101))
    await session.commit()

    assert len((await client.get("/notes")).json()) == 50
    assert len((await client.get("/notes?limit=100")).json()) == 100


async def test_an_offset_beyond_the_end_is_an_empty_list(client, ana, note):
    response = await client.get("/notes?offset=2147483647")

    assert response.status_code == 200
    assert response.json() == []


async def test_nothing_blocks_the_event_loop(client, note, blocking_calls):
    answers = [
        await client.post("/notes", json={"title": "Bread", "content": ""}),
        await client.get("/notes"),
        await client.get(f"/notes/{note.id}"),
        await client.patch(f"/notes/{note.id}", json={"title": "Bread"}),
        await client.delete(f"/notes/{note.id}"),
    ]

    assert [response.status_code for response in answers] == [201, 200, 200, 200, 204]
    assert blocking_calls == []


@pytest.mark.parametrize(
    ("path", "method", "name", "statuses"),
    [
        pytest.param("/notes", "post", "create_note", {"201", "401", "422"}, id="create"),
        pytest.param("/notes", "get", "list_notes", {"200", "401", "422"}, id="list"),
        pytest.param("/notes/{note_id}", "get", "read_note", {"200", "401", "404", "422"}, id="read"),
        pytest.param("/notes/{note_id}", "patch", "change_note", {"200", "401", "404", "422"}, id="change"),
        pytest.param("/notes/{note_id}", "delete", "delete_note", {"204", "401", "404", "422"}, id="delete"),
    ],
)
def test_the_docs_describe_each_endpoint_and_name_its_errors(bare_app, path, method, name, statuses):
    operation = bare_app.openapi()["paths"][path][method]

    assert operation["operationId"] == name
    assert operation["description"]
    missing = statuses - operation["responses"].keys()
    assert missing == set()


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "limit=NaN", "offset=-1", "offset=2147483648"])
async def test_a_page_outside_the_limits_is_a_422(client, ana, query):
    response = await client.get(f"/notes?{query}")

    assert response.status_code == 422


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/notes"), ("GET", "/notes"), ("GET", "/notes/1"), ("PATCH", "/notes/1"), ("DELETE", "/notes/1")],
)
async def test_no_note_is_touched_without_a_token(client, method, path):
    response = await client.request(method, path)

    assert response.status_code == 401


async def test_the_place_of_a_note_is_below_the_path_of_the_app(shared_app, client, ana):
    transport = httpx.ASGITransport(shared_app, root_path="/our api")
    async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=client.headers) as proxied:
        response = await proxied.post("/our api/notes", json={"title": "Milk", "content": "Two litres"})

    assert response.headers["Location"] == f"/our%20api/notes/{response.json()['id']}"
