"""The notes of the user who asks."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response, status
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from app.core.error_handlers import ErrorBody, InvalidInput
from app.core.errors import NotFound
from app.core.session import SessionDep
from app.models import Note, User
from app.routers.dependencies import CurrentUser, Limit, Offset
from app.schemas.common import Id
from app.schemas.notes import NoteCreate, NotePatch, NoteRead

router = APIRouter(prefix="/notes", tags=["notes"], responses={401: {"model": ErrorBody}, 422: {"model": InvalidInput}})


async def own_note(session: AsyncSession, user: User, note_id: int, *, lock: bool = False) -> Note:
    """Return the user's own note with this id, its row locked if asked for. Raises a 404 DomainError if none."""
    query = select(Note).where(Note.id == note_id, Note.owner_id == user.id)
    note = await session.scalar(query.with_for_update() if lock else query)
    if note is None:
        raise NotFound("Note not found")
    return note


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_note(
    new: NoteCreate, user: CurrentUser, session: SessionDep, request: Request, response: Response
) -> NoteRead:
    """Write a note. The caller is its owner, and the header Location says where it is: /notes/7."""
    note = Note(owner_id=user.id, title=new.title, content=new.content)
    session.add(note)
    await session.commit()
    response.headers["Location"] = quote(request.url_for("read_note", note_id=note.id).path)
    return NoteRead.model_validate(note)


@router.get("")
async def list_notes(user: CurrentUser, session: SessionDep, limit: Limit = 50, offset: Offset = 0) -> list[NoteRead]:
    """List the caller's notes, newest first: at most `limit` of them, after the first `offset`."""
    query = select(Note).where(Note.owner_id == user.id).order_by(Note.id.desc()).limit(limit).offset(offset)
    return [NoteRead.model_validate(note) for note in await session.scalars(query)]


@router.get("/{note_id}", responses={404: {"model": ErrorBody}})
async def read_note(note_id: Id, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Read one note. Raises a 404 DomainError if the caller has none with this id."""
    return NoteRead.model_validate(await own_note(session, user, note_id))


@router.patch("/{note_id}", responses={404: {"model": ErrorBody}})
async def change_note(note_id: Id, changes: NotePatch, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Change the fields in `changes` and no others, the row locked. Raises a 404 DomainError if it is no own note."""
    note = await own_note(session, user, note_id, lock=True)
    for field, value in changes.items():
        setattr(note, field, value)
    await session.commit()
    return NoteRead.model_validate(note)


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": ErrorBody}})
async def delete_note(note_id: Id, user: CurrentUser, session: SessionDep) -> None:
    """Delete a note, the row locked. Raises a 404 DomainError if the caller has none with this id."""
    note = await own_note(session, user, note_id, lock=True)
    await session.delete(note)
    await session.commit()
