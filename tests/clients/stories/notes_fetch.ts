// A user of the notes API (04 and 05a), with openapi-fetch and the types of openapi-typescript.

import { strict as assert } from "node:assert";
import createClient from "openapi-fetch";
import { bodyOf, refused } from "./answers.js";
import type { paths } from "./schema.js";

const api = createClient<paths>({ baseUrl: process.argv[2]! });
const account = { email: process.argv[3]!, password: "correct horse battery" };
const logIn = (password: string) =>
  api.POST("/auth/login", {
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: { username: account.email, password },
    bodySerializer: (form) => new URLSearchParams(form),
  });

bodyOf(await api.POST("/auth/register", { body: account }), 201);
refused(await api.POST("/auth/register", { body: account }), 409);
refused(await api.POST("/auth/register", { body: { ...account, email: "no e-mail" } }), 422);
refused(await logIn("wrong"), 400);
refused(await api.POST("/notes", { body: { title: "Diary", content: "Rain" } }), 401);

const { access_token } = bodyOf(await logIn(account.password), 200);
const headers = { Authorization: `Bearer ${access_token}` };
const note = bodyOf(await api.POST("/notes", { headers, body: { title: "Diary", content: "Rain" } }), 201);
bodyOf(await api.POST("/notes", { headers, body: { title: "Letter", content: "Sun" } }), 201);
const page = (offset: number) => api.GET("/notes", { headers, params: { query: { limit: 1, offset } } });
const read = [...bodyOf(await page(0), 200), ...bodyOf(await page(1), 200)];
assert.equal(new Set(read.map((each) => each.id)).size, 2);

const params = { path: { note_id: note.id } };
const changed = bodyOf(await api.PATCH("/notes/{note_id}", { headers, params, body: { title: "My diary" } }), 200);
assert.deepEqual([changed.title, changed.content], ["My diary", "Rain"]);
assert.equal((await api.DELETE("/notes/{note_id}", { headers, params })).response.status, 204);
refused(await api.GET("/notes/{note_id}", { headers, params }), 404);
