"""Two people use the app over HTTP alone, and neither sees anything of the other."""

import pytest

MILK = {"title": "Milk", "content": "Two litres"}


async def register(client, email):
    """Make an account; returns the header that says whose requests follow."""
    response = await client.post("/auth/register", json={"email": email, "password": "correct horse"})
    assert response.status_code == 201
    return {"Authorization": f"Bearer {response.json()['access_token']}"}


async def test_a_note_is_there_for_its_owner_once_it_was_answered_with_201(client):
    ana = await register(client, "ana@example.com")
    created = await client.post("/notes", json=MILK, headers=ana)
    assert created.status_code == 201

    read = await client.get(created.headers["Location"], headers=ana)

    assert read.status_code == 200
    assert read.json().items() >= MILK.items()


async def test_a_list_holds_nobody_elses_notes(client):
    ana, ben = await register(client, "ana@example.com"), await register(client, "ben@example.com")
    await client.post("/notes", json=MILK, headers=ana)

    assert (await client.get("/notes", headers=ben)).json() == []


@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"title": "Mine"}), ("DELETE", None)])
async def test_another_users_note_is_a_404_and_stays_as_it_was(client, method, body):
    ana, ben = await register(client, "ana@example.com"), await register(client, "ben@example.com")
    place = (await client.post("/notes", json=MILK, headers=ana)).headers["Location"]

    response = await client.request(method, place, json=body, headers=ben)

    assert response.status_code == 404
    assert (await client.get(place, headers=ana)).json().items() >= MILK.items()
