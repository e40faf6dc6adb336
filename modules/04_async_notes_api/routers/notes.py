"""The notes of the user who asks."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response, status
from sqlalchemy import Select, select

from core.db import SessionDep
from core.errors import DomainError
from models import MAX_ID, Note, User
from routers.auth import CurrentUser
from schemas import NoteCreate, NotePatch, NoteRead

router = APIRouter(prefix="/notes", tags=["notes"])

PAGE_LIMIT_MAX = 100
PAGE_OFFSET_MAX = 2**31 - 1

NoteId = Annotated[int, Path(ge=1, le=MAX_ID)]
Limit = Annotated[int, Query(ge=1, le=PAGE_LIMIT_MAX)]
Offset = Annotated[int, Query(ge=0, le=PAGE_OFFSET_MAX)]


def own_note(user: User, note_id: int) -> Select[Note]:
    """The query for one note of this user. Another user's note is not in it: it is as absent as one that never was."""
    return select(Note).where(Note.id == note_id, Note.owner_id == user.id)


async def found(session: SessionDep, query: Select[Note]) -> Note:
    """The one note that the query finds. Raises a 404 if there is none."""
    note = await session.scalar(query)
    if note is None:
        raise DomainError("Note not found", status.HTTP_404_NOT_FOUND)
    return note


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_note(new: NoteCreate, user: CurrentUser, session: SessionDep, response: Response) -> NoteRead:
    """Write a note."""
    note = Note(owner_id=user.id, title=new.title, content=new.content)
    session.add(note)
    await session.commit()
    response.headers["Location"] = f"/notes/{note.id}"
    return NoteRead.model_validate(note)


@router.get("")
async def list_notes(user: CurrentUser, session: SessionDep, limit: Limit = 50, offset: Offset = 0) -> list[NoteRead]:
    """The caller's notes, newest first."""
    query = select(Note).where(Note.owner_id == user.id).order_by(Note.id.desc()).limit(limit).offset(offset)
    return [NoteRead.model_validate(note) for note in await session.scalars(query)]


@router.get("/{note_id}")
async def read_note(note_id: NoteId, user: CurrentUser, session: SessionDep) -> NoteRead:
    """One note."""
    note = await found(session, own_note(user, note_id))
    return NoteRead.model_validate(note)


@router.patch("/{note_id}")
async def change_note(note_id: NoteId, changes: NotePatch, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Change a note's title, its content, or both."""
    # FOR UPDATE: nobody else changes or deletes the note between our reading it and our commit.
    note = await found(session, own_note(user, note_id).with_for_update())
    for field, value in changes.model_dump(exclude_unset=True).items():
        setattr(note, field, value)
    await session.commit()
    return NoteRead.model_validate(note)


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_note(note_id: NoteId, user: CurrentUser, session: SessionDep) -> None:
    """Delete a note."""
    note = await found(session, own_note(user, note_id).with_for_update())
    await session.delete(note)
    await session.commit()
