"""The ORM in use, to look things up in. The app does not use it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker

from core.db import create_tables, make_engine
from core.settings import load_settings
from models import Note, User

engine = make_engine(load_settings())
sessionmaker = async_sessionmaker(engine, expire_on_commit=False)  # after a commit, objects keep what they hold


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    await create_tables(engine)
    yield
    await engine.dispose()


app = FastAPI(title="The ORM in use", lifespan=lifespan)


@app.get("/orm")
async def orm() -> dict[str, object]:
    async with sessionmaker() as session:
        user = User(email="orm@example.com", hashed_password="")
        session.add(user)  # no await: it only puts the object into the session
        await session.flush()  # INSERT: now user.id is known
        session.add_all([Note(owner_id=user.id, title=title, content="") for title in ("Milk", "Bread")])
        await session.commit()  # both notes, and then COMMIT: the rows are kept, the connection goes back

        query = select(Note).where(Note.owner_id == user.id).order_by(Note.id.desc())
        note = await session.scalar(query)  # the first object, or None
        notes = list(await session.scalars(query))  # all of them
        same = await session.get(Note, notes[0].id)  # by the primary key; one object or None

        notes[0].title = "Cheese"  # noted by the session: the commit sends an UPDATE
        await session.commit()
        changed = [each.title for each in await session.scalars(query)]

        await session.delete(notes[0])  # this one is awaited
        await session.delete(user)  # and the rest of the notes goes with the user
        await session.commit()
        return {"is_one_object": note is notes[0] is same, "changed": changed, "left": await session.scalar(query)}
