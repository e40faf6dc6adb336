"""A small app that keeps the start contract, with its rows in memory; each fault can be planted in it alone."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import jwt
import uvicorn
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from pydantic import BaseModel, ConfigDict, Field

from course.machine import ports

SECRET = "the secret of a small app, which signs its tokens"
BODY_MAX = 2_000_000


def small_app(*faults: str) -> FastAPI:
    """The app, with these faults in it."""
    app = FastAPI(
        docs_url=None if "no-docs" in faults else "/" if "docs-at-the-root" in faults else "/docs", redoc_url=None
    )
    bearer = OAuth2PasswordBearer(tokenUrl="/auth/login")
    users: dict[str, dict[str, Any]] = {}
    notes: dict[int, dict[str, Any]] = {}
    wrong: dict[str, int] = {}

    class Strict(BaseModel):
        model_config = ConfigDict(extra="allow" if "mass-assignment" in faults else "forbid", strict=True)

    class Newcomer(Strict):
        email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$", max_length=300, examples=["ana@example.com"])
        password: str = Field(min_length=0 if "weak-password" in faults else 8, max_length=72)

    class NewPassword(Strict):
        current_password: str
        password: str

    class NewNote(Strict):
        title: str = Field(min_length=1, max_length=None if "no-limit-of-text" in faults else 200)
        content: str = Field("", max_length=2_000)

    class Change(Strict):
        title: str = Field("", max_length=200)
        content: str = Field("", max_length=2_000)

    def token_for(name: str) -> dict[str, str]:
        now = int(time.time())
        claims = {"sub": name, "iat": now, "exp": now + (10**9 if "token-for-ever" in faults else 3600)}
        return {"access_token": jwt.encode(claims, SECRET, "HS256"), "token_type": "bearer"}

    def name_of(token: Annotated[str, Depends(bearer)]) -> str:
        if "=" in token:
            raise HTTPException(401, "Log in first.", {"WWW-Authenticate": "Bearer"})
        try:
            options = {"verify_signature": "broken-token" not in faults, "require": ["exp", "sub"]}
            return str(jwt.decode(token, SECRET, algorithms=["HS256", "none"][: 1 + ("broken-token" in faults)],
                                  options=options)["sub"])  # type: ignore[arg-type]  # fmt: skip
        except jwt.PyJWTError as error:
            if "broken-token-5xx" in faults:
                raise
            headers = {} if "401-without-www-authenticate" in faults else {"WWW-Authenticate": "Bearer"}
            raise HTTPException(401, "Log in first.", headers) from error

    User = Annotated[str, Depends(name_of)]  # noqa: N806 (a type)

    @app.middleware("http")
    async def around(request: Request, call_next: Any) -> Response:
        size = int(request.headers.get("content-length", 0))
        if request.headers.get("transfer-encoding") == "chunked" and "no-limit-of-body" not in faults:
            size = sum([len(part) async for part in request.stream()])
        if size > BODY_MAX and "no-limit-of-body" not in faults:
            return JSONResponse({"error": "too large"}, 413)
        answer: Response = await call_next(request)
        answer.headers["Cache-Control"] = "public" if "token-may-be-stored" in faults else "no-store"
        return answer

    @app.exception_handler(RequestValidationError)
    async def refused(request: Request, error: RequestValidationError) -> JSONResponse:
        wrongs = [str(each["loc"]) for each in error.errors()]
        said = str(error.errors()) if "echoed-password" in faults else str(wrongs).encode(errors="replace").decode()
        return JSONResponse({"error": said}, 422)

    @app.exception_handler(Exception)
    async def broken(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": f"Error: {error!r}" if "talkative-5xx" in faults else "our fault"}, 500)

    @app.get("/health")
    async def health() -> dict[str, bool]:
        return {"ok": True}

    if "variables-shown" in faults:

        @app.get("/env")
        async def env() -> dict[str, str]:
            return {"DATABASE_URL": "postgresql://me:secret@db/blog"}

    @app.post("/auth/register", status_code=201)
    async def register(new: Newcomer) -> dict[str, str]:
        name = new.email if "letter-case" in faults else new.email.lower()
        if "race-duplicates" in faults or "race-5xx" in faults:
            taken = name in users
            await asyncio.sleep(0.05)  # as long as a hash takes
            if not taken and name in users and "race-5xx" in faults:
                raise ValueError("a constraint is violated")
        else:
            taken = name in users
        if taken:
            raise HTTPException(409, "taken")
        users[name] = {"password": new.password}
        return token_for(name)

    @app.post("/auth/login")
    async def login(form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request) -> dict[str, str]:
        name = form.username.lower()
        address = request.headers.get("x-forwarded-for") if "limit-by-header" in faults else ""
        guesser = f"{name} {address or (request.client and request.client.host)}"
        if "endless-guessing" not in faults and wrong.get(guesser, 0) >= 10:
            raise HTTPException(429, "later", {"Retry-After": "60"})
        await asyncio.sleep(0.05)  # as if it hashed
        if users.get(name, {}).get("password") != form.password:
            wrong[guesser] = wrong.get(guesser, 0) + 1
            raise HTTPException(400, "wrong")
        return token_for(name)

    def own(note_id: int, user: str) -> dict[str, Any]:
        note = notes.get(note_id)
        if note is None or (note["owner"] != user and "row-of-another" not in faults):
            there = note is not None and "403-tells" in faults
            raise HTTPException(403 if there else 404, "no such note")
        return note

    def shown(note: dict[str, Any]) -> dict[str, Any]:
        hidden = () if "mass-assignment" in faults else ("owner",)
        more = {"hashed_password": "x"} if "secret-field" in faults else {}
        return {name: value for name, value in note.items() if name not in hidden} | more

    if "old-token-stays" in faults:
        # The first route of the document that takes a token names a row.
        @app.get("/letters/{note_id}")
        async def letters(note_id: int, user: User) -> list[str]:
            own(note_id, user)
            return []

        @app.post("/password", status_code=204)
        async def change_password(new: NewPassword, user: User) -> None:
            if users[user]["password"] != new.current_password:
                raise HTTPException(403, "wrong")
            users[user]["password"] = new.password

    @app.post("/notes", status_code=201)
    async def create(new: NewNote, response: Response, user: User) -> dict[str, Any]:
        if "error-of-any-body" in faults or ("server-error" in faults and "\0" in new.title):
            raise ValueError("NUL")
        note = {"id": len(notes) + 1, "owner": user, **new.model_dump()}
        notes[len(notes) + 1] = note
        if "not-stored" in faults:
            notes[note["id"]] = {**note, "owner": "nobody"}
        place = "note" if "wrong-location" in faults else "notes"
        response.headers["Location"] = f"/{place}/{note['id']}"
        return shown(note)

    @app.get("/notes")
    async def listing(user: User, limit: int = 20, offset: int = 0) -> list[dict[str, Any]]:
        limit = limit if "endless-list" in faults else min(max(limit, 1), 100)
        mine = [each for each in notes.values() if each["owner"] == user or "list-of-everybody" in faults]
        found = mine[::-1][max(offset, 0) :]
        return [shown(each) for each in (found if "endless-list" in faults else found[:limit])]

    @app.get("/notes/{note_id}")
    async def read(note_id: int, user: User) -> dict[str, Any]:
        return shown(own(note_id, user))

    @app.patch("/notes/{note_id}")
    async def change(note_id: int, new: Change, user: User) -> dict[str, Any]:
        note = own(note_id, user)
        if "lost-update" in faults:
            before = dict(note)
            await asyncio.sleep(0.02)
            note |= before
        note |= new.model_dump(exclude_unset="patch-erases" not in faults)
        if "lost-race" in faults:
            await asyncio.sleep(0.02)
            _ = notes[note_id]
        return shown(note)

    @app.delete("/notes/{note_id}", status_code=204)
    async def delete(note_id: int, user: User) -> None:
        own(note_id, user)
        notes.pop(note_id)

    @app.delete("/notes/{note_id}/letters/me", status_code=204)
    async def forget(note_id: int, user: User) -> None:
        own(note_id, user)

    if "optional-token" in faults:
        maybe = OAuth2PasswordBearer(tokenUrl="/auth/login", auto_error=False)

        @app.get("/for-everybody")
        async def number(token: Annotated[str | None, Depends(maybe)]) -> dict[str, int]:
            return {"notes": len(notes), "letters": len(name_of(token)) if token else 0}

    if "open-without-token" in faults:
        # The document says that it takes a token, and nobody looks at it.
        @app.get("/open", openapi_extra={"security": [{"OAuth2PasswordBearer": []}]})
        async def forgotten() -> dict[str, int]:
            return {"notes": len(notes)}

    return app


@contextmanager
def serving(app: FastAPI, http: str = "h11") -> Iterator[str]:
    """The app on a free port, for the length of the block."""
    port = ports.any_free()
    config = uvicorn.Config(
        app,
        host=ports.HOST,
        port=port,
        log_level="critical",
        lifespan="off",
        ws="none",
        proxy_headers=False,
        http=http,  # type: ignore[arg-type]
    )
    server = uvicorn.Server(config)
    ready = threading.Event()
    started = server.startup

    async def startup(sockets: Any = None) -> None:
        await started(sockets)
        ready.set()

    server.startup = startup  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(30)
        yield f"http://{ports.HOST}:{port}"
    finally:
        server.should_exit = True
        thread.join()
