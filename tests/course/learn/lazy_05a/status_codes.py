"""A lazy suite for stage 05a: it calls every endpoint, and looks at nothing but the status code.

It has nearly every line of the routers and services covered. `test_lazy_05a.py` counts what it misses.
"""

import pytest

LAMP = {"name": "Lamp", "price": "9.99", "quantity": 3}


@pytest.fixture
async def lamp(client):
    return (await client.post("/products", json=LAMP)).json()["id"]


async def test_health(client):
    assert (await client.get("/health")).status_code == 200


async def test_register(client):
    ana = {"email": "ana@example.com", "password": "correct horse"}
    assert (await client.post("/auth/register", json=ana)).status_code == 201
    assert (await client.post("/auth/register", json=ana)).status_code == 409
    assert (await client.post("/auth/register", json={**ana, "password": "short"})).status_code == 422


async def test_login(client):
    await client.post("/auth/register", json={"email": "ana@example.com", "password": "correct horse"})
    right = {"username": "ana@example.com", "password": "correct horse"}
    assert (await client.post("/auth/login", data=right)).status_code == 200
    assert (await client.post("/auth/login", data={**right, "password": "wrong horse"})).status_code == 400
    assert (await client.post("/auth/login", data={**right, "username": "ben@example.com"})).status_code == 400


async def test_notes(client, ana):
    assert (await client.post("/notes", json={"title": "Milk", "content": ""})).status_code == 201
    assert (await client.post("/notes", json={"title": "", "content": ""})).status_code == 422
    assert (await client.get("/notes")).status_code == 200


async def test_a_note(client, note):
    assert (await client.get(f"/notes/{note.id}")).status_code == 200
    assert (await client.patch(f"/notes/{note.id}", json={"title": "Bread"})).status_code == 200
    assert (await client.delete(f"/notes/{note.id}")).status_code == 204
    assert (await client.get(f"/notes/{note.id}")).status_code == 404


async def test_notes_without_a_token(client):
    assert (await client.get("/notes")).status_code == 401


async def test_notes_with_a_bad_token(client):
    assert (await client.get("/notes", headers={"Authorization": "Bearer x"})).status_code == 401


async def test_create_product(client):
    assert (await client.post("/products", json=LAMP)).status_code == 201
    assert (await client.post("/products", json=LAMP)).status_code == 409


@pytest.mark.parametrize(
    "changes", [{"price": "-1"}, {"price": "free"}, {"price": 9.99}, {"quantity": -1}, {"name": ""}]
)
async def test_create_bad_product(client, changes):
    assert (await client.post("/products", json=LAMP | changes)).status_code == 422


async def test_list_products(client, lamp):
    assert (await client.get("/products")).status_code == 200
    assert (await client.get("/products?limit=1&offset=1")).status_code == 200
    assert (await client.get("/products?limit=0")).status_code == 422


async def test_read_product(client, lamp):
    assert (await client.get(f"/products/{lamp}")).status_code == 200
    assert (await client.get(f"/products/{lamp + 1}")).status_code == 404


@pytest.mark.parametrize("changes", [{"name": "Desk"}, {"price": "5.00"}, {"quantity": 0}])
async def test_change_product(client, lamp, changes):
    assert (await client.patch(f"/products/{lamp}", json=changes)).status_code == 200
    assert (await client.patch(f"/products/{lamp + 1}", json=changes)).status_code == 404


async def test_change_product_to_a_name_that_exists(client, lamp):
    desk = (await client.post("/products", json=LAMP | {"name": "Desk"})).json()["id"]
    assert (await client.patch(f"/products/{desk}", json={"name": "Lamp"})).status_code == 409


async def test_delete_product(client, lamp):
    assert (await client.delete(f"/products/{lamp}")).status_code == 204
    assert (await client.delete(f"/products/{lamp}")).status_code == 404
