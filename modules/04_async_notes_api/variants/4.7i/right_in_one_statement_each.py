"""Each endpoint is one statement; nothing is read that is then changed, so nothing has to be locked."""

from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Request, Response
from sqlalchemy import delete, insert, select, update

from core.db import SessionDep
from core.errors import ErrorBody, InvalidInput
from models import Note
from routers.auth import CurrentUser
from schemas import Id, NoteCreate, NotePatch, NoteRead

router = APIRouter(prefix="/notes", tags=["notes"], responses={401: {"model": ErrorBody}, 422: {"model": InvalidInput}})
MISSING: dict[int | str, dict[str, Any]] = {404: {"model": ErrorBody}}
NOT_FOUND = HTTPException(404, "There is no such note of yours")


@router.post("", status_code=201)
async def create_note(
    new: NoteCreate, user: CurrentUser, session: SessionDep, request: Request, response: Response
) -> NoteRead:
    """Write a note."""
    note = await session.scalar(insert(Note).values(owner_id=user.id, **new.model_dump()).returning(Note))
    await session.commit()
    answer = NoteRead.model_validate(note)
    response.headers["Location"] = quote(request.url_for("read_note", note_id=answer.id).path)
    return answer


@router.get("")
async def list_notes(
    user: CurrentUser,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
    offset: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
) -> list[NoteRead]:
    """List the notes."""
    mine = select(Note).filter_by(owner_id=user.id)
    notes = (await session.execute(mine.order_by(Note.id.desc()).slice(offset, offset + limit))).scalars()
    return list(map(NoteRead.model_validate, notes))


@router.get("/{note_id}", responses=MISSING)
async def read_note(note_id: Id, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Read a note."""
    note = await session.scalar(select(Note).filter_by(id=note_id, owner_id=user.id))
    if note is None:
        raise NOT_FOUND
    return NoteRead.model_validate(note)


@router.patch("/{note_id}", responses=MISSING)
async def change_note(note_id: Id, changes: NotePatch, user: CurrentUser, session: SessionDep) -> NoteRead:
    """Change a note."""
    values = changes or {"id": note_id}
    mine = update(Note).where(Note.id == note_id, Note.owner_id == user.id)
    note = await session.scalar(mine.values(**values).returning(Note))
    await session.commit()
    if note is None:
        raise NOT_FOUND
    return NoteRead.model_validate(note)


@router.delete("/{note_id}", status_code=204, responses=MISSING)
async def delete_note(note_id: Id, user: CurrentUser, session: SessionDep) -> None:
    """Delete a note."""
    gone = await session.scalar(delete(Note).where(Note.id == note_id, Note.owner_id == user.id).returning(Note.id))
    await session.commit()
    if gone is None:
        raise NOT_FOUND
