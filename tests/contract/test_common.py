"""Common to all HTTP stages: what every answer is like, and that nothing a client sends is the server's failure."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from conftest import Newcomer, Refused
from profiles import Endpoint, Profile, Text
from targets import Target
from visitor import Visitor

from course.deploy.kinds import hostile

OVER_2_MB = 2_000_001
HUGE = 150_000_000
CHUNK = 2**20

Path = Callable[[Endpoint], str]


async def send(
    visitor: Visitor, endpoint: Endpoint, path: str, body: bytes, content_type: str = "application/json"
) -> httpx.Response:
    """Send raw bytes as JSON: some of what is sent here, no JSON library would write."""
    return await visitor.request(endpoint.method, path, content=body, headers={"Content-Type": content_type})


def object_with(endpoint: Endpoint, name: bytes, value: bytes) -> bytes:
    """The endpoint's sample body as JSON, with one member more, or another value for one that it has."""
    sample = {key: json.dumps(text).encode() for key, text in endpoint.sample().items()}
    members = {json.dumps(key).encode(): text for key, text in sample.items()} | {name: value}
    return b"{" + b", ".join(key + b": " + text for key, text in members.items()) + b"}"


async def test_health_says_ok(nobody: Visitor) -> None:
    response = await nobody.get("/health")
    assert response.status_code == 200
    assert response.json() == {"ok": True}


@pytest.mark.wire
async def test_health_answers_head_too(nobody: Visitor) -> None:
    response = await nobody.request("HEAD", "/health")
    assert response.status_code == 200
    assert response.content == b""


@pytest.mark.wire
async def test_health_needs_no_particular_host(nobody: Visitor) -> None:
    response = await nobody.get("/health", headers={"Host": "healthcheck.elsewhere.example"})
    assert response.status_code == 200


@pytest.mark.wire
async def test_json_is_utf_8(ann: Visitor, profile: Profile, things: dict[str, int], endpoint_path: Path) -> None:
    endpoint = next(each for each in profile.endpoints if each.method == "PATCH")
    text = "Grüße, 世界 🌍"
    response = await ann.patch(endpoint_path(endpoint), json={endpoint.fields[0].name: text})
    assert response.headers["content-type"] == "application/json"
    assert json.loads(response.content.decode("utf-8"))[endpoint.fields[0].name] == text


async def test_an_unknown_path_is_a_404(nobody: Visitor, refused: Refused) -> None:
    refused(await nobody.get("/no/such/path"), 404)


@pytest.mark.wire
async def test_an_unknown_method_is_a_405_that_names_those_allowed(nobody: Visitor, refused: Refused) -> None:
    response = await nobody.request("PROPFIND", "/auth/login")
    refused(response, 405)
    assert "POST" in response.headers["allow"]


@pytest.mark.parametrize("method", ["OPTIONS", "POST", "PUT"])
@pytest.mark.parametrize("path", ["/docs", "/redoc", "/openapi.json"])
async def test_what_tells_of_the_api_is_only_read(nobody: Visitor, refused: Refused, method: str, path: str) -> None:
    response = await nobody.request(method, path)
    refused(response, 405)
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize("method", hostile.METHODS)
async def test_no_method_is_an_error_of_the_server(nobody: Visitor, endpoint: Endpoint, method: str) -> None:
    await nobody.request(method, endpoint.path_with(2**62))


@pytest.mark.parametrize("body", hostile.BODIES.values(), ids=hostile.BODIES)
async def test_a_body_that_is_no_json_object_is_refused(
    ann: Visitor, json_endpoint: Endpoint, endpoint_path: Path, refused: Refused, body: bytes
) -> None:
    response = await send(ann, json_endpoint, endpoint_path(json_endpoint), body)
    refused(response)
    assert hostile.MARKER not in response.text


@pytest.mark.parametrize("encoding", hostile.ODD_ENCODINGS)
async def test_json_in_another_encoding_is_no_error_of_the_server(
    ann: Visitor, json_endpoint: Endpoint, endpoint_path: Path, encoding: str
) -> None:
    await send(ann, json_endpoint, endpoint_path(json_endpoint), '{"title": "x", "body": "y"}'.encode(encoding))


@pytest.mark.parametrize("content_type", hostile.CONTENT_TYPES)
async def test_a_wrong_content_type_is_refused(
    ann: Visitor, json_endpoint: Endpoint, endpoint_path: Path, refused: Refused, content_type: str
) -> None:
    body = json.dumps(json_endpoint.sample()).encode()
    refused(await send(ann, json_endpoint, endpoint_path(json_endpoint), body, content_type=content_type))


@pytest.mark.parametrize("name", hostile.UNKNOWN_FIELDS.values(), ids=hostile.UNKNOWN_FIELDS)
async def test_an_unknown_field_is_refused_by_name_and_its_value_never_repeated(
    ann: Visitor, json_endpoint: Endpoint, endpoint_path: Path, refused: Refused, name: bytes
) -> None:
    body = object_with(json_endpoint, name, json.dumps(hostile.MARKER).encode())
    response = await send(ann, json_endpoint, endpoint_path(json_endpoint), body)
    refused(response, 422, field="nickname" if name == b'"nickname"' else None)
    assert hostile.MARKER not in response.text


@pytest.mark.parametrize("value", hostile.NOT_TEXT.values(), ids=hostile.NOT_TEXT)
async def test_a_value_of_another_type_is_refused_and_not_turned_into_text(
    ann: Visitor, field_endpoint: Endpoint, field: Text, endpoint_path: Path, refused: Refused, value: bytes
) -> None:
    body = object_with(field_endpoint, json.dumps(field.name).encode(), value)
    response = await send(ann, field_endpoint, endpoint_path(field_endpoint), body)
    refused(response, 422)
    assert b"12345678" not in response.content


@pytest.mark.parametrize("value", [b"null", b"1", b"true"])
async def test_a_wrong_type_is_told_by_the_fields_name(
    ann: Visitor, field_endpoint: Endpoint, field: Text, endpoint_path: Path, refused: Refused, value: bytes
) -> None:
    body = object_with(field_endpoint, json.dumps(field.name).encode(), value)
    refused(await send(ann, field_endpoint, endpoint_path(field_endpoint), body), 422, field=field.name)


@pytest.mark.parametrize("value", hostile.NOT_STORABLE.values(), ids=hostile.NOT_STORABLE)
async def test_text_that_no_column_can_hold_is_refused_by_its_fields_name(
    ann: Visitor, field_endpoint: Endpoint, field: Text, endpoint_path: Path, refused: Refused, value: bytes
) -> None:
    body = object_with(field_endpoint, json.dumps(field.name).encode(), value)
    response = await send(ann, field_endpoint, endpoint_path(field_endpoint), body)
    refused(response, 422, field=field.name)
    assert hostile.MARKER not in response.text


async def test_a_missing_field_is_refused_by_its_name(
    ann: Visitor, field_endpoint: Endpoint, field: Text, endpoint_path: Path, refused: Refused
) -> None:
    body = {key: value for key, value in field_endpoint.sample().items() if key != field.name}
    response = await ann.request(field_endpoint.method, endpoint_path(field_endpoint), json=body)
    if field_endpoint.partial:
        assert response.status_code in (200, 422), "a PATCH may leave fields out; an empty one may be refused"
    else:
        refused(response, 422, field=field.name)


async def test_text_over_its_limit_is_refused_by_name_and_never_repeated(
    ann: Visitor, field_endpoint: Endpoint, field: Text, endpoint_path: Path, refused: Refused
) -> None:
    too_long = (hostile.MARKER + "x" * field.longest)[: field.longest + 1]
    body = field_endpoint.sample(**{field.name: too_long})
    response = await ann.request(field_endpoint.method, endpoint_path(field_endpoint), json=body)
    refused(response, 422, field=field.name)
    assert hostile.MARKER[: field.longest] not in response.text


async def test_text_under_its_limit_is_refused_by_name(
    ann: Visitor, field_endpoint: Endpoint, field: Text, endpoint_path: Path, refused: Refused
) -> None:
    if field.shortest == 0:
        body = field_endpoint.sample(**{field.name: ""})
        response = await ann.request(field_endpoint.method, endpoint_path(field_endpoint), json=body)
        assert response.status_code == field_endpoint.ok
    else:
        body = field_endpoint.sample(**{field.name: "x" * (field.shortest - 1)})
        response = await ann.request(field_endpoint.method, endpoint_path(field_endpoint), json=body)
        refused(response, 422, field=field.name)


@pytest.mark.parametrize("character", ["x", "é", "世", "🌍"])
async def test_a_limit_counts_characters_whatever_their_bytes(
    ann: Visitor, stored_endpoint: Endpoint, field: Text, endpoint_path: Path, character: str
) -> None:
    text = character * field.longest
    body = stored_endpoint.sample(**{field.name: text})
    response = await ann.request(stored_endpoint.method, endpoint_path(stored_endpoint), json=body)
    assert response.status_code == stored_endpoint.ok, response.text[:500]
    assert response.json()[field.name] == text


TEXTS = {
    "spaces at both ends": "  two spaces  ",
    "line ends of all kinds": "one\ntwo\r\nthree\rfour",
    "a composed and a decomposed accent": "\u00e9 e\u0301",
    "a family of emoji": "👩‍👩‍👧‍👦",
    "right to left": "שלום \u202e عالم",
    "control characters": "\x01\x02\x1b[31m\x7f\x85",
    "a byte order mark": "\ufeffabc",
    "the last code point": "\U0010ffff",
    "markup": "<script>alert('1')</script> & &amp;",
    "SQL": "'; DROP TABLE users; --",
    "percent and backslash": "100% \\u0000 \\ %s %(x)s {x}",
    "only spaces": "   ",
}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_text_is_stored_as_sent(
    ann: Visitor, stored_endpoint: Endpoint, field: Text, endpoint_path: Path, text: str
) -> None:
    body = stored_endpoint.sample(**{field.name: text})
    response = await ann.request(stored_endpoint.method, endpoint_path(stored_endpoint), json=body)
    assert response.status_code == stored_endpoint.ok, response.text[:500]
    assert response.json()[field.name] == text
    if location := response.headers.get("location"):
        assert (await ann.read(location))[field.name] == text


@pytest.mark.wire
@pytest.mark.parametrize("hostile_id", hostile.IDS.values(), ids=hostile.IDS)
async def test_an_id_that_is_no_rows_is_refused(
    ann: Visitor, id_endpoint: Endpoint, refused: Refused, hostile_id: str
) -> None:
    body: dict[str, Any] = {"json": id_endpoint.sample()} if id_endpoint.fields else {}
    refused(await ann.request(id_endpoint.method, id_endpoint.path_with(hostile_id), **body), 404, 422)


@pytest.mark.wire
@pytest.mark.parametrize("way", hostile.written_otherwise(1))
async def test_an_id_that_is_written_otherwise_is_refused_and_never_in_a_header(
    ann: Visitor, id_endpoint: Endpoint, things: dict[str, int], refused: Refused, way: str
) -> None:
    others = {kind: hostile.written_otherwise(row_id)[way] for kind, row_id in things.items()}
    body: dict[str, Any] = {"json": id_endpoint.sample()} if id_endpoint.fields else {}
    response = await ann.request(id_endpoint.method, id_endpoint.path.format(**others), **body)
    refused(response, 404, 422)
    assert not [name for name in ("location", "link") if name in response.headers]


def chunks(size: int) -> AsyncIterator[bytes]:
    """A body whose length nobody declares."""

    async def generate() -> AsyncIterator[bytes]:
        for start in range(0, size, CHUNK):
            yield b" " * min(CHUNK, size - start)

    return generate()


@pytest.mark.wire
@pytest.mark.stages("04", "05a")
@pytest.mark.parametrize(
    ("path", "declared"),
    [("/auth/register", True), ("/auth/register", False), ("/notes", True), ("/notes", False), ("/auth/login", True)],
)
async def test_a_body_over_2_mb_is_a_413(ann: Visitor, path: str, declared: bool) -> None:
    kind = "application/x-www-form-urlencoded" if path == "/auth/login" else "application/json"
    content = b" " * OVER_2_MB if declared else chunks(OVER_2_MB)
    response = await ann.post(path, content=content, headers={"Content-Type": kind})
    assert response.status_code == 413


@pytest.mark.wire
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_what_is_refused_for_its_body_does_nothing(ann: Visitor, profile: Profile, declared: bool) -> None:
    place = (await ann.post(profile.written.path, json=profile.written.sample())).headers["location"]
    response = await ann.request("DELETE", place, content=b" " * OVER_2_MB if declared else chunks(OVER_2_MB))
    assert response.status_code == 413
    assert (await ann.get(place)).status_code == 200


@pytest.mark.own_server
async def test_whoever_is_deleted_in_the_middle_of_a_request_is_told_401(
    newcomer: Newcomer, target: Target, profile: Profile
) -> None:
    visitor = await newcomer()

    async def write() -> int:
        while (status := (await visitor.post(profile.written.path, json=profile.written.sample())).status_code) == 201:
            pass
        return status

    deletion = "WITH gone AS (DELETE FROM users WHERE email = $1 RETURNING id) SELECT pg_sleep(0.3) FROM gone"
    _, status = await asyncio.gather(target.execute(deletion, visitor.email), write())
    assert status == 401


@pytest.mark.stages("04", "05a")
async def test_a_body_just_under_2_mb_is_read(ann: Visitor) -> None:
    body = json.dumps({"title": "Roomy", "content": ""}).encode().ljust(OVER_2_MB - 1_000)
    response = await ann.post("/notes", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201


@pytest.mark.wire
@pytest.mark.server
@pytest.mark.own_server
@pytest.mark.stages("04", "05a")
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_huge_body_is_never_in_memory(nobody: Visitor, target: Target, declared: bool) -> None:
    before = target.memory()
    held = [before]

    async def body() -> AsyncIterator[bytes]:
        async for chunk in chunks(HUGE):
            held.append(target.memory())
            yield chunk

    headers = {"Content-Type": "application/json"} | ({"Content-Length": str(HUGE)} if declared else {})
    response = await nobody.post("/auth/register", content=body(), headers=headers)
    assert response.status_code == 413
    assert max(held) - before < 32_000_000


@pytest.mark.own_server
async def test_a_table_that_is_altered_is_no_error_for_the_next_request(
    newcomer: Newcomer, target: Target, profile: Profile
) -> None:
    visitor = await newcomer()
    for length in (330, 320):
        await visitor.read(profile.home)
        await target.execute(f"ALTER TABLE users ALTER COLUMN email TYPE varchar({length})")
    await visitor.read(profile.home)


@pytest.mark.parametrize("limit", [0, 101, -1, 2**31, 2**63, 10**30])
async def test_a_limit_outside_1_to_100_is_refused_by_name(
    ann: Visitor, page_endpoint: Endpoint, endpoint_path: Path, refused: Refused, limit: int
) -> None:
    refused(await ann.get(endpoint_path(page_endpoint), params={"limit": limit}), 422, field="limit")


@pytest.mark.parametrize("limit", [1, 100])
async def test_a_limit_of_1_and_of_100_is_taken(
    ann: Visitor, page_endpoint: Endpoint, endpoint_path: Path, limit: int
) -> None:
    page = await ann.read(endpoint_path(page_endpoint), limit=limit)
    items = page if isinstance(page, list) else page["items"]
    assert 1 <= len(items) <= limit


@pytest.mark.parametrize("number", hostile.NUMBERS.values(), ids=hostile.NUMBERS)
async def test_a_limit_that_is_no_number_is_refused_and_never_repeated(
    ann: Visitor, page_endpoint: Endpoint, endpoint_path: Path, refused: Refused, number: str
) -> None:
    response = await ann.get(f"{endpoint_path(page_endpoint)}?limit={number}")
    refused(response, 422, field="limit")
    assert hostile.MARKER not in response.text


@pytest.mark.wire
@pytest.mark.parametrize(
    "query", ["limit=1&limit=2", "LIMIT=1", "%00=%00", "%ff=%ff", "&&&=&", "a" * 5000, "limit[]=1"]
)
async def test_a_strange_query_is_no_error_of_the_server(
    ann: Visitor, page_endpoint: Endpoint, endpoint_path: Path, query: str
) -> None:
    response = await ann.get(f"{endpoint_path(page_endpoint)}?{query}")
    assert response.status_code in (200, 422)
