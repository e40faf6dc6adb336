"""What is written or changed is given to nobody: the router has nothing to answer with."""

from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.models import Note, User


def own_note(user: User, note_id: int) -> Select[Note]:
    """The query for one note of this user. Another user's note is not in it: it is as absent as one that never was."""
    return select(Note).where(Note.id == note_id, Note.owner_id == user.id)


async def found(session: AsyncSession, query: Select[Note]) -> Note:
    """The one note that the query finds. Raises NotFound if there is none."""
    note = await session.scalar(query)
    if note is None:
        raise NotFound("Note not found")
    return note


async def create_note(session: AsyncSession, *, owner: User, title: str, content: str) -> None:
    """Write a note."""
    note = Note(owner_id=owner.id, title=title, content=content)
    session.add(note)
    await session.flush()


async def list_notes(session: AsyncSession, *, owner: User, limit: int, offset: int) -> Sequence[Note]:
    """The owner's notes, newest first."""
    query = select(Note).where(Note.owner_id == owner.id).order_by(Note.id.desc()).limit(limit).offset(offset)
    return (await session.scalars(query)).all()


async def read_note(session: AsyncSession, *, owner: User, note_id: int) -> Note:
    """One note. Raises NotFound."""
    return await found(session, own_note(owner, note_id))


async def change_note(session: AsyncSession, *, owner: User, note_id: int, **changes: str) -> None:
    """Change a note's title, its content, or both. Raises NotFound."""
    # FOR UPDATE: nobody else changes or deletes the note between our reading it and our commit.
    note = await found(session, own_note(owner, note_id).with_for_update())
    for field, value in changes.items():
        setattr(note, field, value)
    await session.flush()


async def delete_note(session: AsyncSession, *, owner: User, note_id: int) -> None:
    """Delete a note. Raises NotFound."""
    note = await found(session, own_note(owner, note_id).with_for_update())
    await session.delete(note)
    await session.flush()
