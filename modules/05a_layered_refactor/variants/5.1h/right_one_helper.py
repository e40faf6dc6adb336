"""One helper finds the note, and locks it if it is asked to."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.errors import NotFound
from app.models import Note, User


async def mine(session: AsyncSession, owner: User, note_id: int, *, lock: bool) -> Note:
    query = select(Note).where(Note.id == note_id, Note.owner_id == owner.id)
    note = await session.scalar(query.with_for_update() if lock else query)
    if note is None:
        raise NotFound("Note not found")
    return note


async def create_note(session: AsyncSession, *, owner: User, title: str, content: str) -> Note:
    """Write a note."""
    note = Note(owner_id=owner.id, title=title, content=content)
    session.add(note)
    await session.flush()
    return note


async def list_notes(session: AsyncSession, *, owner: User, limit: int, offset: int) -> Sequence[Note]:
    """The owner's notes, newest first."""
    query = select(Note).where(Note.owner_id == owner.id).order_by(Note.id.desc()).limit(limit).offset(offset)
    return (await session.scalars(query)).all()


async def read_note(session: AsyncSession, *, owner: User, note_id: int) -> Note:
    """One note. Raises NotFound."""
    return await mine(session, owner, note_id, lock=False)


async def change_note(session: AsyncSession, *, owner: User, note_id: int, **changes: str) -> Note:
    """Change a note's title, its content, or both. Raises NotFound."""
    # FOR UPDATE: nobody else changes or deletes the note between our reading it and our commit.
    note = await mine(session, owner, note_id, lock=True)
    for field, value in changes.items():
        setattr(note, field, value)
    await session.flush()
    return note


async def delete_note(session: AsyncSession, *, owner: User, note_id: int) -> None:
    """Delete a note. Raises NotFound."""
    note = await mine(session, owner, note_id, lock=True)
    await session.delete(note)
    await session.flush()
