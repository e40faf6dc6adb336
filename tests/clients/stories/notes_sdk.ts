// A user of the notes API (04 and 05a), with the functions that hey-api makes.

import { strict as assert } from "node:assert";
import { bodyOf, refused } from "./answers.js";
import { client } from "./sdk/client.gen.js";
import { changeNote, createNote, deleteNote, listNotes, login, readNote, register } from "./sdk/index.js";

client.setConfig({ baseUrl: process.argv[2]! });
const account = { email: process.argv[3]!, password: "correct horse battery" };
const logIn = (password: string) => login({ body: { username: account.email, password } });

bodyOf(await register({ body: account }), 201);
refused(await register({ body: account }), 409);
refused(await register({ body: { ...account, email: "no e-mail" } }), 422);
refused(await logIn("wrong"), 400);
refused(await createNote({ body: { title: "Diary", content: "Rain" } }), 401);

const { access_token } = bodyOf(await logIn(account.password), 200);
client.setConfig({ auth: access_token });
const note = bodyOf(await createNote({ body: { title: "Diary", content: "Rain" } }), 201);
bodyOf(await createNote({ body: { title: "Letter", content: "Sun" } }), 201);
const page = (offset: number) => listNotes({ query: { limit: 1, offset } });
const read = [...bodyOf(await page(0), 200), ...bodyOf(await page(1), 200)];
assert.equal(new Set(read.map((each) => each.id)).size, 2);

const path = { note_id: note.id };
const changed = bodyOf(await changeNote({ path, body: { title: "My diary" } }), 200);
assert.deepEqual([changed.title, changed.content], ["My diary", "Rain"]);
assert.equal((await deleteNote({ path })).response?.status, 204);
refused(await readNote({ path }), 404);
