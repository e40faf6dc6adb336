"""Whatever a client sends: never a 5xx, and never its own words back."""

import json
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from visitors import Visitor

from app.database.pagination import Position, to_cursor

TITLE_AND_BODY = {"title": "A title", "body": "A body"}
SECRET = "my-secret-words"
BEYOND_64_BITS = "9223372036854775808"


async def send_json(visitor: Visitor, method: str, path: str, body: Any) -> httpx.Response:
    """Send any JSON, in ASCII, so that half a surrogate pair can be sent too."""
    headers = visitor.headers | {"Content-Type": "application/json"}
    return await visitor.client.request(method, path, content=json.dumps(body), headers=headers)


@pytest.mark.parametrize(
    ("method", "path", "body", "pointer"),
    [
        ("POST", "/posts", {"title": "A title"}, "/body/body"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": ""}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": "x" * 201}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"body": ""}, "/body/body"),
        ("POST", "/posts", TITLE_AND_BODY | {"body": "x" * 100_001}, "/body/body"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": "nul\0"}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": "\ud800"}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": None}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": 1}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": True}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": float("nan")}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"title": ["A title"]}, "/body/title"),
        ("POST", "/posts", TITLE_AND_BODY | {"extra": 1}, "/body/extra"),
        ("POST", "/posts", TITLE_AND_BODY | {"a/b~c": 1}, "/body/a~1b~0c"),
        ("POST", "/posts", None, "/body"),
        ("POST", "/posts", [TITLE_AND_BODY], "/body"),
        ("POST", "/posts", "A title", "/body"),
        ("PATCH", "/posts/{post}", {"title": None}, "/body/title"),
        ("PATCH", "/posts/{post}", {"body": ""}, "/body/body"),
        ("PATCH", "/posts/{post}", {"author_id": 1}, "/body/author_id"),
        ("POST", "/posts/{post}/comments", {"body": "x" * 10_001}, "/body/body"),
        ("POST", "/posts/{post}/comments", {"body": "nul\0"}, "/body/body"),
        ("POST", "/posts/{post}/comments", {}, "/body/body"),
        ("PATCH", "/comments/{comment}", {"body": None}, "/body/body"),
        ("PATCH", "/users/me", {"display_name": ""}, "/body/display_name"),
        ("PATCH", "/users/me", {"display_name": "x" * 81}, "/body/display_name"),
        ("PATCH", "/users/me", {"display_name": "\udfff"}, "/body/display_name"),
        ("PATCH", "/users/me", {"display_name": None}, "/body/display_name"),
        ("PATCH", "/users/me", {"email": "ana@example.org"}, "/body/email"),
        ("POST", "/auth/register", {"email": 1, "password": "long enough"}, "/body/email"),
        ("POST", "/auth/register", {"email": "ana@example.org", "password": 12345678}, "/body/password"),
    ],
)
async def test_a_wrong_field_is_named(ana: Visitor, method: str, path: str, body: Any, pointer: str) -> None:
    post = await ana.write()
    path = path.format(post=post, comment=await ana.say(post))
    response = await send_json(ana, method, path, body)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["pointer"] == pointer


async def test_the_largest_texts_fit_and_lengths_count_characters(ana: Visitor) -> None:
    response = await ana.send("POST", "/posts", title="😀" * 200, body="😀" * 100_000)
    assert response.status_code == 201
    comment = await ana.send("POST", f"/posts/{response.json()['id']}/comments", body="😀" * 10_000)
    assert comment.status_code == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"email": SECRET, "password": "long enough"},
        {"email": f"{SECRET}@exa mple.com", "password": "long enough"},
        {"email": f"ana@{SECRET}!.com", "password": "long enough"},
        {"email": "ana@example.com", "password": SECRET * 10},
        {"email": "ana@example.com", "password": [SECRET]},
        {"email": "ana@example.com", "password": SECRET + "\0"},
        {"email": "ana@example.com", "password": "long enough", "again": SECRET},
        [SECRET],
        SECRET,
    ],
)
async def test_a_validation_error_never_repeats_what_was_sent(ana: Visitor, fields: Any) -> None:
    response = await send_json(ana, "POST", "/auth/register", fields)
    assert response.status_code == 422
    assert SECRET not in response.text


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"title=x",
        b'{"title": secret-word}',
        b"\xff\xfe",
        b'{"title": "\xff"}',
        b"[" * 100_000,
        b'{"title": 1' + b"0" * 5_000 + b"}",
        b'"\\ud800"',
        b'{"\\ud800": 1}',
        b"NaN",
        b"\xef\xbb\xbf{}",
    ],
    ids=lambda content: repr(content[:20]),
)
async def test_a_body_that_is_not_the_json_it_should_be_is_a_422(ana: Visitor, content: bytes) -> None:
    headers = ana.headers | {"Content-Type": "application/json"}
    response = await ana.client.post("/posts", content=content, headers=headers)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["pointer"].startswith("/body")
    assert "secret-word" not in response.text


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/x-www-form-urlencoded", "a", ";;", "é"])
async def test_json_has_to_say_that_it_is_json(ana: Visitor, content_type: str | None) -> None:
    headers = {name.encode(): value.encode() for name, value in ana.headers.items()}
    if content_type is not None:
        headers[b"Content-Type"] = content_type.encode("latin-1")
    response = await ana.client.post("/posts", content=json.dumps(TITLE_AND_BODY).encode(), headers=headers)
    assert response.status_code == 422


@pytest.mark.parametrize(
    ("content_type", "content"),
    [
        ("application/x-www-form-urlencoded", b"username=%00&password=%ff%fe"),
        ("application/x-www-form-urlencoded", b"\xff\x00=&&&=;;password"),
        ("application/x-www-form-urlencoded", b"a=b&" * 2_000),
        ("multipart/form-data", b"x"),
        ("multipart/form-data; boundary=x", b"--x\r\nnonsense"),
        ("multipart/form-data; boundary=x; charset=klingon", b'--x\r\nContent-Disposition: form-data; name="username"'),
        ("application/json", b"{}"),
    ],
)
async def test_a_login_form_that_is_no_form_is_the_clients_mistake(
    client: httpx.AsyncClient, content_type: str, content: bytes
) -> None:
    response = await client.post("/auth/login", content=content, headers={"Content-Type": content_type})
    assert response.status_code in (400, 422)
    assert response.headers["content-type"] == "application/problem+json"


NO_IDS = ["0", "-1", "x", "1.5", BEYOND_64_BITS, "9" * 5_000, "%00", "%FF", "1%00", "1e3", "null", "١", "%EF%BC%91"]
OTHER_SPELLINGS = ["{}%20", "%20{}", "%E3%80%80{}", "{}%0A", "+{}", "%2B{}", "{}.0", "0{}", "1_{}"]


@pytest.mark.parametrize("post_id", [*NO_IDS, *OTHER_SPELLINGS])
async def test_an_id_that_no_row_can_have_is_a_422_or_a_404(ana: Visitor, post_id: str) -> None:
    post = await ana.write()
    for _ in range(2):
        await ana.say(post)
    post_id = post_id.format(post)
    for method, path, body in (
        ("GET", f"/posts/{post_id}", {}),
        ("PATCH", f"/posts/{post_id}", {"title": "New"}),
        ("DELETE", f"/posts/{post_id}", {}),
        ("GET", f"/posts/{post_id}/comments?limit=1", {}),
        ("POST", f"/posts/{post_id}/comments", {"body": "Hello?"}),
        ("GET", f"/comments/{post_id}", {}),
        ("PATCH", f"/comments/{post_id}", {"body": "New"}),
        ("DELETE", f"/comments/{post_id}", {}),
        ("GET", f"/users/{post_id}", {}),
    ):
        response = await ana.send(method, path, **body)
        assert response.status_code in (404, 422)
        assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("author_id", ["0", "-1", "x", "", BEYOND_64_BITS, "nul\0", " 1", "+1", "01", "1.0", "１"])
async def test_an_author_id_that_nobody_can_have_is_a_422(client: httpx.AsyncClient, author_id: str) -> None:
    response = await client.get("/posts", params={"author_id": author_id})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"] == "/query/author_id"


async def test_the_largest_id_is_an_id(client: httpx.AsyncClient) -> None:
    assert (await client.get("/posts/9223372036854775807")).status_code == 404
    assert (await client.get("/posts", params={"author_id": "9223372036854775807"})).status_code == 200


async def test_ten_thousand_mistakes_are_not_all_listed(ana: Visitor) -> None:
    response = await send_json(ana, "POST", "/posts", {f"field {n}": n for n in range(10_000)})
    assert response.status_code == 422
    assert len(response.json()["errors"]) == 20


async def test_a_field_name_without_end_is_cut(ana: Visitor) -> None:
    response = await send_json(ana, "POST", "/posts", TITLE_AND_BODY | {"x" * 10_000: 1})
    assert response.status_code == 422
    assert len(response.json()["errors"][0]["pointer"]) == 200


@pytest.mark.parametrize("path", ["/users/me", "/posts/{post}", "/comments/{comment}"])
async def test_a_change_of_nothing_is_none(ana: Visitor, path: str) -> None:
    post = await ana.write()
    path = path.format(post=post, comment=await ana.say(post))
    before = (await ana.send("GET", path)).json()
    response = await send_json(ana, "PATCH", path, {})
    assert response.status_code == 200
    assert response.json() == (await ana.send("GET", path)).json() == before


@pytest.mark.parametrize("password", ["", "x", "seven77"])
async def test_a_short_password_is_told_what_is_needed_and_not_how_long_it_is(
    client: httpx.AsyncClient, password: str
) -> None:
    response = await client.post("/auth/register", json={"email": "ana@example.com", "password": password})
    [error] = response.json()["errors"]
    assert error == {"pointer": "/body/password", "detail": "String should have at least 8 characters"}


@pytest.mark.parametrize("row", [2**31 - 1, 2**31, 2**63 - 1])
async def test_a_list_goes_on_after_an_id_of_any_width(client: httpx.AsyncClient, ana: Visitor, row: int) -> None:
    post = await ana.write()
    said = await ana.say(post)
    after, before = (to_cursor(Position(datetime(year, 1, 1, tzinfo=UTC), row)) for year in (2001, 2999))
    thread = await client.get(f"/posts/{post}/comments", params={"cursor": after})
    assert [comment["id"] for comment in thread.json()["items"]] == [said]
    posts = await client.get("/posts", params={"cursor": before})
    assert [item["id"] for item in posts.json()["items"]] == [post]
