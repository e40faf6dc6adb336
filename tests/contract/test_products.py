"""Products: what 05a promises beyond 04. Nobody needs a token for them, and no price ever passes through a float."""

import asyncio
import json
from typing import Any
from uuid import uuid4

import httpx
import pytest
from conftest import Refused
from visitor import Visitor

from course.deploy.kinds import hostile

pytestmark = pytest.mark.stages("05a")


def product(**changed: Any) -> dict[str, Any]:
    """A body that the contract allows, with a name that nobody has used before."""
    return {"name": f"Lamp {uuid4().hex[:16]}", "price": "9.99", "quantity": 3} | changed


async def offer(visitor: Visitor, **changed: Any) -> tuple[str, Any]:
    """The path of a new product, and the product."""
    written = await visitor.write("/products", **product(**changed))
    return f"/products/{written['id']}", written


async def send(visitor: Visitor, method: str, path: str, name: str, value: bytes) -> httpx.Response:
    """Send a body with one value written by hand: some are no value that a JSON library would write."""
    members = {key: json.dumps(each).encode() for key, each in product().items()} | {name: value}
    body = b"{" + b", ".join(json.dumps(key).encode() + b": " + each for key, each in members.items()) + b"}"
    return await visitor.request(method, path, content=body, headers={"Content-Type": "application/json"})


async def test_a_new_product_is_a_201_with_its_location(ann: Visitor) -> None:
    sent = product()
    response = await ann.post("/products", json=sent)
    assert response.status_code == 201
    written = response.json()
    assert written.items() >= sent.items()
    assert isinstance(written["id"], int)
    assert response.headers["location"] == f"/products/{written['id']}"
    assert await ann.read(response.headers["location"]) == written


async def test_nobody_needs_a_token(nobody: Visitor) -> None:
    path, written = await offer(nobody)
    assert written in await nobody.read("/products", limit=100)
    assert (await nobody.patch(path, json={"quantity": 4})).json() == written | {"quantity": 4}
    assert (await nobody.delete(path)).status_code == 204


async def test_limit_and_offset_cut_a_window_out_of_the_list(ann: Visitor) -> None:
    for _ in range(3):
        await offer(ann)
    listed = await ann.read("/products", limit=3)
    assert len(listed) == 3
    assert await ann.read("/products", limit=1, offset=1) == listed[1:2]
    assert await ann.read("/products", offset=2_147_483_647) == []


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=101", "limit=x", "limit=", "offset=-1", "offset=2147483648", "offset=1e3"]
)
async def test_a_window_outside_the_limits_is_a_422_that_names_it(ann: Visitor, refused: Refused, query: str) -> None:
    refused(await ann.get(f"/products?{query}"), 422, field=query.split("=")[0])


@pytest.mark.parametrize(
    ("price", "shown"),
    [("9.99", "9.99"), ("9.9", "9.90"), ("10", "10.00"), ("0", "0.00"), ("0.01", "0.01"), ("9999999.99", "9999999.99")],
)
async def test_a_price_is_a_text_that_comes_back_to_the_cent(ann: Visitor, price: str, shown: str) -> None:
    path, written = await offer(ann, price=price)
    assert written["price"] == shown
    assert (await ann.read(path))["price"] == shown
    assert (await ann.patch(path, json={"price": price})).json()["price"] == shown


@pytest.mark.parametrize("price", [b"9.99", b"9", b"0", b"1e2", b"1234567.1000000000001", *hostile.NOT_TEXT.values()])
async def test_a_price_that_is_no_text_is_a_422(ann: Visitor, refused: Refused, price: bytes) -> None:
    refused(await send(ann, "POST", "/products", "price", price), 422)


@pytest.mark.parametrize("price", [b"9.99", b"9", b"null"])
async def test_a_price_that_is_no_text_is_told_by_its_name(ann: Visitor, refused: Refused, price: bytes) -> None:
    refused(await send(ann, "POST", "/products", "price", price), 422, field="price")


BAD_PRICES = ["", " ", "free", "-1", "-0", "-0.01", "+1", "9.999", "0.001", "9,99", "1e2", "1E-2", "0x10", "1_000"]
BAD_PRICES += [
    " 9.99",
    "9.99 ",
    "9.99\n",
    "\t9",
    "10000000",
    "10000000.00",
    "9999999.991",
    "9" * 5_000,
    "0." + "0" * 99,
]
BAD_PRICES += [
    "NaN",
    "nan",
    "Infinity",
    "-Infinity",
    "inf",
    "sNaN",
    "\uff11",
    "\u0661.\u0662",
    "9.99\0",
    "\u221e",
    "\u00bd",
]


@pytest.mark.parametrize("price", BAD_PRICES)
async def test_a_text_that_is_no_price_is_a_422_that_names_it(ann: Visitor, refused: Refused, price: str) -> None:
    refused(await ann.post("/products", json=product(price=price)), 422, field="price")
    path, written = await offer(ann)
    refused(await ann.patch(path, json={"price": price}), 422, field="price")
    assert await ann.read(path) == written


QUANTITIES = [b"-1", b"2147483648", b"9223372036854775808", b"1" * 40, b"3.5", b'"3"', b"null", b"true", b"[3]"]


@pytest.mark.parametrize("quantity", QUANTITIES)
async def test_a_quantity_that_no_column_holds_is_a_422_that_names_it(
    ann: Visitor, refused: Refused, quantity: bytes
) -> None:
    refused(await send(ann, "POST", "/products", "quantity", quantity), 422, field="quantity")


@pytest.mark.parametrize("quantity", [b"1e999", b"NaN", b"-Infinity", b"9" * 10_000])
async def test_a_quantity_that_is_hardly_a_number_is_a_422(ann: Visitor, refused: Refused, quantity: bytes) -> None:
    refused(await send(ann, "POST", "/products", "quantity", quantity), 422)


@pytest.mark.parametrize("quantity", [0, 1, 2_147_483_647])
async def test_a_quantity_goes_up_to_what_the_column_holds(ann: Visitor, quantity: int) -> None:
    path, _ = await offer(ann, quantity=quantity)
    assert (await ann.read(path))["quantity"] == quantity


@pytest.mark.parametrize("name", ["x", "x" * 183, "  two spaces  ", "'; DROP TABLE products; --", "🌍", "\u202e"])
async def test_a_name_is_stored_as_sent(ann: Visitor, name: str) -> None:
    unique = name + uuid4().hex[:17]
    path, _ = await offer(ann, name=unique)
    assert (await ann.read(path))["name"] == unique


@pytest.mark.parametrize("name", [b'""', json.dumps("x" * 201).encode(), b"5", b"null", *hostile.NOT_STORABLE.values()])
async def test_a_name_outside_its_limits_is_a_422_that_names_it(ann: Visitor, refused: Refused, name: bytes) -> None:
    response = await send(ann, "POST", "/products", "name", name)
    refused(response, 422, field="name")
    assert hostile.MARKER not in response.text


@pytest.mark.parametrize("name", ["name", "price", "quantity"])
async def test_a_missing_field_is_a_422_that_names_it(ann: Visitor, refused: Refused, name: str) -> None:
    body = {key: value for key, value in product().items() if key != name}
    refused(await ann.post("/products", json=body), 422, field=name)


@pytest.mark.parametrize("name", ["id", "owner_id", "Price"])
async def test_an_unknown_field_is_a_422_that_names_it(ann: Visitor, refused: Refused, name: str) -> None:
    refused(await ann.post("/products", json=product(**{name: 1})), 422, field=name)
    path, _ = await offer(ann)
    refused(await ann.patch(path, json={name: 1}), 422, field=name)


@pytest.mark.parametrize("body", hostile.BODIES.values(), ids=hostile.BODIES)
async def test_a_body_that_is_no_json_object_is_a_422(ann: Visitor, refused: Refused, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    refused(await ann.post("/products", content=body, headers=headers), 422)
    path, _ = await offer(ann)
    refused(await ann.patch(path, content=body, headers=headers), 422)


async def test_a_name_that_exists_is_a_409(ann: Visitor, refused: Refused) -> None:
    path, written = await offer(ann)
    refused(await ann.post("/products", json=product(name=written["name"])), 409)
    assert await ann.read(path) == written


async def test_a_name_that_was_given_up_is_free_again(ann: Visitor) -> None:
    path, written = await offer(ann)
    assert (await ann.delete(path)).status_code == 204
    await offer(ann, name=written["name"])


async def test_a_change_to_a_name_that_exists_is_a_409_and_changes_nothing(ann: Visitor, refused: Refused) -> None:
    _, lamp = await offer(ann)
    path, desk = await offer(ann)
    refused(await ann.patch(path, json={"name": lamp["name"], "quantity": 5}), 409)
    assert await ann.read(path) == desk


async def test_a_change_to_the_name_that_it_has_is_no_conflict(ann: Visitor) -> None:
    path, written = await offer(ann)
    assert (await ann.patch(path, json={"name": written["name"]})).status_code == 200


@pytest.mark.parametrize("change", [{"price": "5.00"}, {"quantity": 0}, {"price": "0.00", "quantity": 9}])
async def test_a_patch_changes_what_it_names_and_nothing_else(ann: Visitor, change: dict[str, Any]) -> None:
    path, written = await offer(ann)
    response = await ann.patch(path, json=change)
    assert response.status_code == 200
    assert response.json() == written | change
    assert await ann.read(path) == written | change


async def test_a_deleted_product_is_gone(ann: Visitor, refused: Refused) -> None:
    path, written = await offer(ann)
    response = await ann.delete(path)
    assert response.status_code == 204
    assert response.content == b""
    refused(await ann.get(path), 404)
    refused(await ann.patch(path, json={"quantity": 1}), 404)
    refused(await ann.delete(path), 404)
    assert written not in await ann.read("/products", limit=100)


@pytest.mark.wire
@pytest.mark.parametrize("hostile_id", hostile.IDS.values(), ids=hostile.IDS)
async def test_an_id_that_is_no_products_is_refused(ann: Visitor, refused: Refused, hostile_id: str) -> None:
    await offer(ann)  # there are products, but not this one
    path = f"/products/{hostile_id}"
    for response in (await ann.get(path), await ann.patch(path, json={"quantity": 1}), await ann.delete(path)):
        refused(response, 404, 422)


async def test_of_ten_simultaneous_equal_offers_one_is_a_201_and_nine_are_409(ann: Visitor) -> None:
    body = product()
    answers = await asyncio.gather(*(ann.post("/products", json=body) for _ in range(10)))
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 9


async def test_of_ten_products_that_want_one_name_at_once_one_gets_it(ann: Visitor) -> None:
    paths = [(await offer(ann))[0] for _ in range(10)]
    name = product()["name"]
    answers = await asyncio.gather(*(ann.patch(path, json={"name": name}) for path in paths))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9


async def test_products_that_want_each_others_names_at_once_are_never_an_error_of_the_server(ann: Visitor) -> None:
    """Two that wait for each other are a deadlock, now and then: the database ends one of them."""
    offers = [await offer(ann) for _ in range(10)]
    wanted = [written["name"] for _, written in offers[1:] + offers[:1]]
    for _ in range(5):
        swaps = (ann.patch(path, json={"name": name}) for (path, _), name in zip(offers, wanted, strict=True))
        assert {answer.status_code for answer in await asyncio.gather(*swaps)} <= {200, 409}


async def test_simultaneous_changes_of_different_fields_all_last(ann: Visitor) -> None:
    paths = [(await offer(ann))[0] for _ in range(10)]
    changes = [
        ann.patch(path, json=change)
        for path in paths
        for change in ({"price": "5.00"}, {"quantity": 7}, {"price": "5.00"})
    ]
    answers = await asyncio.gather(*changes)
    assert {answer.status_code for answer in answers} == {200}
    for path in paths:
        read = await ann.read(path)
        assert (read["price"], read["quantity"]) == ("5.00", 7)


async def test_a_product_that_is_changed_while_it_is_deleted_is_a_200_or_a_404(ann: Visitor) -> None:
    path, _ = await offer(ann)
    changes = [ann.patch(path, json={"quantity": number}) for number in range(5)]
    *changed, deleted = await asyncio.gather(*changes, ann.delete(path))
    assert {answer.status_code for answer in changed} <= {200, 404}
    assert deleted.status_code == 204
