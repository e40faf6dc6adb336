"""The note is found by a dependency, which asks whose it is: locked for who changes it, and compared in Python."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Query, Request, Response, status
from sqlalchemy import select

from core.db import SessionDep
from core.errors import DomainError, ErrorBody, InvalidInput
from models import Note
from routers.auth import CurrentUser
from schemas import Id, NoteCreate, NotePatch, NoteRead

router = APIRouter(prefix="/notes", tags=["notes"], responses={401: {"model": ErrorBody}, 422: {"model": InvalidInput}})
MISSING: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody}}


async def callers_note(request: Request, note_id: Id, user: CurrentUser, session: SessionDep) -> Note:
    """Find the caller's note, and lock it unless it is only read."""
    note = await session.get(Note, note_id, with_for_update=request.method != "GET")
    if note is None or note.owner_id != user.id:
        raise DomainError("No such note", status.HTTP_404_NOT_FOUND)
    return note


TheirNote = Annotated[Note, Depends(callers_note)]


@router.delete("/{note_id}", status_code=status.HTTP_204_NO_CONTENT, responses=MISSING)
async def delete_note(note: TheirNote, session: SessionDep) -> Response:
    """Delete a note."""
    await session.delete(note)
    await session.commit()
    return Response(status_code=status.HTTP_204_NO_CONTENT)


@router.patch("/{note_id}", response_model=NoteRead, responses=MISSING)
async def change_note(note: TheirNote, changes: NotePatch, session: SessionDep) -> Note:
    """Change a note."""
    if "title" in changes:
        note.title = changes["title"]
    if "content" in changes:
        note.content = changes["content"]
    await session.commit()
    return note


@router.get("/{note_id}", response_model=NoteRead, responses=MISSING)
async def read_note(note: TheirNote) -> Note:
    """Read a note."""
    return note


@router.get("", response_model=list[NoteRead])
async def list_notes(
    user: CurrentUser,
    session: SessionDep,
    limit: int = Query(50, ge=1, le=100),
    offset: int = Query(0, ge=0, le=2_147_483_647),
) -> list[Note]:
    """List the notes."""
    query = select(Note).where(Note.owner_id == user.id)
    return list((await session.scalars(query.order_by(-Note.id).offset(offset).limit(limit))).all())


@router.post("", response_model=NoteRead, status_code=status.HTTP_201_CREATED)
async def create_note(
    new: NoteCreate, user: CurrentUser, session: SessionDep, request: Request, response: Response
) -> Note:
    """Write a note."""
    note = Note(**new.model_dump(), owner_id=user.id)
    session.add(note)
    await session.commit()
    await session.refresh(note)
    response.headers["Location"] = quote(request.scope.get("root_path", "") + f"/notes/{note.id}")
    return note
