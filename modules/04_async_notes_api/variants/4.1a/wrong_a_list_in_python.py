"""The notes are kept in a list, which is empty after a new start."""

from fastapi import FastAPI
from pydantic import BaseModel

app = FastAPI()
notes: list[str] = []


class NewNote(BaseModel):
    title: str


@app.get("/health")
async def health() -> dict[str, bool]:
    return {"ok": True}


@app.post("/notes", status_code=201)
async def create_note(new: NewNote) -> NewNote:
    notes.append(new.title)
    return new


@app.get("/notes")
async def list_notes() -> list[str]:
    return notes
