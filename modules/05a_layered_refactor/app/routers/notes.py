"""The notes of the user who asks."""

from urllib.parse import quote

from fastapi import APIRouter, Request, Response, status

from app.core.error_handlers import ErrorBody, InvalidInput
from app.core.session import SessionDep
from app.routers.dependencies import CurrentUser, Limit, Offset
from app.schemas.common import Id
from app.schemas.notes import NoteCreate, NotePatch, NoteRead
from app.services import notes_service

router = APIRouter(prefix="/notes", tags=["notes"], responses={401: {"model": ErrorBody}, 422: {"model": InvalidInput}})


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_note(
    new: NoteCreate, user: CurrentUser, session: SessionDep, request: Request, response: Response
) -> NoteRead:
    """Write a note. The caller is its owner, and the header Location says where it is: /notes/7."""
    note = await notes_service.create_note(session, owner=user, title=new.title, content=new.content)
    response.headers["Location"] = quote(request.url_for("read_note", note_id=note.id).path)
    return NoteRead.model_validate(note)


@router.get("")
async def list_notes(user: CurrentUser, session: SessionDep, limit: Limit = 50, offset: Offset = 0) -> list[NoteRead]:
    """List the caller's notes, newest first: at most `limit` of them, after the first `offset`."""
    notes = await notes_service.list_notes(session, owner=user, limit=limit, offset=offset)
    return [NoteRead.model_validate(note) for note in notes]


@router.get("/{note_id}", responses={404: {"model": ErrorBody}})
async def read_note(note_id: Id, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Read one note. Raises a 404 DomainError if the caller has none with this id."""
    note = await notes_service.read_note(session, owner=user, note_id=note_id)
    return NoteRead.model_validate(note)


@router.patch("/{note_id}", responses={404: {"model": ErrorBody}})
async def change_note(note_id: Id, changes: NotePatch, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Change the fields in `changes` and no others, the row locked. Raises a 404 DomainError if it is no own note."""
    note = await notes_service.change_note(session, owner=user, note_id=note_id, **changes)
    return NoteRead.model_validate(note)


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT, responses={404: {"model": ErrorBody}})
async def delete_note(note_id: Id, user: CurrentUser, session: SessionDep) -> None:
    """Delete a note, the row locked. Raises a 404 DomainError if the caller has none with this id."""
    await notes_service.delete_note(session, owner=user, note_id=note_id)
