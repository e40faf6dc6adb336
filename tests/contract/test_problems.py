"""How the blog says no: problem details, request ids on every answer, and bodies that are too large."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import httpx
import pytest
from conftest import Refused
from visitor import PASSWORD, Visitor, new_email

pytestmark = pytest.mark.stages("06")

REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
OVER_2_MB = 2 * 1024 * 1024 + 1
UNDER_2_MB = 1_990_000


async def chunks(size: int) -> AsyncIterator[bytes]:
    """A body whose size is told by no header."""
    for _ in range(0, size, 64 * 1024):
        yield b" " * 64 * 1024


@dataclass(frozen=True)
class Question:
    """A request, and the status of its answer. `options` are httpx's; a callable among them gives the value."""

    status: int
    method: str
    path: str
    options: dict[str, Any] = field(default_factory=dict)

    async def ask(self, visitor: Visitor, **headers: str) -> httpx.Response:
        options = {name: value() if callable(value) else value for name, value in self.options.items()}
        options["headers"] = options.get("headers", {}) | headers
        response = await visitor.request(self.method, self.path, **options)
        assert response.status_code == self.status, response.text[:500]
        return response


NEW_POST = {"title": "x", "body": "y"}
NOT_A_USER = {"username": new_email("nobody"), "password": "x"}
IS_TAKEN = {"email": new_email("taken"), "password": PASSWORD}
NO_TOKEN = {"Authorization": "Bearer no.real.token"}
IS_JSON = {"Content-Type": "application/json"}

# One question for every status that the blog answers with.
QUESTIONS: dict[str, Question] = {
    "200": Question(200, "GET", "/users/me"),
    "200 of health": Question(200, "GET", "/health"),
    "200 of ready": Question(200, "GET", "/health/ready"),
    "201": Question(201, "POST", "/posts", {"json": NEW_POST}),
    "400": Question(400, "POST", "/auth/login", {"data": NOT_A_USER}),
    "401": Question(401, "GET", "/users/me", {"headers": NO_TOKEN}),
    "403": Question(403, "DELETE", "/posts/{bens_post}"),
    "404 of a post": Question(404, "GET", f"/posts/{2**62}"),
    "404 of a path": Question(404, "GET", "/no/such/path"),
    "405": Question(405, "DELETE", "/posts"),
    "409": Question(409, "POST", "/auth/register", {"json": IS_TAKEN}),
    "413 declared": Question(413, "POST", "/posts", {"content": b" " * OVER_2_MB}),
    "413 chunked": Question(413, "POST", "/posts", {"content": partial(chunks, OVER_2_MB)}),
    "422 of a body": Question(422, "POST", "/posts", {"json": {"title": ""}}),
    "422 of a query": Question(422, "GET", "/posts?limit=0"),
    "422 of no JSON": Question(422, "POST", "/posts", {"content": b"{", "headers": IS_JSON}),
}


@pytest.fixture(scope="module")
async def bens_post(ben: Visitor) -> int:
    await ben.register(**IS_TAKEN)
    return int((await ben.write_post())["id"])


@pytest.fixture(params=QUESTIONS)
def question(request: pytest.FixtureRequest, bens_post: int) -> Question:
    asked = QUESTIONS[request.param]
    return replace(asked, path=asked.path.format(bens_post=bens_post))


@pytest.mark.wire
async def test_every_error_is_a_problem_detail(question: Question, ann: Visitor, refused: Refused) -> None:
    response = await question.ask(ann)
    if response.is_success:
        assert response.headers["content-type"] == "application/json"
    else:
        refused(response, question.status)


@pytest.mark.wire
async def test_every_answer_has_a_request_id_of_its_own(question: Question, ann: Visitor) -> None:
    first, second = [(await question.ask(ann)).headers["x-request-id"] for _ in range(2)]
    assert REQUEST_ID.fullmatch(first)
    assert first != second


@pytest.mark.wire
async def test_the_callers_own_request_id_is_kept_on_every_answer(question: Question, ann: Visitor) -> None:
    response = await question.ask(ann, **{"X-Request-ID": "my.own_ID-42"})
    assert response.headers["x-request-id"] == "my.own_ID-42"


@pytest.mark.wire
@pytest.mark.parametrize("given", ["a", "0", "-", ".", "_", "a" * 128, "A.b_C-9"], ids=lambda given: given[:8])
async def test_a_request_id_of_1_to_128_allowed_characters_is_kept(nobody: Visitor, given: str) -> None:
    assert (await nobody.get("/health", headers={"X-Request-ID": given})).headers["x-request-id"] == given


@pytest.mark.wire
@pytest.mark.parametrize(
    "given",
    [b"", b"a" * 129, b"two words", b"a,b", b"a;b", b"a/b", b"<b>", b"a:b", b"a+b", b"a=b", b"\xc3\xa9", b"\xff",
     b'"a"', b"a\tb", b"{a}", b"a%0d%0aX-Evil:1"],
)  # fmt: skip
async def test_any_other_request_id_is_replaced(nobody: Visitor, given: bytes) -> None:
    response = await nobody.get("/health", headers=[(b"X-Request-ID", given)])
    answered = response.headers["x-request-id"]
    assert REQUEST_ID.fullmatch(answered)
    assert answered.encode() != given


async def test_a_405_names_the_methods_that_are_allowed(nobody: Visitor) -> None:
    response = await nobody.delete("/posts")
    allowed = {method.strip() for method in response.headers["allow"].split(",")}
    assert {"GET", "POST"} <= allowed
    assert "DELETE" not in allowed


@pytest.mark.wire
@pytest.mark.parametrize("path", ["/posts", "/auth/register", "/auth/login", "/users/me"])
@pytest.mark.parametrize("declared", [True, False], ids=["declared", "chunked"])
async def test_a_body_over_2_mb_is_a_413_wherever_it_is_sent(
    ann: Visitor, refused: Refused, path: str, declared: bool
) -> None:
    method = "PATCH" if path == "/users/me" else "POST"
    kind = "application/x-www-form-urlencoded" if path == "/auth/login" else "application/json"
    content = b" " * OVER_2_MB if declared else chunks(OVER_2_MB)
    refused(await ann.request(method, path, content=content, headers={"Content-Type": kind}), 413)


@pytest.mark.wire
async def test_a_body_over_2_mb_needs_no_token_to_be_a_413(nobody: Visitor, refused: Refused) -> None:
    refused(await nobody.post("/posts", content=b" " * OVER_2_MB), 413)


@pytest.mark.wire
async def test_a_body_just_under_2_mb_is_read(ann: Visitor) -> None:
    body = json.dumps({"title": "Roomy", "body": "y"}).encode().ljust(UNDER_2_MB)
    response = await ann.post("/posts", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 201


@pytest.mark.wire
async def test_the_server_still_answers_after_a_413(ann: Visitor) -> None:
    assert (await ann.post("/posts", content=b" " * OVER_2_MB)).status_code == 413
    assert (await ann.get("/users/me")).status_code == 200


async def test_ready_says_that_the_database_answers_and_is_migrated(nobody: Visitor) -> None:
    assert (await nobody.get("/health/ready")).status_code == 200


async def test_a_validation_error_points_at_each_field_that_is_wrong(ann: Visitor) -> None:
    response = await ann.post("/posts", json={"title": "", "body": 1, "color": "red"})
    pointers = [error["pointer"] for error in response.json()["errors"]]
    assert sorted(pointer.rsplit("/", 1)[-1] for pointer in pointers) == ["body", "color", "title"]


@pytest.mark.wire
@pytest.mark.parametrize(
    "spelling", ["%E3%80%80{}", "%20{}", "{}%0A", "%2B{}", "+{}", "0{}", "{}.0", "1_{}", "%EF%BC%91"]
)
async def test_an_id_in_another_spelling_is_refused_and_stands_in_no_header(
    ann: Visitor, things: dict[str, int], refused: Refused, spelling: str
) -> None:
    post = things["post"]
    for _ in range(2):
        assert (await ann.post(f"/posts/{post}/comments", json={"body": "A remark"})).status_code == 201
    answer = await ann.get(f"/posts/{spelling.format(post)}/comments?limit=1")
    refused(answer, 404, 422)
    assert "link" not in answer.headers


@pytest.mark.wire
async def test_every_answer_is_kept_nowhere_and_taken_for_what_it_says_it_is(ann: Visitor, nobody: Visitor) -> None:
    answers = [
        await nobody.get("/nowhere"),
        await nobody.get("/posts?limit=x"),
        await nobody.post("/posts", content=b" " * OVER_2_MB),
        await nobody.login(ann.email, "a wrong password"),
        await ann.get("/users/me"),
    ]
    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


@pytest.mark.wire
async def test_a_large_body_without_a_token_is_answered_as_a_small_one(nobody: Visitor, refused: Refused) -> None:
    large = b" " * UNDER_2_MB
    refused(await nobody.post("/nowhere", content=large), 404)
    refused(await nobody.post("/posts", content=large), 401)
