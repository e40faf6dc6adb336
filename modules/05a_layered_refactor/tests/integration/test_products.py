"""Products, as a client sees them."""

from decimal import Decimal

import httpx
import pytest
from anyio import create_task_group

from app.models import Product

LAMP = {"name": "Lamp", "price": "9.99", "quantity": 3}


@pytest.fixture
async def lamp(client) -> str:
    """The path of a product that is there already."""
    response = await client.post("/products", json=LAMP)
    return response.headers["Location"]


async def test_a_new_product_is_answered_with_its_place(client):
    response = await client.post("/products", json=LAMP)

    assert response.status_code == 201
    product = response.json()
    assert product == {"id": product["id"], "name": "Lamp", "price": "9.99", "quantity": 3}
    assert response.headers["Location"] == f"/products/{product['id']}"


async def test_the_place_of_a_product_is_below_the_path_of_the_app(shared_app, client):
    transport = httpx.ASGITransport(shared_app, root_path="/our api")
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as proxied:
        response = await proxied.post("/our api/products", json=LAMP)

    assert response.headers["Location"] == f"/our%20api/products/{response.json()['id']}"


async def test_a_product_is_read_at_its_place_with_its_price_to_the_cent(client):
    created = await client.post("/products", json=LAMP | {"price": "9.9"})

    response = await client.get(created.headers["Location"])

    assert response.status_code == 200
    assert response.json() == created.json()
    assert response.json()["price"] == "9.90"


async def test_the_list_begins_with_the_newest_product(client):
    for number in range(3):
        await client.post("/products", json=LAMP | {"name": str(number)})

    response = await client.get("/products")

    assert response.status_code == 200
    assert [product["name"] for product in response.json()] == ["2", "1", "0"]


async def test_the_list_is_cut_into_pages_of_50_unless_the_client_wants_otherwise(client, session):
    session.add_all(Product(name=str(number), price=Decimal(1), quantity=1) for number in range(51))
    await session.commit()

    assert len((await client.get("/products")).json()) == 50
    assert len((await client.get("/products?limit=100")).json()) == 51
    page = (await client.get("/products?limit=2&offset=1")).json()
    assert [product["name"] for product in page] == ["49", "48"]


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=-1", "offset=-1", "offset=2147483648"])
async def test_a_page_outside_the_limits_is_a_422(client, query):
    response = await client.get(f"/products?{query}")

    assert response.status_code == 422


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
@pytest.mark.parametrize("product_id", ["0", "9223372036854775808", "9" * 20, "+1", "x"])
async def test_an_id_that_no_product_can_have_is_a_422(client, method, product_id):
    response = await client.request(method, f"/products/{product_id}", json={} if method == "PATCH" else None)

    assert response.status_code == 422


async def test_the_database_cuts_the_page_and_not_the_app(client, session, rows_read):
    session.add_all(Product(name=str(number), price=Decimal(1), quantity=1) for number in range(20))
    await session.commit()
    rows_read.clear()

    page = (await client.get("/products?limit=2&offset=10")).json()

    assert [product["name"] for product in page] == ["9", "8"]
    most_rows_of_a_query = max(rows_read)
    assert most_rows_of_a_query == 2


async def test_a_name_that_exists_is_a_409(client, lamp):
    response = await client.post("/products", json=LAMP | {"quantity": 5})

    assert response.status_code == 409
    assert response.json() == {"error": "A product with this name exists"}
    assert (await client.get(lamp)).json()["quantity"] == 3


async def test_a_change_to_a_name_that_exists_is_a_409(client, lamp):
    desk = await client.post("/products", json=LAMP | {"name": "Desk"})

    response = await client.patch(desk.headers["Location"], json={"name": "Lamp"})

    assert response.status_code == 409
    assert (await client.get(desk.headers["Location"])).json()["name"] == "Desk"


@pytest.mark.parametrize(
    "changes",
    [{"name": "Desk"}, {"price": "5.00"}, {"quantity": 0}, {"name": "Lamp", "price": "0.01", "quantity": 9}, {}],
)
async def test_a_change_touches_what_was_sent_and_nothing_else(client, lamp, changes):
    before = (await client.get(lamp)).json()

    response = await client.patch(lamp, json=changes)

    assert response.status_code == 200
    assert response.json() == before | changes
    assert (await client.get(lamp)).json() == before | changes


@pytest.mark.parametrize(
    "changes",
    [{"price": 9.99}, {"price": "9.999"}, {"quantity": -1}, {"quantity": 2_147_483_648}, {"name": None}, {"id": 1}],
)
async def test_a_product_that_breaks_a_rule_is_a_422(client, lamp, changes):
    created = await client.post("/products", json=LAMP | {"name": "Desk"} | changes)
    changed = await client.patch(lamp, json=changes)

    assert created.status_code == 422
    assert changed.status_code == 422
    [field] = changes
    assert created.json()["details"][0]["loc"] == ["body", field]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
async def test_a_product_that_is_gone_is_a_404(client, lamp, method):
    deleted = await client.delete(lamp)
    assert deleted.status_code == 204
    assert deleted.content == b""

    response = await client.request(method, lamp, json={} if method == "PATCH" else None)

    assert response.status_code == 404
    assert response.json() == {"error": "Product not found"}


async def test_changes_and_deletions_of_one_product_at_once_are_200_204_or_404(committing_client):
    places = []
    for number in range(5):
        created = await committing_client.post("/products", json=LAMP | {"name": str(number)})
        places.append(created.headers["Location"])
    statuses = []

    async def send(method: str, place: str, **options: object) -> None:
        response = await committing_client.request(method, place, **options)
        statuses.append(response.status_code)

    async with create_task_group() as tasks:
        for place in places * 2:
            tasks.start_soon(lambda place: send("PATCH", place, json={"quantity": 2}), place)
            tasks.start_soon(send, "DELETE", place)

    assert set(statuses) <= {200, 204, 404}
    assert statuses.count(204) == len(places)
