"""A user of the notes API (04 and 05a), with the client that openapi-python-client makes."""

import sys

from answers import body_of
from client import AuthenticatedClient, Client
from client.api.auth import login, register
from client.api.notes import change_note, create_note, delete_note, list_notes, read_note
from client.models import ErrorBody, InvalidInput, LoginForm, NoteCreate, NotePatch, NoteRead, Token, UserCreate

EMAIL, PASSWORD = sys.argv[2], "correct horse battery"

url = sys.argv[1]
nobody = Client(base_url=url)

body_of(register.sync_detailed(client=nobody, body=UserCreate(EMAIL, PASSWORD)), 201, Token)
body_of(register.sync_detailed(client=nobody, body=UserCreate(EMAIL, PASSWORD)), 409, ErrorBody)
body_of(register.sync_detailed(client=nobody, body=UserCreate("no e-mail", PASSWORD)), 422, InvalidInput)
body_of(login.sync_detailed(client=nobody, body=LoginForm(EMAIL, "wrong")), 400, ErrorBody)
token = body_of(login.sync_detailed(client=nobody, body=LoginForm(EMAIL, PASSWORD)), 200, Token)
ana = AuthenticatedClient(base_url=url, token=token.access_token)
stranger = AuthenticatedClient(base_url=url, token="no token")

body_of(create_note.sync_detailed(client=stranger, body=NoteCreate("Diary", "Rain")), 401, ErrorBody)
note = body_of(create_note.sync_detailed(client=ana, body=NoteCreate("Diary", "Rain")), 201, NoteRead)
second = body_of(create_note.sync_detailed(client=ana, body=NoteCreate("Letter", "Sun")), 201, NoteRead)
newest = body_of(list_notes.sync_detailed(client=ana, limit=1), 200, list)
older = body_of(list_notes.sync_detailed(client=ana, limit=1, offset=1), 200, list)
assert {each.id for each in (*newest, *older)} == {note.id, second.id}

changed = body_of(change_note.sync_detailed(note.id, client=ana, body=NotePatch(title="My diary")), 200, NoteRead)
assert (changed.title, changed.content) == ("My diary", "Rain")
assert body_of(read_note.sync_detailed(note.id, client=ana), 200, NoteRead) == changed
assert delete_note.sync_detailed(note.id, client=ana).status_code == 204
body_of(read_note.sync_detailed(note.id, client=ana), 404, ErrorBody)
