"""A person at the API: registers, logs in, writes. Every request of the suites goes through here."""

from typing import Any
from uuid import uuid4

import httpx
from profiles import Profile

PASSWORD = "correct horse battery"


def new_email(name: str = "visitor") -> str:
    """An e-mail that no run has used before: a suite may meet the traces of another."""
    return f"{name}-{uuid4().hex[:16]}@example.com"


class Visitor:
    """Somebody with a browser, and once registered with a token too."""

    def __init__(self, http: httpx.AsyncClient, profile: Profile, token: str | None = None, email: str = "") -> None:
        self.http = http
        self.profile = profile
        self.token = token
        self.email = email

    @classmethod
    async def registered(
        cls, http: httpx.AsyncClient, profile: Profile, *, email: str | None = None, password: str | None = None
    ) -> "Visitor":
        """A visitor with a new account."""
        email = email or new_email()
        response = await cls(http, profile).register(email, password or PASSWORD)
        assert response.status_code == httpx.codes.CREATED, response.text
        return cls(http, profile, response.json()["access_token"], email)

    def with_token(self, token: str | None) -> "Visitor":
        """The same person, holding another token."""
        return Visitor(self.http, self.profile, token, self.email)

    async def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Send one request. Whatever it was, the contract allows no 5xx as its answer."""
        headers = httpx.Headers(options.pop("headers", None))
        if self.token is not None:
            headers.setdefault("Authorization", f"Bearer {self.token}")
        response = await self.http.request(method, path, headers=headers, **options)
        assert response.status_code < 500, f"{method} {path} answered {response.status_code}: {response.text[:500]}"
        return response

    async def get(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("POST", path, **options)

    async def put(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PUT", path, **options)

    async def patch(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("PATCH", path, **options)

    async def delete(self, path: str, **options: Any) -> httpx.Response:
        return await self.request("DELETE", path, **options)

    async def register(self, email: str, password: str) -> httpx.Response:
        return await self.post("/auth/register", json={"email": email, "password": password})

    async def login(self, email: str, password: str) -> httpx.Response:
        return await self.post("/auth/login", data={"username": email, "password": password})

    async def read(self, path: str, **params: Any) -> Any:
        """The JSON of something that is there."""
        response = await self.get(path, params=params)
        assert response.status_code == httpx.codes.OK, f"GET {path} answered {response.status_code}: {response.text}"
        return response.json()

    async def write(self, path: str, **fields: Any) -> Any:
        """The JSON of something new."""
        response = await self.post(path, json=fields)
        assert response.status_code == httpx.codes.CREATED, (
            f"POST {path} answered {response.status_code}: {response.text}"
        )
        return response.json()

    async def write_note(self, title: str = "A note", content: str = "Its content") -> Any:
        return await self.write("/notes", title=title, content=content)

    async def write_post(self, title: str = "A post", body: str = "Its body") -> Any:
        return await self.write("/posts", title=title, body=body)

    async def write_comment(self, post_id: int, body: str = "A comment") -> Any:
        return await self.write(f"/posts/{post_id}/comments", body=body)

    async def write_product(self) -> Any:
        return await self.write("/products", name=f"A product {uuid4().hex}", price="9.99", quantity=1)

    async def one_of_each(self) -> dict[str, int]:
        """The ids of one new thing of each kind that the stage's paths name."""
        if self.profile.stage_id == "06":
            post = await self.write_post()
            comment = await self.write_comment(post["id"])
            return {"user": (await self.read("/users/me"))["id"], "post": post["id"], "comment": comment["id"]}
        things = {"note": (await self.write_note())["id"]}
        if any(each.path == "/products" for each in self.profile.endpoints):
            things["product"] = (await self.write_product())["id"]
        return things
