"""A small app whose rows name others, in envelopes, with its rows in memory; each fault can be planted in it alone."""

import asyncio
import secrets
from datetime import datetime
from itertools import count
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.security import APIKeyHeader
from pydantic import BaseModel, Field

from course.machine import ladder

OUR_ID = 1  # of nobody who registers


def small_bookings(*faults: str, roles_in: str = "") -> FastAPI:
    """The app, with these faults in it. Only librarians make rooms if there is a database that says who is one."""
    app = FastAPI()
    header = APIKeyHeader(name="Authorization")
    users: dict[str, dict[str, Any]] = {}  # by token
    ids = count(OUR_ID + 1)
    rooms: dict[int, dict[str, Any]] = {}
    if "a-room-is-there" in faults:
        rooms[1] = {"id": 1, "name": "the hall"}
    bookings: dict[int, dict[str, Any]] = {}
    events: dict[int, dict[str, Any]] = {}
    invoices: dict[int, dict[str, Any]] = {}
    labels: list[str] = []

    class Newcomer(BaseModel):
        email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=300)
        password: str = Field(min_length=8, max_length=72)

    class Favoured(Newcomer):
        is_admin: bool = False

    class Ranked(Newcomer):
        role: Literal["member", "librarian"] = "member"

    class NewRoom(BaseModel):
        name: str = Field(min_length=1, max_length=200)

    class NewBooking(BaseModel):
        room_id: int
        starts_at: datetime
        ends_at: datetime

    class NewEvent(BaseModel):
        title: str = Field(min_length=1, max_length=200)
        seats: int = Field(ge=1, le=1000)

    class Line(BaseModel):
        room_id: int
        nights: int = Field(ge=1, le=100)

    class NewInvoice(BaseModel):
        lines: list[Line]

    class NewLabels(BaseModel):
        barcodes: list[str] = Field(min_length=1)

    def who(given: Annotated[str, Depends(header)]) -> dict[str, Any]:
        if user := users.get(given.removeprefix("Token ")):
            return user
        raise HTTPException(401, "Log in first.", {"WWW-Authenticate": "Token"})

    User = Annotated[dict[str, Any], Depends(who)]  # noqa: N806 (a type)
    Offered = (  # noqa: N806 (a type)
        Favoured if "mass-assignment" in faults else Ranked if "role-for-the-asking" in faults else Newcomer
    )

    @app.get("/health")
    async def health() -> dict[str, bool]:
        return {"ok": True}

    @app.post("/users", status_code=201)
    async def register(user: Annotated[Offered, Body(embed=True)]) -> dict[str, Any]:  # type: ignore[valid-type]
        token = secrets.token_hex(16)
        if roles_in:
            await to_thread.run_sync(ladder.execute, roles_in, "INSERT INTO users VALUES ($1, 'MEMBER')", user.email)  # type: ignore[attr-defined]
        users[token] = {"id": next(ids), **user.model_dump()}  # type: ignore[attr-defined]
        shown = {name: value for name, value in users[token].items() if name != "password"}
        return {"user": {**shown, "token": token}}

    @app.post("/users/login")
    async def login(user: Annotated[Newcomer, Body(embed=True)]) -> dict[str, Any]:
        for token, each in users.items():
            if (each["email"], each["password"]) == (user.email, user.password):
                return {"user": {"id": each["id"], "token": token}}
        raise HTTPException(401, "wrong", {"WWW-Authenticate": "Token"})

    @app.get("/user")
    async def me(user: User) -> dict[str, Any]:
        return {"user": {"id": user["id"]}}

    @app.delete("/users/{user_id}", status_code=204)
    async def delete_account(user_id: int, user: User) -> None:
        if user_id != user["id"] and "account-of-another" not in faults:
            raise HTTPException(404, "no such account of yours")
        for token in [token for token, each in users.items() if each["id"] == user_id]:
            del users[token]

    @app.post("/rooms", status_code=201)
    async def create_room(room: Annotated[NewRoom, Body(embed=True)], user: User) -> dict[str, Any]:
        if "rooms-are-made-by-nobody" in faults:
            raise HTTPException(403, "Only an administrator makes rooms.")
        librarian = "SELECT 1 FROM users WHERE email = $1 AND role = 'LIBRARIAN'"
        if roles_in and not await to_thread.run_sync(ladder.execute, roles_in, librarian, user["email"]):
            raise HTTPException(403, "Only a librarian makes rooms.")
        rooms[len(rooms) + 1] = {"id": len(rooms) + 1, **room.model_dump()}
        return {"room": rooms[len(rooms)]}

    @app.get("/rooms")
    async def list_rooms(user: User) -> dict[str, Any]:
        return {"rooms": list(rooms.values())[:100]}

    def own(booking_id: int, user: dict[str, Any]) -> dict[str, Any]:
        booking = bookings.get(booking_id)
        if booking is None or (booking["user_id"] != user["id"] and "row-of-another" not in faults):
            raise HTTPException(404, "no such booking")
        return booking

    @app.post("/bookings", status_code=201)
    async def book(booking: Annotated[NewBooking, Body(embed=True)], user: User) -> dict[str, Any]:
        if booking.room_id not in rooms:
            raise HTTPException(404, "no such room")
        if booking.ends_at <= booking.starts_at or booking.starts_at < datetime.now(booking.starts_at.tzinfo):
            raise HTTPException(422, "it ends before it starts, or has begun")

        def is_taken() -> bool:
            others = [each for each in bookings.values() if each["room_id"] == booking.room_id]
            return any(each["starts_at"] < booking.ends_at and booking.starts_at < each["ends_at"] for each in others)

        taken = is_taken()
        if "race-duplicates" in faults:
            await asyncio.sleep(0.05)
        if taken:
            raise HTTPException(409, "the room is taken")
        number = max(bookings, default=0) + 1
        bookings[number] = {"id": number, "user_id": user["id"], **booking.model_dump()}
        return {"booking": bookings[number]}

    @app.get("/bookings")
    async def list_bookings(user: User, limit: int = 20, offset: int = 0) -> dict[str, Any]:
        mine = [each for each in bookings.values() if each["user_id"] == user["id"]]
        limit = limit if "endless-list" in faults else min(max(limit, 1), 100)
        return {"bookings": mine if "endless-list" in faults else mine[max(offset, 0) :][:limit]}

    @app.get("/bookings/{booking_id}")
    async def read(booking_id: int, user: User) -> dict[str, Any]:
        return {"booking": own(booking_id, user)}

    @app.delete("/bookings/{booking_id}", status_code=204)
    async def delete(booking_id: int, user: User) -> None:
        own(booking_id, user)
        bookings.pop(booking_id)

    @app.post("/bookings/{booking_id}/cancel")
    async def cancel(booking_id: int, user: User) -> dict[str, Any]:
        booking = bookings.get(booking_id) if "deed-of-another" in faults else own(booking_id, user)
        if booking is None:
            raise HTTPException(404, "no such booking")
        return {"booking": {**booking, "cancelled": True}}

    @app.post("/events", status_code=201)
    async def create_event(event: NewEvent, user: User) -> dict[str, Any]:
        events[len(events) + 1] = {"id": len(events) + 1, "members": set(), **event.model_dump()}
        return {"id": len(events), **event.model_dump()}

    @app.post("/events/{event_id}/signups", status_code=201)
    async def sign_up(event_id: int, user: User) -> dict[str, Any]:
        event = events.get(event_id)
        if event is None:
            raise HTTPException(404, "no such event")
        is_full = len(event["members"]) >= event["seats"] or user["id"] in event["members"]
        if "oversold" in faults:
            await asyncio.sleep(0.05)
        if is_full:
            raise HTTPException(409, "full")
        event["members"].add(user["id"])
        return {"id": user["id"], "event_id": event_id}

    @app.post("/invoices", status_code=201)
    async def invoice(new: NewInvoice, user: User) -> dict[str, Any]:
        if "half-done" in faults:
            invoices[len(invoices) + 1] = {"id": len(invoices) + 1}
        if any(each.room_id not in rooms for each in new.lines):
            raise HTTPException(404, "no such room")
        if "half-done" not in faults:
            invoices[len(invoices) + 1] = {"id": len(invoices) + 1}
        return invoices[len(invoices)]

    @app.get("/invoices")
    async def list_invoices(user: User) -> list[dict[str, Any]]:
        return list(invoices.values())[:100]

    @app.post("/labels", status_code=201)
    async def label(new: NewLabels, user: User) -> list[dict[str, Any]]:
        before = len(labels)
        for barcode in new.barcodes:
            if barcode in labels:
                if "half-done-texts" not in faults:
                    del labels[before:]
                raise HTTPException(409, "it is taken")
            labels.append(barcode)
        return [{"id": number, "barcode": labels[number]} for number in range(before, len(labels))]

    @app.get("/labels")
    async def list_labels(user: User) -> list[dict[str, Any]]:
        return [{"id": number, "barcode": barcode} for number, barcode in enumerate(labels)][:100]

    return app
