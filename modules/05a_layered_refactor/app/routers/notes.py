"""The notes of the user who asks."""

from fastapi import APIRouter, Depends, Request, Response, status

from app.core.session import SessionDep
from app.routers.dependencies import CurrentUser, Id, Limit, Offset, no_store
from app.schemas.notes import NoteCreate, NotePatch, NoteRead
from app.services import notes_service

router = APIRouter(prefix="/notes", tags=["notes"], dependencies=[Depends(no_store)])


@router.post("", status_code=status.HTTP_201_CREATED)
async def create_note(
    new: NoteCreate, user: CurrentUser, session: SessionDep, request: Request, response: Response
) -> NoteRead:
    """Write a note."""
    note = await notes_service.create_note(session, owner=user, title=new.title, content=new.content)
    response.headers["Location"] = request.url_for("read_note", note_id=note.id).path
    return NoteRead.model_validate(note)


@router.get("")
async def list_notes(user: CurrentUser, session: SessionDep, limit: Limit = 50, offset: Offset = 0) -> list[NoteRead]:
    """The caller's notes, newest first."""
    notes = await notes_service.list_notes(session, owner=user, limit=limit, offset=offset)
    return [NoteRead.model_validate(note) for note in notes]


@router.get("/{note_id}")
async def read_note(note_id: Id, user: CurrentUser, session: SessionDep) -> NoteRead:
    """One note."""
    note = await notes_service.read_note(session, owner=user, note_id=note_id)
    return NoteRead.model_validate(note)


@router.patch("/{note_id}")
async def change_note(note_id: Id, changes: NotePatch, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Change a note's title, its content, or both."""
    sent = changes.model_dump(exclude_unset=True)
    note = await notes_service.change_note(session, owner=user, note_id=note_id, **sent)
    return NoteRead.model_validate(note)


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT)
async def delete_note(note_id: Id, user: CurrentUser, session: SessionDep) -> None:
    """Delete a note."""
    await notes_service.delete_note(session, owner=user, note_id=note_id)
