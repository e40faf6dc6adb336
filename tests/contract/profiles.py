"""What differs from stage to stage: the endpoints, the fields that they take, and the envelope that errors wear."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass(frozen=True)
class Text:
    """A text field of a JSON body, with its limits in characters."""

    name: str
    shortest: int
    longest: int
    sample: str = "Some text that is fine"


@dataclass(frozen=True)
class Endpoint:
    """One promised request, with the fields of its JSON body if it takes one."""

    method: str
    path: str
    fields: tuple[Text, ...] = ()
    token: bool = False
    paged: bool = False
    ok: int = 200
    also: tuple[tuple[str, str], ...] = ()  # more fields that its body needs, without limits of their own, and a sample

    def __str__(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def names_a_row(self) -> bool:
        return "{" in self.path

    @property
    def takes_json(self) -> bool:
        return bool(self.fields or self.also)

    @property
    def stores_text(self) -> bool:
        """Whether its fields are free text that can be read back; an e-mail and a password are neither."""
        return bool(self.fields) and not {each.name for each in self.fields} & {"password", "new_password"}

    @property
    def partial(self) -> bool:
        """Whether fields may be left out."""
        return self.method == "PATCH"

    def path_with(self, row_id: object) -> str:
        """The path with this id wherever it names a row."""
        return re.sub(r"{\w+}", str(row_id), self.path)

    def sample(self, **changed: Any) -> dict[str, Any]:
        """A body that the contract allows, with some fields changed."""
        return dict(self.also) | {each.name: each.sample for each in self.fields} | changed


@dataclass(frozen=True)
class Error:
    """An error answer as a client reads it."""

    message: str
    fields: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Profile:
    """A stage as the suites see it."""

    stage_id: str
    endpoints: tuple[Endpoint, ...]
    read_error: Callable[[httpx.Response], Error]
    home: str  # a protected path that every user may GET

    @property
    def written(self) -> Endpoint:
        """Where a user writes what is theirs."""
        return next(each for each in self.endpoints if str(each) in ("POST /notes", "POST /posts"))

    @property
    def deletes_accounts(self) -> bool:
        return any(str(each) == "DELETE /users/me" for each in self.endpoints)


def read_envelope(response: httpx.Response) -> Error:
    """Read `{"error": "message"}`, with `details` for a 422: the envelope of 04 and 05a."""
    assert response.headers["content-type"].split(";")[0] == "application/json", response.headers["content-type"]
    body = response.json()
    is_422 = response.status_code == 422
    assert set(body) == ({"error", "details"} if is_422 else {"error"}), body
    assert isinstance(body["error"], str)
    assert body["error"]
    if not is_422:
        return Error(body["error"])
    assert body["details"], "a 422 says what is wrong"
    for detail in body["details"]:
        assert set(detail) == {"loc", "msg"}, detail
        assert isinstance(detail["loc"], list)
        assert isinstance(detail["msg"], str)
        assert detail["msg"]
    return Error(body["error"], [str(part) for detail in body["details"] for part in detail["loc"]])


def read_problem(response: httpx.Response) -> Error:
    """Read RFC 9457 problem details, with `errors` for a 422: the envelope of the capstone."""
    assert response.headers["content-type"].split(";")[0] == "application/problem+json", response.headers[
        "content-type"
    ]
    assert response.headers["x-request-id"], "every answer carries a request id"
    body = response.json()
    for member in ("type", "title", "detail"):
        assert isinstance(body[member], str), f"{member} is text: {body}"
        assert body[member], f"{member} is not empty: {body}"
    assert body["status"] == response.status_code
    assert ("errors" in body) == (response.status_code == 422), "422, and only 422, lists errors"
    if response.status_code != 422:
        return Error(body["detail"])
    assert body["errors"], "a 422 says what is wrong"
    for error in body["errors"]:
        assert set(error) == {"pointer", "detail"}, error
        assert isinstance(error["detail"], str)
        assert error["detail"]
    return Error(body["detail"], [part for error in body["errors"] for part in pointer_parts(error["pointer"])])


def pointer_parts(pointer: str) -> list[str]:
    """The names in a JSON pointer (RFC 6901), with or without the `#` of its fragment form."""
    assert pointer.removeprefix("#")[:1] in ("", "/"), f"not a JSON pointer: {pointer!r}"
    return [part.replace("~1", "/").replace("~0", "~") for part in pointer.split("/")[1:]]


CREDENTIALS = (Text("email", 3, 254, "somebody@example.com"), Text("password", 8, 72))
NOTE = (Text("title", 1, 200), Text("content", 0, 20_000))
POST = (Text("title", 1, 200), Text("body", 1, 100_000))
COMMENT = (Text("body", 1, 10_000),)

HEALTH = Endpoint("GET", "/health")
REGISTER = Endpoint("POST", "/auth/register", CREDENTIALS, ok=201)
NOTES = (
    Endpoint("POST", "/notes", NOTE, token=True, ok=201),
    Endpoint("GET", "/notes", token=True, paged=True),
    Endpoint("GET", "/notes/{note}", token=True),
    Endpoint("PATCH", "/notes/{note}", NOTE, token=True),
    Endpoint("DELETE", "/notes/{note}", token=True, ok=204),
)
PRODUCTS = (  # their fields are no free text: test_products asks for those
    Endpoint("GET", "/products", paged=True),
    Endpoint("GET", "/products/{product}"),
    Endpoint("DELETE", "/products/{product}", ok=204),
)
BLOG = (
    Endpoint("GET", "/health/ready"),
    Endpoint("GET", "/users/me", token=True),
    Endpoint("PATCH", "/users/me", (Text("display_name", 1, 80),), token=True),
    Endpoint(
        "PUT",
        "/users/me/password",
        (Text("new_password", 8, 72),),
        token=True,
        ok=204,
        also=(("current_password", "not the one it is"),),
    ),
    Endpoint("DELETE", "/users/me", token=True, ok=204, also=(("current_password", "not the one it is"),)),
    Endpoint("GET", "/users", paged=True),
    Endpoint("GET", "/users/{user}"),
    Endpoint("GET", "/posts", paged=True),
    Endpoint("POST", "/posts", POST, token=True, ok=201),
    Endpoint("GET", "/posts/{post}"),
    Endpoint("PATCH", "/posts/{post}", POST, token=True),
    Endpoint("DELETE", "/posts/{post}", token=True, ok=204),
    Endpoint("GET", "/posts/{post}/comments", paged=True),
    Endpoint("POST", "/posts/{post}/comments", COMMENT, token=True, ok=201),
    Endpoint("GET", "/comments/{comment}"),
    Endpoint("PATCH", "/comments/{comment}", COMMENT, token=True),
    Endpoint("DELETE", "/comments/{comment}", token=True, ok=204),
)

PROFILES = {
    profile.stage_id: profile
    for profile in (
        Profile("04", (HEALTH, REGISTER, *NOTES), read_envelope, home="/notes"),
        Profile("05a", (HEALTH, REGISTER, *NOTES, *PRODUCTS), read_envelope, home="/notes"),
        Profile("05b", (HEALTH,), read_envelope, home="/health"),
        Profile("06", (HEALTH, REGISTER, *BLOG), read_problem, home="/users/me"),
    )
}
