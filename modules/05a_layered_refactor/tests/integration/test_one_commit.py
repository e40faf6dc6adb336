"""Who commits: the session of a request, at its end, and nobody before it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from decimal import Decimal

import httpx
import pytest
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.session import SessionmakerDep, get_session
from app.models import Note, Product

Send = Callable[..., Awaitable[list[str]]]


@pytest.fixture
def committed_too_early(committing_app, committing_client, engine) -> Send:
    """Sends requests, and says which have committed before their session, which here takes back what they did."""

    async def taken_back(sessionmaker: SessionmakerDep) -> AsyncIterator[AsyncSession]:
        async with sessionmaker() as session:
            yield session

    async def send(*requests: tuple[str, str, object], headers: dict[str, str] | None = None) -> list[str]:
        commits: list[str] = []
        for method, path, body in requests:

            def note(connection: object, request: str = f"{method} {path}") -> None:
                commits.append(request)

            event.listen(engine.sync_engine, "commit", note)
            response = await committing_client.request(method, path, json=body, headers=headers)
            event.remove(engine.sync_engine, "commit", note)
            assert httpx.codes.is_success(response.status_code), f"{method} {path} was answered with {response.text}"
        return commits

    committing_app.dependency_overrides[get_session] = taken_back
    return send


async def test_registering_leaves_the_commit_to_the_session_of_the_request(committed_too_early):
    body = {"email": "ana@example.com", "password": "correct horse"}

    assert await committed_too_early(("POST", "/auth/register", body)) == []


async def test_the_endpoints_of_notes_leave_the_commit_to_the_session_of_the_request(
    committed_too_early, committing_sessions, new_user
):
    ana, header = await new_user(committing_sessions, "ana@example.com")
    async with committing_sessions.begin() as session:
        note = Note(owner_id=ana.id, title="Milk", content="")
        session.add(note)
    requests = [
        ("POST", "/notes", {"title": "Bread", "content": ""}),
        ("GET", "/notes", None),
        ("GET", f"/notes/{note.id}", None),
        ("PATCH", f"/notes/{note.id}", {"title": "Bread"}),
        ("DELETE", f"/notes/{note.id}", None),
    ]

    assert await committed_too_early(*requests, headers=header) == []


async def test_the_endpoints_of_products_leave_the_commit_to_the_session_of_the_request(
    committed_too_early, committing_sessions
):
    async with committing_sessions.begin() as session:
        lamp = Product(name="Lamp", price=Decimal(1), quantity=1)
        session.add(lamp)
    requests = [
        ("POST", "/products", {"name": "Desk", "price": "80.00", "quantity": 1}),
        ("GET", "/products", None),
        ("GET", f"/products/{lamp.id}", None),
        ("PATCH", f"/products/{lamp.id}", {"quantity": 2}),
        ("DELETE", f"/products/{lamp.id}", None),
    ]

    assert await committed_too_early(*requests) == []
